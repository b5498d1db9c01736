using System.Collections.Immutable;
using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Portico.LoadBalancer.Allocation;
using Portico.LoadBalancer.Announcing;

namespace Portico.LoadBalancer.Bgp;

/// <summary>An advertisement with its communities as values.</summary>
internal sealed record ReadBgpAdvertisement(BGPAdvertisement Object, ImmutableSortedSet<BgpCommunity> Communities);

/// <summary>A network that routers are told.</summary>
/// <param name="Peers">Names of peers; empty for all.</param>
internal sealed record BgpRoute(AddressRange Network, int Length, long LocalPref, ImmutableSortedSet<BgpCommunity> Communities, IReadOnlyList<string> Peers)
{
    public string Prefix => FormattableString.Invariant($"{Network.First}/{Length}");
}

/// <summary>What this node tells routers about a Service.</summary>
/// <param name="Reason">Why nothing, in MetalLB's word where it has one; empty when there are routes.</param>
internal readonly record struct BgpDecision(string Reason, ImmutableArray<BgpRoute> Routes);

/// <summary>Decides from the cluster's objects what this node announces to routers: every node that qualifies does. Pure.</summary>
internal sealed class BgpPlan(ClusterFacts facts, IReadOnlyList<ReadBgpAdvertisement> advertisements)
{
    public BgpDecision Decide(Service service, ImmutableArray<Address> addresses)
    {
        if (addresses.IsEmpty)
        {
            return No("noIPAllocated");
        }

        if (facts.PoolOf(addresses[0]) is not { } pool)
        {
            return No("ipNotAllowed");
        }

        var here = facts.Self is { } self ? advertisements.Where(a => Selection.Covers(a.Object, pool) && Selection.Holds(a.Object, self)).ToList() : [];
        if (here.Count == 0)
        {
            return No("notOwner");
        }

        var selecting = here.Where(a => Selection.Selects(a.Object, service)).ToList();
        ImmutableArray<BgpRoute> routes = [.. from address in addresses from ad in selecting select RouteOf(address, ad)];
        var serving = facts.Serving(service);
        var reason = selecting.Count == 0 ? "noMatchingAdvertisement"
            : Conflict(routes) ? "conflictingAdvertisements"
            : facts.Self!.NetworkUnavailable ? "nodeNetworkUnavailable"
            : facts.IsExcluded(facts.Self) ? "nodeLabeledExcludeBalancers"
            : serving.Count == 0 ? "noEndpoints"
            : service.Spec.ExternalTrafficPolicy == "Local" && !serving.Exists(e => e.NodeName == facts.NodeName) ? "noLocalEndpoints"
            : routes.FirstOrDefault(r => !pool.Ranges.Any(p => p.Contains(r.Network.First) && p.Contains(r.Network.Last))) is { } wide ? $"{wide.Prefix} reaches beyond the addresses of pool {pool.Name}"
            : "";
        return reason.Length > 0 ? No(reason) : new BgpDecision("", routes);
    }

    private static BgpDecision No(string reason) => new(reason, []);

    /// <summary>A peer would be told one network with two preferences.</summary>
    private static bool Conflict(ImmutableArray<BgpRoute> routes) =>
        routes.Any(one => routes.Any(other =>
            one.Prefix == other.Prefix && one.LocalPref != other.LocalPref
            && (one.Peers.Count == 0 || other.Peers.Count == 0 || one.Peers.Intersect(other.Peers, StringComparer.Ordinal).Any())));

    private static BgpRoute RouteOf(Address address, ReadBgpAdvertisement ad)
    {
        var length = Math.Min(address.IsIPv6 ? ad.Object.AggregationLengthV6 : ad.Object.AggregationLength, address.Bits);
        return new BgpRoute(AddressRange.Around(address, length), length, ad.Object.LocalPref, ad.Communities, ad.Object.Peers);
    }
}
