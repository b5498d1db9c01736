namespace Portico.LoadBalancer.Observing;

/// <summary>Who watches the work: what scrapes and probes are told.</summary>
internal sealed record BalancerObservers(BalancerMetrics Metrics, BalancerHealth Health)
{
    public static BalancerObservers None => new(new BalancerMetrics(), new BalancerHealth(TimeProvider.System));
}
