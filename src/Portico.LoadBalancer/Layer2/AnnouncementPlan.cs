using System.Collections.Immutable;
using Portico.Kubernetes.Resources;
using Portico.LoadBalancer.Allocation;
using Portico.LoadBalancer.Announcing;

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
/// <param name="alive">The nodes whose speakers work.</param>
internal sealed class AnnouncementPlan(ClusterFacts facts, IReadOnlyList<L2Advertisement> advertisements, IReadOnlySet<string> alive)
{
    public AnnouncementDecision Decide(Service service, ImmutableArray<Address> addresses)
    {
        if (addresses.IsEmpty)
        {
            return No("noIPAllocated");
        }

        if (facts.PoolOf(addresses[0]) is not { } pool)
        {
            return No("ipNotAllowed");
        }

        var ofPool = advertisements.Where(a => Selection.Covers(a, pool)).ToList();
        var serving = facts.Serving(service);
        if (ofPool.Count == 0 || serving.Count == 0)
        {
            return No("notOwner");
        }

        // Services on one address would need the same announcer, and a selector could part them.
        if (ServiceAnnotations.Of(service, ServiceAnnotations.AllowSharedIP).Length > 0 && ofPool.Exists(a => a.ServiceSelectors.Count > 0))
        {
            return No("sharedIPWithServiceSelector");
        }

        var selecting = ofPool.Where(a => Selection.Selects(a, service)).ToList();
        var mine = facts.Self is { } self ? selecting.Where(a => Selection.Holds(a, self)).ToList() : [];
        if (mine.Count == 0)
        {
            return No("noMatchingAdvertisement");
        }

        var local = service.Spec.ExternalTrafficPolicy == "Local";
        var candidates = facts.Nodes
            .Where(n => alive.Contains(n.Metadata.Name) && !n.NetworkUnavailable && !facts.IsExcluded(n) && selecting.Exists(a => Selection.Holds(a, n)))
            .Where(n => !local || serving.Exists(e => e.NodeName == n.Metadata.Name))
            .Select(n => (n.Metadata.Name, selecting.Sum(a => a.PreferredNodes.Where(p => p.Preference.Matches(n.Metadata.Labels)).Sum(p => p.Weight))));
        return Election.Winner(addresses[0], candidates) == facts.NodeName
            ? new AnnouncementDecision("", mine.Exists(a => a.Interfaces.Count == 0) ? null : [.. mine.SelectMany(a => a.Interfaces).Distinct().Order(StringComparer.Ordinal)])
            : No("notOwner");
    }

    private static AnnouncementDecision No(string reason) => new(reason, null);
}
