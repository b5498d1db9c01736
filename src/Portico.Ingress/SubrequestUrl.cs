using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Portico.Model;
using Portico.Model.Policies;
using Portico.Model.Text;

namespace Portico.Ingress;

/// <summary>
/// Reads the URLs that the gateway itself asks: scheme, host and port must be written out; the rest may hold variables. A host that is
/// the DNS name of a Service becomes that Service; others are looked up while running.
/// </summary>
internal static class SubrequestUrl
{
    private const string Http = "http://";
    private const string Https = "https://";

    public static bool TryParse(string text, string clusterDomain, [NotNullWhen(true)] out SubrequestTarget? target, out string problem)
    {
        target = null;
        var url = ValueOf(text);
        var tls = url.StartsWith(Https, StringComparison.OrdinalIgnoreCase);
        if (!tls && !url.StartsWith(Http, StringComparison.OrdinalIgnoreCase))
        {
            problem = $"'{text}' does not begin with http:// or https://";
            return false;
        }

        var rest = url[(tls ? Https : Http).Length..];
        // A variable at the end of the authority ($request_uri) begins the path.
        var end = rest.AsSpan().IndexOfAny('/', '?', '$');
        var authority = end < 0 ? rest : rest[..end];
        var path = end < 0 ? "/" : rest[end] == '?' ? "/" + rest[end..] : rest[end..];
        if (authority.Length == 0 && end >= 0 && rest[end] == '$')
        {
            problem = $"the host in '{text}' holds variables; only path and query may";
            return false;
        }

        if (!TrySplit(authority, tls ? 443 : 80, out var host, out var port))
        {
            problem = $"'{authority}' in '{text}' is no host";
            return false;
        }

        target = new SubrequestTarget(BackendOf(host, port, clusterDomain), tls, host, Template.Parse(path));
        problem = "";
        return true;
    }

    /// <summary>Blanks are taken out, as the validation of these annotations does.</summary>
    private static string ValueOf(string text) => text.Replace(" ", "", StringComparison.Ordinal);

    private static BackendId BackendOf(string host, int port, string clusterDomain)
    {
        var portText = port.ToString(CultureInfo.InvariantCulture);
        return ServiceNames.TryResolve(host, clusterDomain, out var service)
            ? new BackendId(service.Namespace, service.Name, portText, BackendVariants.Subrequest)
            : new BackendId("", host, portText, BackendVariants.HostName);
    }

    private static bool TrySplit(string authority, int usualPort, out string host, out int port)
    {
        port = usualPort;
        host = authority.ToLowerInvariant();
        var bracket = host.LastIndexOf(']');
        var colon = host.IndexOf(':', Math.Max(bracket, 0));
        if (colon >= 0)
        {
            var digits = host.AsSpan(colon + 1);
            host = host[..colon];
            if (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out port) || port is < 1 or > ushort.MaxValue)
            {
                return false;
            }
        }

        if (bracket > 0)
        {
            host = host.Trim('[', ']');
            return System.Net.IPAddress.TryParse(host, out _);
        }

        return host.Length is > 0 and <= 253 && !host.Contains("..", StringComparison.Ordinal)
            && !host.StartsWith('.') && host.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_');
    }
}
