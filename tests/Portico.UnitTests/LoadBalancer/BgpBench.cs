using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Portico.LoadBalancer.Allocation;
using Portico.LoadBalancer.Announcing;
using Portico.LoadBalancer.Bgp;
using Portico.LoadBalancer.Bgp.Frr;

namespace Portico.UnitTests.LoadBalancer;

/// <summary>A node <c>n1</c> with peers, advertisements and Services, and what FRR would be told.</summary>
internal sealed class BgpBench
{
    private readonly ResourceCache _cluster = new();
    private readonly List<Service> _services = [];

    public BgpBench()
    {
        Objects = new BgpObjects(Log.Add);
        Put(new Node { Metadata = new ObjectMeta { Name = "n1", Labels = new Dictionary<string, string> { ["edge"] = "yes" } } });
    }

    public List<string> Log { get; } = [];

    public BgpObjects Objects { get; }

    /// <summary>The pool of the addresses.</summary>
    public string Pool { get; set; } = "198.51.100.192-198.51.100.255";

    public static BGPPeer Peer(string name = "r1", string address = "10.0.0.2") =>
        new() { Metadata = Meta(name), MyASN = 64512, PeerASN = 64513, PeerAddress = address };

    public static BGPAdvertisement Ad(string name = "a") => new() { Metadata = Meta(name) };

    public static ObjectMeta Meta(string name) => new() { Name = name, Namespace = "metallb-system" };

    public BgpBench Put(params KubernetesObject[] objects)
    {
        foreach (var found in objects)
        {
            _cluster.Apply(new ResourceChange(null, found));
        }

        return this;
    }

    public BgpBench Remove(KubernetesObject found)
    {
        _cluster.Apply(new ResourceChange(found, null));
        return this;
    }

    /// <param name="nodes">Where its endpoints are.</param>
    public BgpBench Serve(string name, string policy = "Cluster", params string[] nodes)
    {
        _services.Add(new Service { Metadata = new ObjectMeta { Namespace = "ns1", Name = name }, Spec = new ServiceSpec { Type = "LoadBalancer", ExternalTrafficPolicy = policy } });
        return Put(new EndpointSlice
        {
            Metadata = new ObjectMeta { Namespace = "ns1", Name = name, Labels = new Dictionary<string, string> { [EndpointSlice.ServiceNameLabel] = name } },
            Endpoints = [.. nodes.Select(n => new SliceEndpoint { NodeName = n, Conditions = new EndpointConditions { Ready = true } })],
        });
    }

    /// <summary>The first Service has .200, the next .201 and so on.</summary>
    public IReadOnlyList<BgpDecision> Decide()
    {
        var nodes = _cluster.All<Node>().ToList();
        var pools = PoolSet.Build(PoolSet.Empty, [AddressBench.Pool("main", Pool)], [], out _);
        var facts = new ClusterFacts(_cluster, "n1", nodes, pools, ignoreExcludeLabel: false);
        Objects.Read(_cluster, facts.Self);
        var plan = new BgpPlan(facts, Objects.Advertisements);
        return [.. _services.Select((s, i) => plan.Decide(s, [new Address(false, 0xC6336400u + 200 + (uint)i)]))];
    }

    public FrrConfiguration Compose()
    {
        var routes = Decide().SelectMany(d => d.Routes).ToList();
        return FrrComposer.Compose(Objects.Peers, routes, "n1", hasIPv4: true);
    }
}
