namespace Portico.Proxy.Balancing;

/// <summary>
/// The key of the request picks the endpoint, or a group of which one is drawn. As in ingress-nginx a retry with the same key does
/// the same again.
/// </summary>
internal sealed class ConsistentHashBalancer(BackendState backend) : Balancer(backend)
{
    public override BalancerKind Kind => BalancerKind.ConsistentHash;

    public override EndpointState? Pick(in BalanceRequest request, ReadOnlySpan<EndpointState> tried)
    {
        var set = Backend.Current;
        if (set.Subsets is { } subsets)
        {
            return subsets.Draw(request.HashKey, (uint)Random.Shared.NextInt64(1L << 32));
        }

        // The backend may have changed its kind since the shard asked for this balancer: any endpoint will do then.
        return set.Endpoints.Length == 0 ? null : set.Endpoints[set.Ring?.Find(request.HashKey) ?? 0];
    }
}
