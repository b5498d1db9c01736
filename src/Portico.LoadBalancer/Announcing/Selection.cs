using Portico.Kubernetes.Resources;
using Portico.LoadBalancer.Allocation;

namespace Portico.LoadBalancer.Announcing;

/// <summary>Whom an advertisement is about. Lists of selectors are alternatives, and an empty one selects all.</summary>
internal static class Selection
{
    public static bool Covers(Advertisement advertisement, AddressPool pool) =>
        (advertisement.Pools.Count == 0 && advertisement.PoolSelectors.Count == 0)
        || advertisement.Pools.Contains(pool.Name, StringComparer.Ordinal)
        || advertisement.PoolSelectors.Any(s => s.Matches(pool.Labels));

    public static bool Holds(Advertisement advertisement, Node node) => Matches(advertisement.NodeSelectors, node.Metadata);

    public static bool Selects(Advertisement advertisement, Service service) => Matches(advertisement.ServiceSelectors, service.Metadata);

    public static bool Matches(IReadOnlyList<ObjectSelector> selectors, ObjectMeta meta) => selectors.Count == 0 || selectors.Any(s => s.Matches(meta.Labels));
}
