using System.Text;
using Portico.Http.Messages;
using Portico.Model;
using Portico.Proxy.Headers;
using Portico.Proxy.Policies;

namespace Portico.Proxy.Requests;

/// <summary>
/// Whom to believe about who asks, by which scheme, host and port: the only place that reads forwarded headers to decide
/// something. Immutable, made once a snapshot.
/// <list type="table">
/// <item><term>no setting</term><description>client: the TCP peer; scheme, host, port: the connection's and the Host header.</description></item>
/// <item><term>enable-real-ip</term><description>client: the forwarded-for list, walked from the right while the address at hand is in proxy-real-ip-cidr.</description></item>
/// <item><term>use-forwarded-headers</term><description>the same; and X-Forwarded-Proto, -Host and -Port are taken from ANY peer, as ingress-nginx does.</description></item>
/// <item><term>use-proxy-protocol</term><description>client and start of the walk: the announced source; port: the announced one; exactly 443 means https.</description></item>
/// </list>
/// </summary>
internal sealed class ClientIdentity
{
    private const int HttpsPort = 443;

    private readonly ForwardedHeadersSettings _settings;
    private readonly AddressRangeSet _trustedProxies;
    private readonly bool _walksForwardedFor;
    private readonly byte[] _forHeaderName;
    private readonly HeaderId _forHeader;
    private readonly byte[] _hostHeaderName;
    private readonly HeaderId _hostHeader;

    public ClientIdentity(ForwardedHeadersSettings settings)
    {
        _settings = settings;
        _trustedProxies = AddressRangeSet.From(settings.TrustedProxies);
        _walksForwardedFor = settings.UseForwardedHeaders || settings.EnableRealIp;
        _forHeaderName = Encoding.UTF8.GetBytes(settings.ForHeader);
        _forHeader = KnownHeaders.Find(_forHeaderName);
        _hostHeaderName = Encoding.UTF8.GetBytes(settings.HostHeader);
        _hostHeader = KnownHeaders.Find(_hostHeaderName);
    }

    /// <summary>The client and its port; the port is 0 when a header gave the address without one.</summary>
    public (ClientAddress Address, int Port) Client(RequestContext context)
    {
        var connection = context.Connection;
        var direct = Announcement(connection) is { } proxy
            ? (proxy.Source, proxy.SourcePort)
            : (connection.Peer, connection.PeerPort);
        return _walksForwardedFor ? WalkForwardedFor(context.Head.Headers, direct) : direct;
    }

    /// <summary>
    /// Whether the PROXY header of a TCP service's client counts as the client's address: only with <c>enable-real-ip</c>, and only from
    /// proxy-real-ip-cidr.
    /// </summary>
    public bool TrustsProxyOfStreams(in ClientAddress peer) => _settings.EnableRealIp && _trustedProxies.Contains(in peer);

    public ReadOnlySpan<byte> Scheme(RequestContext context)
    {
        // PROXY port 443 has the last word; see the table in ingress-nginx's Lua, where it comes after the header.
        if (Announcement(context.Connection) is { DestinationPort: HttpsPort })
        {
            return "https"u8;
        }

        return TryGetTrusted(context, HeaderId.XForwardedProto, out var scheme) ? scheme : context.ConnectionScheme;
    }

    public ReadOnlySpan<byte> Host(RequestContext context)
    {
        if (TryGetTrusted(context, HeaderId.XForwardedHost, out var list))
        {
            var comma = list.IndexOf((byte)',');
            var first = (comma < 0 ? list : list[..comma]).Trim((byte)' ');
            if (first.Length > 0)
            {
                return first;
            }
        }

        // An absolute URI routes, yet the Host header is what backends are told.
        var host = context.Head.Host;
        return host.Length > 0 ? host
            : context.Head.AuthorityRange.Length > 0 ? context.Head.Authority
            : context.ServerName;
    }

    /// <summary>The port that the client believes to speak to (<c>$pass_port</c>).</summary>
    public void AppendPort(RequestContext context, ByteBuilder output)
    {
        if (TryGetTrusted(context, HeaderId.XForwardedPort, out var port))
        {
            output.Append(port);
            return;
        }

        // The https listener counts as 443 whatever its real port; so does an announced port equal to it.
        var connection = context.Connection;
        var number = Announcement(connection)?.DestinationPort ?? connection.LocalPort;
        output.AppendDecimal(connection.IsTls && number == connection.LocalPort ? HttpsPort : number);
    }

    /// <summary>The address that speaks to us: the TCP peer, or who the PROXY header says is behind it.</summary>
    public static void AppendPeer(RequestContext context, ByteBuilder output)
    {
        if (Announcement(context.Connection) is { } proxy)
        {
            AddressText.Append(proxy.Source, output);
        }
        else
        {
            output.Append(context.Connection.PeerText);
        }
    }

    /// <summary>
    /// X-Forwarded-For for the backend: the client alone, or with <c>compute-full-forwarded-for</c> the list as it came and
    /// behind it who brought it. The value stands in <paramref name="scratch"/> or in the request.
    /// </summary>
    public ReadOnlySpan<byte> ForwardedFor(RequestContext context, ByteBuilder scratch)
    {
        if (!_settings.UseForwardedHeaders || !_settings.ComputeFullForwardedFor)
        {
            return context.ClientText;
        }

        var start = scratch.Length;
        if (TryGetForwardedFor(context, scratch, out var list) && list.Length > 0)
        {
            // Several headers were joined right here; one stands in the request still.
            if (scratch.Length == start)
            {
                scratch.Append(list);
            }

            scratch.Append(", "u8);
        }

        AppendPeer(context, scratch);
        return scratch.WrittenFrom(start);
    }

    /// <summary>The forwarded-for header as it came in.</summary>
    public bool TryGetForwardedFor(RequestContext context, ByteBuilder scratch, out ReadOnlySpan<byte> value) =>
        RepeatedHeader.TryGet(context.Head.Headers, _forHeader, _forHeaderName, scratch, out value);

    /// <summary>The forwarded-host header as it came in.</summary>
    public bool TryGetForwardedHost(RequestContext context, ByteBuilder scratch, out ReadOnlySpan<byte> value) =>
        RepeatedHeader.TryGet(context.Head.Headers, _hostHeader, _hostHeaderName, scratch, out value);

    /// <summary>A connection that came with a PROXY header keeps what it said, also when the setting changes meanwhile.</summary>
    private static ProxyAnnouncement? Announcement(ConnectionFacts connection) => connection.Proxy;

    private bool TryGetTrusted(RequestContext context, HeaderId id, out ReadOnlySpan<byte> value)
    {
        value = default;
        return _settings.UseForwardedHeaders && context.Head.Headers.TryGet(id, out value) && value.Length > 0;
    }

    /// <summary>
    /// nginx's real_ip_recursive: the last header first, each from its right end. While the address at hand is a trusted
    /// proxy its word about the next one counts; an element that is no address ends the walk.
    /// </summary>
    private (ClientAddress Address, int Port) WalkForwardedFor(HeaderBlock headers, (ClientAddress Address, int Port) current)
    {
        if (_forHeader != HeaderId.Other && !headers.Has(_forHeader))
        {
            return current;
        }

        for (var i = headers.Count - 1; i >= 0; i--)
        {
            ref readonly var field = ref headers.Fields[i];
            if (!RepeatedHeader.Is(headers, in field, _forHeader, _forHeaderName))
            {
                continue;
            }

            var list = headers.Value(in field);
            while (TryTakeLast(ref list, out var element))
            {
                if (!_trustedProxies.Contains(in current.Address) || !AddressText.TryParseWithPort(element, out var address, out var port))
                {
                    return current;
                }

                current = (address, port);
            }
        }

        return current;
    }

    /// <summary>Cuts the last element off; commas and blanks separate, as in nginx.</summary>
    private static bool TryTakeLast(ref ReadOnlySpan<byte> list, out ReadOnlySpan<byte> element)
    {
        list = list.TrimEnd(", \t"u8);
        var separator = list.LastIndexOfAny((byte)',', (byte)' ', (byte)'\t');
        element = list[(separator + 1)..];
        list = separator < 0 ? default : list[..separator];
        return element.Length > 0;
    }
}
