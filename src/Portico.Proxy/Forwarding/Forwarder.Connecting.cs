using System.Diagnostics;
using System.Runtime.CompilerServices;
using Portico.Model.Policies;
using Portico.Net;
using Portico.Net.Async;
using Portico.Net.Sockets;
using Portico.Net.Tls;
using Portico.Proxy.Balancing;
using Portico.Proxy.Upstream;

namespace Portico.Proxy.Forwarding;

internal sealed partial class Forwarder
{
    private long _attemptStartedTicks;

    /// <summary>Chooses an endpoint and gets a connection to it: an idle one, or a new one.</summary>
    private ValueTask<AttemptFailure> ConnectAsync()
    {
        var endpoint = _sameEndpointAgain ?? Pick();
        if (endpoint is null)
        {
            return new ValueTask<AttemptFailure>(AttemptFailure.NoEndpoint);
        }

        _attemptStartedTicks = services.Shard.NowTicks;
        if (_sameEndpointAgain is null)
        {
            _context.AddAttempt(endpoint.SharedText);
        }

        if (_sameEndpointAgain is null && TakeIdle(endpoint) is { } idle)
        {
            Use(idle);
            return new ValueTask<AttemptFailure>(AttemptFailure.None);
        }

        _sameEndpointAgain = null;
        return OpenAsync(endpoint);
    }

    /// <summary>Connections made in one way are never used in another. Null for plain HTTP.</summary>
    private UpstreamTls? Tls => _policy.Protocol == UpstreamProtocol.Https ? (_policy.Tls is null ? services.UpstreamTls : _context.Policies.UpstreamTls) : null;

    private UpstreamConnection? TakeIdle(EndpointState endpoint)
    {
        if (_policy.SendProxyProtocol != ProxyProtocolVersion.None)
        {
            // Idle ones were not begun in the name of this client.
            return null;
        }

        while (services.Pool.Take(endpoint, _policy.Protocol, Tls) is { } idle)
        {
            // A request that must not be sent twice deserves one more look at the connection than its last event gave.
            if (!idle.Http.Connection.PeerFinished && (IsRepeatable || idle.Http.Connection.IsQuiet()))
            {
                return idle;
            }

            idle.Close();
        }

        return null;
    }

    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<AttemptFailure> OpenAsync(EndpointState endpoint)
    {
        var opened = await Connection.ConnectAsync(services.Shard, endpoint.SharedSockAddr, _policy.ConnectTimeout);
        if (opened.Connection is not { } connection)
        {
            services.Counters.BackendConnectFailures++;
            return opened.Status == IoStatus.TimedOut ? AttemptFailure.ConnectTimedOut : AttemptFailure.ConnectRefused;
        }

        services.Counters.BackendConnects++;
        if (_policy.SendProxyProtocol != ProxyProtocolVersion.None && await SendProxyHeaderAsync(connection) < 0)
        {
            connection.Close();
            return AttemptFailure.ConnectRefused;
        }

        if (Tls is { } tls)
        {
            var session = connection.ConnectTls(tls.Context, tls.ServerName, services.Pool.SessionWith(endpoint, tls));
            var status = await connection.HandshakeAsync(session, _policy.ConnectTimeout);
            if (status != TlsStatus.Done)
            {
                services.ReportUpstreamTls(endpoint, session.LastError);
                connection.Close();
                return AttemptFailure.ConnectRefused;
            }
        }

        Use(new UpstreamConnection(services.Pool, connection, endpoint, _policy.Protocol, Tls) { IsPrivate = _policy.SendProxyProtocol != ProxyProtocolVersion.None });
        if (_clientGone)
        {
            return AttemptFailure.Client;
        }

        return AttemptFailure.None;
    }

    private void Use(UpstreamConnection upstream)
    {
        _upstream = upstream;
        upstream.Http.Connection.Observer = null;
        _context.CurrentAttempt.ConnectMicroseconds = upstream.IsReused ? 0 : MicrosecondsSinceAttempt();
        services.Counters.BackendConnectionsReused += upstream.IsReused ? 1 : 0;
    }

    private long MicrosecondsSinceAttempt() =>
        (services.Shard.NowTicks - _attemptStartedTicks) * 1_000_000 / Stopwatch.Frequency;
}
