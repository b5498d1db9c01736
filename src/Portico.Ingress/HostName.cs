using Portico.Model;

namespace Portico.Ingress;

/// <summary>The host texts of rules.</summary>
internal static class HostName
{
    /// <summary>
    /// Lower case, without a trailing dot; empty becomes the catch-all. False for texts that no request could ever name:
    /// a rule with such a host is left out.
    /// </summary>
    public static bool TryNormalise(string text, out string host)
    {
        host = VirtualHost.AnyHost;
        if (text.Length == 0)
        {
            return true;
        }

        host = text.ToLowerInvariant().TrimEnd('.');
        var name = host.StartsWith("*.", StringComparison.Ordinal) ? host.AsSpan(2) : host;
        if (name.Length is 0 or > 253 || name.StartsWith(".") || host == VirtualHost.AnyHost)
        {
            return false;
        }

        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.'))
            {
                return false;
            }
        }

        return true;
    }

    public static bool IsWildcard(string host) => host.StartsWith("*.", StringComparison.Ordinal);

    /// <summary>Whether a certificate name (exact, or <c>*.</c> for one label) covers a host. Both lower case.</summary>
    public static bool Covers(string certificateName, string host)
    {
        if (certificateName == host)
        {
            return true;
        }

        if (!IsWildcard(certificateName) || IsWildcard(host))
        {
            return false;
        }

        var dot = host.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && host.AsSpan(dot).SequenceEqual(certificateName.AsSpan(1));
    }
}
