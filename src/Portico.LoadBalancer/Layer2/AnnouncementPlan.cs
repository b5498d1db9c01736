using System.Collections.Immutable;
using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Portico.LoadBalancer.Allocation;

namespace Portico.LoadBalancer.Layer2;

/// <summary>Whether this node announces the addresses of a Service.</summary>
/// <param name="Reason">Why not, in MetalLB's word; empty when it does.</param>
/// <param name="Interfaces">On which interfaces; null for all.</param>
internal readonly record struct AnnouncementDecision(string Reason, ImmutableArray<string>? Interfaces)
{
    public bool Announces => Reason.Length == 0;
}

/// <summary>
/// Decides from the cluster's objects, and from who is alive, what this node announces on the local network. The first reason that
/// applies counts. Pure: the same everywhere for the same input.
/// </summary>
internal sealed class AnnouncementPlan(IResourceView cluster, IReadOnlyList<Node> nodes, PoolSet pools, IReadOnlyList<L2Advertisement> advertisements, bool ignoreExcludeLabel)
{
    private const string ExcludeLabel = "node.kubernetes.io/exclude-from-external-load-balancers";

    /// <param name="alive">The nodes whose speakers work.</param>
    public AnnouncementDecision Decide(Service service, ImmutableArray<Address> addresses, string self, IReadOnlySet<string> alive)
    {
        if (addresses.IsEmpty)
        {
            return No("noIPAllocated");
        }

        if (pools.PoolOf(addresses[0]) is not { } pool)
        {
            return No("ipNotAllowed");
        }

        var ofPool = advertisements.Where(a => Covers(a, pool)).ToList();
        var serving = Serving(service).ToList();
        if (ofPool.Count == 0 || serving.Count == 0)
        {
            return No("notOwner");
        }

        // Services on one address would need the same announcer, and a selector could part them.
        if (ServiceAnnotations.Of(service, ServiceAnnotations.AllowSharedIP).Length > 0 && ofPool.Exists(a => a.ServiceSelectors.Count > 0))
        {
            return No("sharedIPWithServiceSelector");
        }

        var selecting = ofPool.Where(a => a.ServiceSelectors.Count == 0 || a.ServiceSelectors.Any(s => s.Matches(service.Metadata.Labels))).ToList();
        var mine = nodes.FirstOrDefault(n => n.Metadata.Name == self) is { } me ? selecting.Where(a => Holds(a, me)).ToList() : [];
        if (mine.Count == 0)
        {
            return No("noMatchingAdvertisement");
        }

        var local = service.Spec.ExternalTrafficPolicy == "Local";
        var candidates = nodes
            .Where(n => alive.Contains(n.Metadata.Name) && Qualifies(n) && selecting.Exists(a => Holds(a, n)))
            .Where(n => !local || serving.Exists(e => e.NodeName == n.Metadata.Name))
            .Select(n => (n.Metadata.Name, selecting.Sum(a => a.PreferredNodes.Where(p => p.Preference.Matches(n.Metadata.Labels)).Sum(p => p.Weight))));
        return Election.Winner(addresses[0], candidates) == self
            ? new AnnouncementDecision("", mine.Exists(a => a.Interfaces.Count == 0) ? null : [.. mine.SelectMany(a => a.Interfaces).Distinct().Order(StringComparer.Ordinal)])
            : No("notOwner");
    }

    private static AnnouncementDecision No(string reason) => new(reason, null);

    private static bool Covers(Advertisement advertisement, AddressPool pool) =>
        (advertisement.Pools.Count == 0 && advertisement.PoolSelectors.Count == 0)
        || advertisement.Pools.Contains(pool.Name, StringComparer.Ordinal)
        || advertisement.PoolSelectors.Any(s => s.Matches(pool.Labels));

    private static bool Holds(Advertisement advertisement, Node node) =>
        advertisement.NodeSelectors.Count == 0 || advertisement.NodeSelectors.Any(s => s.Matches(node.Metadata.Labels));

    private bool Qualifies(Node node) => !node.NetworkUnavailable && (ignoreExcludeLabel || !node.Metadata.Labels.ContainsKey(ExcludeLabel));

    /// <summary>A pod that ends but still answers counts.</summary>
    private IEnumerable<SliceEndpoint> Serving(Service service) =>
        cluster.SlicesOf(service.Metadata.Namespace, service.Metadata.Name).SelectMany(s => s.Endpoints)
            .Where(e => (e.Conditions.Ready ?? true) || e.Conditions.Serving == true);
}
