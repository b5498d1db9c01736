namespace Portico.Proxy.Balancing;

/// <summary>
/// Chooses endpoints of one backend for the requests of one shard; belongs to that shard's thread. A retry chooses anew and says what
/// it has tried.
/// </summary>
public abstract class Balancer(BackendState backend)
{
    public abstract BalancerKind Kind { get; }

    protected BackendState Backend { get; } = backend;

    /// <summary>Chooses an endpoint; null when the backend has none.</summary>
    /// <param name="tried">The endpoints that this request was sent to already, in order.</param>
    public abstract EndpointState? Pick(in BalanceRequest request, ReadOnlySpan<EndpointState> tried);

    /// <summary>Notes how long an endpoint took to connect and answer.</summary>
    public virtual void Report(EndpointState endpoint, TimeSpan roundTrip, long nowMilliseconds)
    {
    }

    internal static Balancer Create(BackendState backend, BalancerKind kind) => kind switch
    {
        BalancerKind.Ewma => new EwmaBalancer(backend),
        BalancerKind.ConsistentHash => new ConsistentHashBalancer(backend),
        BalancerKind.Sticky => new StickyBalancer(backend),
        _ => new RoundRobinBalancer(backend),
    };

    private protected static bool IsTried(EndpointState endpoint, ReadOnlySpan<EndpointState> tried)
    {
        foreach (var one in tried)
        {
            if (ReferenceEquals(one, endpoint))
            {
                return true;
            }
        }

        return false;
    }
}
