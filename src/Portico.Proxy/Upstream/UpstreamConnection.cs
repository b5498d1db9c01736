using Portico.Http.Http1;
using Portico.Model.Policies;
using Portico.Net.Sockets;
using Portico.Net.Timers;
using Portico.Proxy.Balancing;

namespace Portico.Proxy.Upstream;

/// <summary>
/// A connection with an endpoint, in use by one exchange or idle in its shard's <see cref="UpstreamPool"/>. While idle it is its own
/// deadline and hears when the endpoint closes it.
/// </summary>
internal sealed class UpstreamConnection : Deadline, IConnectionObserver
{
    private readonly UpstreamPool _pool;

    // Two lists, both owned by the pool: idle ones of this endpoint (newest first) and all idle ones (oldest last).
    internal UpstreamConnection? NextOfEndpoint;
    internal UpstreamConnection? PreviousOfEndpoint;
    internal UpstreamConnection? Older;
    internal UpstreamConnection? Newer;

    public UpstreamConnection(UpstreamPool pool, Connection connection, EndpointState endpoint, UpstreamProtocol protocol, UpstreamTls? tls = null)
    {
        _pool = pool;
        Http = new Http1ClientConnection(connection);
        Endpoint = endpoint;
        Protocol = protocol;
        Tls = tls;
        OpenedMilliseconds = connection.Shard.NowMilliseconds;
        Exchange = new Http1UpstreamExchange(pool, this);
    }

    public Http1ClientConnection Http { get; }

    /// <summary>The exchange that is under way, one after the other.</summary>
    public Http1UpstreamExchange Exchange { get; }

    public EndpointState Endpoint { get; }

    public UpstreamProtocol Protocol { get; }

    /// <summary>How TLS is spoken; null without TLS.</summary>
    public UpstreamTls? Tls { get; }

    public long OpenedMilliseconds { get; }

    /// <summary>Begun in the name of one client: nobody else's request may follow.</summary>
    public bool IsPrivate { get; init; }

    /// <summary>Whether an earlier exchange used this connection, so that the endpoint may have closed it meanwhile.</summary>
    public bool IsReused { get; set; }

    public bool IsIdle { get; internal set; }

    /// <summary>Closes for good; what the endpoint still sends is thrown away.</summary>
    public void Close()
    {
        Http.ReleaseBuffer();
        Http.Connection.Close();
    }

    void IConnectionObserver.OnUnattendedInput(Connection connection)
    {
        // A response nobody asked for is as good as a close: it must never become the answer to somebody's next request.
        if (IsIdle && !connection.IsQuiet())
        {
            _pool.Discard(this);
        }
    }

    protected override void OnDue() => _pool.Discard(this);
}
