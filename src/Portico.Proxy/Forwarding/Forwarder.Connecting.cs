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

        var again = _sameEndpointAgain is not null;
        _sameEndpointAgain = null;
        if (_protocol.IsHttp2() && !IsPrivate)
        {
            return TakeHttp2(endpoint) ? new ValueTask<AttemptFailure>(AttemptFailure.None) : OpenHttp2Async(endpoint);
        }

        if (!again && TakeIdle(endpoint) is { } idle)
        {
            Use(idle.Exchange);
            return new ValueTask<AttemptFailure>(AttemptFailure.None);
        }

        return OpenAsync(endpoint);
    }

    /// <summary>Connections made in one way are never used in another. Null without TLS.</summary>
    private UpstreamTls? Tls
    {
        get
        {
            if (!_protocol.IsSecure())
            {
                return null;
            }

            var tls = _policy.Tls is null ? services.UpstreamTls : _context.Policies.UpstreamTls;
            return _protocol.IsHttp2() ? tls?.Http2 : tls;
        }
    }

    /// <summary>Whether a connection begins with the name of the client, and so carries this request alone.</summary>
    private bool IsPrivate => _policy.SendProxyProtocol != ProxyProtocolVersion.None;

    private int LargestHttp2Head => _policy.Http2HeadBufferBytes > 0 ? _policy.Http2HeadBufferBytes : _policy.HeadBufferBytes;

    private bool TakeHttp2(EndpointState endpoint)
    {
        if (services.Http2Pool.Take(endpoint, Tls, LargestHttp2Head) is not { } exchange)
        {
            return false;
        }

        Use(exchange);
        return true;
    }

    private UpstreamConnection? TakeIdle(EndpointState endpoint)
    {
        if (IsPrivate)
        {
            // Idle ones were not begun in the name of this client.
            return null;
        }

        while (services.Pool.Take(endpoint, _protocol, Tls) is { } idle)
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
        var opened = await DialAsync(endpoint);
        if (opened.Connection is not { } connection)
        {
            return FailureOfDial(opened.Status);
        }

        Use(_protocol == UpstreamProtocol.FastCgi ? new FastCgiUpstreamExchange(services, _context, connection, endpoint)
            : _protocol.IsHttp2() ? services.Http2Pool.OpenPrivate(endpoint, Tls, connection, LargestHttp2Head)
            : new UpstreamConnection(services.Pool, connection, endpoint, _protocol, Tls) { IsPrivate = IsPrivate }.Exchange);
        return _clientGone ? AttemptFailure.Client : AttemptFailure.None;
    }

    /// <summary>Opens a connection for streams of this and of other requests, or waits for somebody who is about to.</summary>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<AttemptFailure> OpenHttp2Async(EndpointState endpoint)
    {
        var pool = services.Http2Pool;
        var tls = Tls;
        while (!TakeHttp2(endpoint))
        {
            int status;
            if (pool.IsOpening(endpoint, tls))
            {
                status = await pool.WaitAsync(endpoint, tls, _policy.ConnectTimeout);
            }
            else
            {
                pool.BeginOpening(endpoint, tls);
                var opened = await DialAsync(endpoint);
                pool.EndOpening(endpoint, tls, opened.Connection, opened.Status);
                status = opened.Status;
            }

            if (status < 0)
            {
                return FailureOfDial(status);
            }
        }

        return _clientGone ? AttemptFailure.Client : AttemptFailure.None;
    }

    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<ConnectResult> DialAsync(EndpointState endpoint)
    {
        var opened = await Connection.ConnectAsync(services.Shard, endpoint.SharedSockAddr, _policy.ConnectTimeout);
        if (opened.Connection is not { } connection)
        {
            services.Counters.BackendConnectFailures++;
            return opened;
        }

        services.Counters.BackendConnects++;
        if (IsPrivate && await SendProxyHeaderAsync(connection) < 0)
        {
            connection.Close();
            return new ConnectResult(null, IoStatus.Reset);
        }

        if (Tls is not { } tls)
        {
            return opened;
        }

        var session = connection.ConnectTls(tls.Context, tls.ServerName, services.Pool.SessionWith(endpoint, tls));
        if (await connection.HandshakeAsync(session, _policy.ConnectTimeout) == TlsStatus.Done)
        {
            return opened;
        }

        services.ReportUpstreamTls(endpoint, session.LastError);
        connection.Close();
        return new ConnectResult(null, IoStatus.TlsError);
    }

    private static AttemptFailure FailureOfDial(int status) =>
        status == IoStatus.TimedOut ? AttemptFailure.ConnectTimedOut : AttemptFailure.ConnectRefused;

    private void Use(UpstreamExchange upstream)
    {
        _upstream = upstream;
        _context.CurrentAttempt.ConnectMicroseconds = upstream.IsReused ? 0 : MicrosecondsSinceAttempt();
        services.Counters.BackendConnectionsReused += upstream.IsReused ? 1 : 0;
    }

    private long MicrosecondsSinceAttempt() =>
        (services.Shard.NowTicks - _attemptStartedTicks) * 1_000_000 / Stopwatch.Frequency;
}
