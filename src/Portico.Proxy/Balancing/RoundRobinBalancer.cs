namespace Portico.Proxy.Balancing;

/// <summary>
/// Every endpoint in turn, all of weight one. Each shard has a cycle of its own that starts at a random place, so that shards
/// do not march in step; it starts anew only when the set of endpoints changes.
/// </summary>
internal sealed class RoundRobinBalancer(BackendState backend) : Balancer(backend)
{
    private EndpointSet? _set;
    private int _next;

    public override BalancerKind Kind => BalancerKind.RoundRobin;

    public override EndpointState? Pick(in BalanceRequest request, ReadOnlySpan<EndpointState> tried)
    {
        var set = Backend.Current;
        var endpoints = set.Endpoints;
        if (!ReferenceEquals(set, _set))
        {
            _set = set;
            _next = endpoints.Length == 0 ? 0 : Random.Shared.Next(endpoints.Length);
        }

        if (endpoints.Length == 0)
        {
            return null;
        }

        var picked = Advance(endpoints);
        // Other requests may have moved the cycle in between: a retry passes over what it has tried, unless that is everything.
        for (var i = 1; i < endpoints.Length && IsTried(picked, tried); i++)
        {
            picked = Advance(endpoints);
        }

        return picked;
    }

    private EndpointState Advance(EndpointState[] endpoints)
    {
        var picked = endpoints[_next];
        _next = _next + 1 == endpoints.Length ? 0 : _next + 1;
        return picked;
    }
}
