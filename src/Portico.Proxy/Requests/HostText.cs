namespace Portico.Proxy.Requests;

/// <summary>Takes Host header values apart.</summary>
internal static class HostText
{
    /// <summary>The host without its port. The brackets of an IPv6 literal stay, and the colons between them are no port.</summary>
    public static ReadOnlySpan<byte> WithoutPort(ReadOnlySpan<byte> host)
    {
        if (host.Length > 0 && host[0] == '[')
        {
            var close = host.IndexOf((byte)']');
            return close < 0 ? host : host[..(close + 1)];
        }

        var colon = host.IndexOf((byte)':');
        return colon < 0 ? host : host[..colon];
    }
}
