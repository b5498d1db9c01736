using System.Runtime.CompilerServices;
using Portico.Model;
using Portico.Net.Async;
using Portico.Net.Sockets;
using Portico.Proxy.Balancing;
using Portico.Proxy.Forwarding;

namespace Portico.Proxy.Streams;

/// <summary>Connects a session to an endpoint of its backend, and to another one when that fails (<c>proxy-stream-next-upstream</c>).</summary>
internal static class StreamDialer
{
    /// <returns>Null when no endpoint could be connected to.</returns>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    public static async ValueTask<Connection?> ConnectAsync(ShardServices services, StreamSession session, BackendState backend, StreamSettings settings)
    {
        while (Pick(services, backend, session.Tried) is { } endpoint)
        {
            session.AddAttempt(endpoint);
            var opened = await Connection.ConnectAsync(services.Shard, endpoint.SharedSockAddr, settings.ConnectTimeout);
            if (opened.Connection is { } connection)
            {
                session.ConnectedMilliseconds = services.Shard.NowMilliseconds;
                return connection;
            }

            services.Counters.StreamConnectFailures++;
            if (!MayTryAgain(services, session, backend, settings))
            {
                return null;
            }
        }

        return null;
    }

    public static EndpointState? Pick(ShardServices services, BackendState backend, ReadOnlySpan<EndpointState> tried) =>
        backend.Balancer(services.Shard.Index).Pick(new BalanceRequest(services.Shard.NowMilliseconds), tried);

    private static bool MayTryAgain(ShardServices services, StreamSession session, BackendState backend, StreamSettings settings)
    {
        var tries = session.Attempts.Count;
        return settings.NextUpstream
            && (settings.NextUpstreamTries == 0 || tries < settings.NextUpstreamTries)
            && tries < backend.Current.Endpoints.Length
            && (settings.NextUpstreamTimeout == TimeSpan.Zero
                || services.Shard.NowMilliseconds - session.StartedMilliseconds < (long)settings.NextUpstreamTimeout.TotalMilliseconds);
    }
}
