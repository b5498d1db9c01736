using Portico.Model;
using Portico.Model.Policies;
using Portico.Model.Text;

namespace Portico.Ingress.Hosts;

/// <summary>
/// The host that does nothing but redirect <c>www.host</c> to <c>host</c>, or the other way round (<c>from-to-www-redirect</c>). As ingress-nginx
/// writes it, the Location always shows the port, and one slash at its end is cut.
/// </summary>
internal static class WwwRedirect
{
    private const string Www = "www.";

    /// <summary>The name that would be redirected; null when no Ingress of the host asks for it.</summary>
    public static string? NameFor(string host, IEnumerable<IngressEntry> ingresses)
    {
        if (host == VirtualHost.AnyHost || HostName.IsWildcard(host) || !ingresses.Any(i => i.Settings.WwwRedirectStatus is not null))
        {
            return null;
        }

        return host.StartsWith(Www, StringComparison.Ordinal) ? host[Www.Length..] : Www + host;
    }

    public static VirtualHost Host(string name, string target, IEnumerable<IngressEntry> ingresses)
    {
        var asking = ingresses.First(i => i.Settings.WwwRedirectStatus is not null);
        var policy = new RedirectPolicy
        {
            Status = asking.Settings.WwwRedirectStatus!.Value,
            Location = Template.Parse($"$pass_access_scheme://{target}:$pass_server_port$request_uri"),
            CutTrailingSlash = true,
        };
        var route = new Route
        {
            Origin = new RouteOrigin { Namespace = asking.Current.Metadata.Namespace, Name = asking.Current.Metadata.Name, Host = name, Path = "/" },
            Match = new RouteMatch { Path = new PathMatch(PathMatchKind.Prefix, "/") },
            Action = new RouteAction.Redirect(policy),
            AccessLog = asking.Settings.AccessLog,
            // ingress-nginx counts nothing there: the name is no host of any Ingress.
            Metrics = false,
        };
        return new VirtualHost { Name = name, Routes = [route] };
    }
}
