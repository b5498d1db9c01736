using Portico.Model;
using Portico.Proxy.Balancing;
using Portico.Proxy.Requests;

namespace Portico.Proxy.Streams;

/// <summary>
/// What is known about one TCP connection or UDP session: what its log line is made of. Filled by whoever relays, on the shard's
/// thread only.
/// </summary>
internal sealed class StreamSession
{
    /// <summary>nginx's statuses of streams: served, header of the PROXY protocol missing, no endpoint to be had.</summary>
    public const int Served = 200;
    public const int BadClient = 400;
    public const int BadGateway = 502;

    private readonly List<EndpointState> _attempts = new(1);

    public required StreamProtocol Protocol { get; init; }

    /// <summary>A number that no other connection of this process has (<c>$connection</c>).</summary>
    public long Serial { get; init; }

    /// <summary>The other end of the connection.</summary>
    public ClientAddress Peer { get; init; }

    public int PeerPort { get; init; }

    /// <summary>Who is said to have asked: the peer, or behind a trusted proxy whom the PROXY header names.</summary>
    public ClientAddress Client { get; set; }

    public int ClientPort { get; set; }

    public ProxyAnnouncement? Proxy { get; set; }

    public ClientAddress Local { get; set; }

    public int LocalPort { get; init; }

    /// <summary>The server name of a connection that is passed through by it; else empty.</summary>
    public byte[] ServerName { get; init; } = [];

    /// <summary>The name of the backend (<c>$proxy_upstream_name</c>).</summary>
    public string UpstreamName { get; set; } = "";

    public int Status { get; set; } = Served;

    public long BytesFromClient { get; set; }

    public long BytesToClient { get; set; }

    /// <summary>Shard's clock.</summary>
    public long StartedMilliseconds { get; set; }

    public long ConnectedMilliseconds { get; set; } = -1;

    public long FirstByteMilliseconds { get; set; } = -1;

    public long EndedMilliseconds { get; set; }

    /// <summary>Wall clock at the end, <see cref="DateTime.Ticks"/> in UTC.</summary>
    public long EndedUtcTicks { get; set; }

    /// <summary>The endpoints that were tried, in order.</summary>
    public IReadOnlyList<EndpointState> Attempts => _attempts;

    public ReadOnlySpan<EndpointState> Tried => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_attempts);

    public void AddAttempt(EndpointState endpoint) => _attempts.Add(endpoint);

    /// <summary>Begins a session anew for the same client and endpoint.</summary>
    public void Restart(long nowMilliseconds)
    {
        Status = Served;
        BytesFromClient = 0;
        BytesToClient = 0;
        StartedMilliseconds = nowMilliseconds;
        ConnectedMilliseconds = nowMilliseconds;
        FirstByteMilliseconds = -1;
    }
}
