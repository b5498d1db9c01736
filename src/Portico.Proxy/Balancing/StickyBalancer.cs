using Portico.Model.Policies;
using Portico.Proxy.Requests;

namespace Portico.Proxy.Balancing;

/// <summary>
/// The session's cookie picks the endpoint; without one, or when its endpoint is gone, one is drawn at random among those that the
/// request has not tried, and a new key is written. A retry stays with the cookie's endpoint unless the affinity says otherwise.
/// </summary>
internal sealed class StickyBalancer(BackendState backend) : Balancer(backend)
{
    /// <summary>As many keys as ingress-nginx tries to find one that leads to an untried endpoint.</summary>
    private const int MostDraws = 20;

    public override BalancerKind Kind => BalancerKind.Sticky;

    public override EndpointState? Pick(in BalanceRequest request, ReadOnlySpan<EndpointState> tried)
    {
        var set = Backend.Current;
        var endpoints = set.Endpoints;
        if (endpoints.Length == 0)
        {
            return null;
        }

        var moves = tried.Length > 0 && Backend.Affinity is { ChangeOnFailure: true };
        if (!moves && request.SessionKey.Length > 0 && Find(set, request.SessionKey) is { } bound)
        {
            return bound;
        }

        return set.Sessions is { } sessions
            ? DrawPersistent(endpoints, sessions, tried, request.NewSessionKey)
            : DrawBalanced(set, tried, request.NewSessionKey);
    }

    private static EndpointState? Find(EndpointSet set, ReadOnlySpan<byte> key) =>
        set.Sessions is { } sessions ? sessions.TryFind(key, out var endpoint) ? endpoint : null
        : set.Ring is { } ring ? set.Endpoints[ring.Find(key)]
        : null;

    /// <summary>Any endpoint will do when all were tried.</summary>
    private static EndpointState DrawPersistent(
        EndpointState[] endpoints, PersistentSessions sessions, ReadOnlySpan<EndpointState> tried, ByteBuilder? key)
    {
        var number = Random.Shared.Next(endpoints.Length);
        for (var i = 1; i < endpoints.Length && IsTried(endpoints[number], tried); i++)
        {
            number = number + 1 == endpoints.Length ? 0 : number + 1;
        }

        key?.Append(sessions.KeyOf(number));
        return endpoints[number];
    }

    /// <summary>Keys are drawn until one leads to an untried endpoint: moment, process and a random number, joined by dots.</summary>
    private static EndpointState DrawBalanced(EndpointSet set, ReadOnlySpan<EndpointState> tried, ByteBuilder? key)
    {
        if (set.Ring is not { } ring || key is null)
        {
            // The backend has changed its kind since the shard asked for this balancer, or nobody wants the key: any will do.
            return set.Endpoints[Random.Shared.Next(set.Endpoints.Length)];
        }

        for (var i = 1; ; i++)
        {
            key.Clear();
            AppendKey(key, i);
            var endpoint = set.Endpoints[ring.Find(key.Written)];
            if (i == MostDraws || !IsTried(endpoint, tried))
            {
                return endpoint;
            }
        }
    }

    private static void AppendKey(ByteBuilder key, int draw)
    {
        key.AppendSeconds(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + (draw * 1000L));
        key.Append((byte)'.');
        key.AppendDecimal(Environment.ProcessId);
        key.Append((byte)'.');
        key.AppendDecimal(Random.Shared.Next(1, 999_999));
    }
}
