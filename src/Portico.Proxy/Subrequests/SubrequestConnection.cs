using Portico.Http.Http1;
using Portico.Net.Sockets;
using Portico.Net.Timers;
using Portico.Proxy.Balancing;

namespace Portico.Proxy.Subrequests;

/// <summary>
/// A connection of the gateway's own, in use by one <see cref="Subrequest"/> or idle in its shard's <see cref="SubrequestPool"/>.
/// While idle it is its own deadline and hears when the other side closes it. Owned by the shard.
/// </summary>
internal sealed class SubrequestConnection(SubrequestPool pool, Connection connection, EndpointState endpoint, bool tls, string serverName)
    : Deadline, IConnectionObserver
{
    public Http1ClientConnection Http { get; } = new(connection);

    public EndpointState Endpoint { get; } = endpoint;

    /// <summary>Who may use it: the endpoint, and how it is spoken to. Connections over TLS are told apart by the name they asked for.</summary>
    public SubrequestPool.Key Key { get; } = new(endpoint, tls ? serverName : "", tls);

    public bool IsReused { get; set; }

    public bool IsIdle { get; set; }

    public void Close()
    {
        Http.ReleaseBuffer();
        Http.Connection.Close();
    }

    void IConnectionObserver.OnUnattendedInput(Connection connection)
    {
        // An answer that nobody asked for is as good as a close.
        if (IsIdle && !connection.IsQuiet())
        {
            pool.Discard(this);
        }
    }

    protected override void OnDue() => pool.Discard(this);
}
