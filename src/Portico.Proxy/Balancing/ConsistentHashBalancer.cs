namespace Portico.Proxy.Balancing;

/// <summary>
/// The key of the request picks the endpoint. As in ingress-nginx a retry with the same key goes to the same endpoint.
/// </summary>
internal sealed class ConsistentHashBalancer(BackendState backend) : Balancer(backend)
{
    public override BalancerKind Kind => BalancerKind.ConsistentHash;

    public override EndpointState? Pick(in BalanceRequest request, ReadOnlySpan<EndpointState> tried)
    {
        var set = Backend.Current;
        // The backend may have changed its kind since the shard asked for this balancer: any endpoint will do then.
        return set.Ring is { } ring ? ring.Find(request.HashKey) : set.Endpoints is [var any, ..] ? any : null;
    }
}
