using System.Collections.Immutable;
using Portico.Kubernetes;
using Portico.LoadBalancer.Allocation;
using Portico.LoadBalancer.Announcing;
using Portico.LoadBalancer.Bgp.Frr;

namespace Portico.LoadBalancer.Bgp;

/// <summary>Gathers what routers are told about Services and hands it to FRR as a whole when it differs. On the controller's task.</summary>
internal sealed class BgpAnnouncer(FrrRouter router, Action<string> log)
{
    private readonly BgpObjects _objects = new(log);
    private readonly SortedDictionary<ServiceKey, ImmutableArray<BgpRoute>> _routes = [];
    private (string NodeName, bool HasIPv4) _node;
    private bool _changed;
    private bool _began;

    public FrrRouter Router => router;

    /// <summary>What is not as the newest objects say, and why.</summary>
    public IReadOnlyCollection<string> Problems => _objects.Problems;

    /// <summary>The peers that are to hear of these routes, by name.</summary>
    public IReadOnlyList<string> PeersOf(ImmutableArray<BgpRoute> routes) =>
    [
        .. _objects.Peers.Where(p => routes.Any(r => (r.Peers.Count == 0 || r.Peers.Contains(p.Name, StringComparer.Ordinal)) && p.Takes(r.Network.First.IsIPv6)))
            .Select(p => p.Name).Order(StringComparer.Ordinal),
    ];

    /// <summary>Reads peers and advertisements anew.</summary>
    public BgpPlan PlanOf(ClusterFacts facts, IResourceView cluster)
    {
        _objects.Read(cluster, facts.Self);
        _node = (facts.NodeName, facts.Self is null || facts.Self.InternalIPs.Count == 0 || facts.Self.InternalIPs.Any(a => !a.Contains(':', StringComparison.Ordinal)));
        _changed = true;
        return Plan(facts);
    }

    /// <summary>With peers and advertisements as they were read last.</summary>
    public BgpPlan Plan(ClusterFacts facts) => new(facts, _objects.Advertisements);

    public void Put(ServiceKey service, ImmutableArray<BgpRoute> routes)
    {
        if (_routes.GetValueOrDefault(service, []) is var before && Same(before, routes))
        {
            return;
        }

        _changed = true;
        if (routes.IsEmpty)
        {
            _routes.Remove(service);
        }
        else
        {
            _routes[service] = routes;
        }
    }

    public void Announce()
    {
        // Where there never was a peer, FRR need not be there.
        if (!_changed || (_objects.Peers.IsEmpty && !_began))
        {
            return;
        }

        (_changed, _began) = (false, true);
        router.Take(new FrrOrder(
            FrrComposer.Compose(_objects.Peers, _routes.Values.SelectMany(r => r), _node.NodeName, _node.HasIPv4),
            _objects.Peers.ToImmutableDictionary(p => new FrrPeer(p.Vrf, p.Neighbor), p => p.Object),
            [.. _objects.Peers.Where(p => p.HasPassword).Select(p => new FrrPeer(p.Vrf, p.Neighbor))]));
    }

    private static bool Same(ImmutableArray<BgpRoute> one, ImmutableArray<BgpRoute> other) =>
        one.Length == other.Length && one.Zip(other).All(p => p.First.Prefix == p.Second.Prefix && p.First.LocalPref == p.Second.LocalPref
            && p.First.Communities.SetEquals(p.Second.Communities) && p.First.Peers.SequenceEqual(p.Second.Peers));
}
