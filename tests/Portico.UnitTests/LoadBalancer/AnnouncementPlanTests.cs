using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Portico.LoadBalancer.Allocation;
using Portico.LoadBalancer.Announcing;
using Portico.LoadBalancer.Layer2;
using Xunit;

namespace Portico.UnitTests.LoadBalancer;

public class AnnouncementPlanTests
{
    private static readonly string[] Names = ["n1", "n2", "n3"];

    private readonly ResourceCache _cluster = new();
    private readonly List<L2Advertisement> _advertisements = [new L2Advertisement()];
    private readonly HashSet<string> _alive = [.. Names];
    private Service _service = new() { Metadata = new ObjectMeta { Namespace = "ns1", Name = "web" }, Spec = new ServiceSpec { Type = "LoadBalancer" } };
    private bool _ignoreExclude;

    public AnnouncementPlanTests()
    {
        foreach (var name in Names)
        {
            Put(Node(name));
        }

        Serve(("n1", true), ("n2", true), ("n3", true));
    }

    [Fact]
    public void The_node_with_the_smallest_hash_announces_and_no_other()
    {
        for (var last = 200; last < 220; last++)
        {
            var address = FormattableString.Invariant($"198.51.100.{last}");
            var expected = Names.MinBy(n => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{n}#{address}"))), StringComparer.Ordinal);

            Assert.Equal([expected!], Announcers(address));
        }
    }

    [Fact]
    public void When_the_owner_is_gone_the_next_one_takes_over_and_gives_it_back()
    {
        var owner = Announcers().Single();
        _alive.Remove(owner);
        var next = Announcers().Single();
        Assert.NotEqual(owner, next);
        _alive.Add(owner);
        Assert.Equal([owner], Announcers());
    }

    [Fact]
    public void Weights_of_all_advertisements_add_up_and_go_before_the_hash()
    {
        Put(Node("n3", ("rack", "a")));
        Put(Node("n2", ("fast", "yes")));
        PreferredNodes Prefers(string key, string value, int weight) => new() { Weight = weight, Preference = Selector(key, value) };
        _advertisements[0] = new L2Advertisement { PreferredNodes = [Prefers("rack", "a", 50)] };
        _advertisements.Add(new L2Advertisement { PreferredNodes = [Prefers("fast", "yes", 60)] });
        Assert.Equal(["n2"], Announcers());

        _advertisements.Add(new L2Advertisement { PreferredNodes = [Prefers("rack", "a", 20)] });
        Assert.Equal(["n3"], Announcers());
    }

    [Fact]
    public void Only_nodes_that_are_selected_announce()
    {
        Put(Node("n2", ("edge", "yes")));
        _advertisements[0] = new L2Advertisement { NodeSelectors = [Selector("edge", "yes")] };
        Assert.Equal(["n2"], Announcers());
        Assert.Equal("noMatchingAdvertisement", Decide("n1").Reason);

        Put(Node("n2"));
        Assert.Empty(Announcers());
    }

    [Fact]
    public void A_node_that_is_excluded_or_has_no_network_does_not_announce()
    {
        var owner = Announcers().Single();
        Put(Node(owner, ("node.kubernetes.io/exclude-from-external-load-balancers", "")));
        Assert.NotEqual(owner, Announcers().Single());

        _ignoreExclude = true;
        Assert.Equal([owner], Announcers());

        Put(Node(owner) with { NetworkUnavailable = true });
        Assert.NotEqual(owner, Announcers().Single());
    }

    [Fact]
    public void Local_traffic_is_announced_where_the_pods_are()
    {
        _service = _service with { Spec = _service.Spec with { ExternalTrafficPolicy = "Local" } };
        Serve(("n2", true), ("n3", false));
        Assert.Equal(["n2"], Announcers());

        Serve(("n2", false), ("n3", true));
        Assert.Equal(["n3"], Announcers());
    }

    [Fact]
    public void Nobody_announces_what_nobody_serves_and_pods_that_end_serve_still()
    {
        Serve(("n1", false));
        Assert.Empty(Announcers());

        Put(Slice(new SliceEndpoint { NodeName = "n1", Conditions = new EndpointConditions { Ready = false, Serving = true, Terminating = true } }));
        Assert.Single(Announcers());
    }

    [Fact]
    public void Interfaces_are_those_of_all_advertisements_and_one_without_means_all()
    {
        _advertisements[0] = new L2Advertisement { Interfaces = ["eth1"] };
        _advertisements.Add(new L2Advertisement { Interfaces = ["eth0", "eth1"] });
        var owner = Announcers().Single();
        Assert.Equal(["eth0", "eth1"], Decide(owner).Interfaces!.Value.ToArray());

        _advertisements.Add(new L2Advertisement());
        Assert.Null(Decide(owner).Interfaces);
    }

    [Fact]
    public void A_shared_address_is_not_announced_by_selectors_of_services()
    {
        _advertisements[0] = new L2Advertisement { ServiceSelectors = [Selector("app", "web")] };
        Assert.Equal("noMatchingAdvertisement", Decide("n1").Reason);

        _service = _service with { Metadata = _service.Metadata with { Annotations = new Dictionary<string, string> { ["metallb.io/allow-shared-ip"] = "k" } } };
        Assert.Equal("sharedIPWithServiceSelector", Decide("n1").Reason);
    }

    [Fact]
    public void An_advertisement_of_other_pools_and_an_address_of_no_pool_are_nobodys()
    {
        _advertisements[0] = new L2Advertisement { Pools = ["other"] };
        Assert.Empty(Announcers());

        _advertisements[0] = new L2Advertisement { Pools = ["main"] };
        Assert.Single(Announcers());
        Assert.Equal("ipNotAllowed", Decide("n1", "203.0.113.1").Reason);
    }

    private List<string> Announcers(string address = "198.51.100.200") => [.. Names.Where(n => Decide(n, address).Announces)];

    private AnnouncementDecision Decide(string node, string address = "198.51.100.200")
    {
        var pools = PoolSet.Build(PoolSet.Empty, [AddressBench.Pool("main", "198.51.100.200-198.51.100.220")], [], out _);
        Assert.True(Address.TryParse(address, out var parsed));
        return new AnnouncementPlan(new ClusterFacts(_cluster, node, [.. _cluster.All<Node>()], pools, _ignoreExclude), _advertisements, _alive).Decide(_service, [parsed]);
    }

    private void Serve(params (string Node, bool Ready)[] endpoints) =>
        Put(Slice([.. endpoints.Select(e => new SliceEndpoint { NodeName = e.Node, Conditions = new EndpointConditions { Ready = e.Ready } })]));

    private void Put(KubernetesObject found) => _cluster.Apply(new ResourceChange(null, found));

    private static Node Node(string name, params (string Key, string Value)[] labels) =>
        new() { Metadata = new ObjectMeta { Name = name, Labels = labels.ToDictionary(l => l.Key, l => l.Value) } };

    private static EndpointSlice Slice(params SliceEndpoint[] endpoints) => new()
    {
        Metadata = new ObjectMeta { Namespace = "ns1", Name = "web-1", Labels = new Dictionary<string, string> { [EndpointSlice.ServiceNameLabel] = "web" } },
        Endpoints = endpoints,
    };

    private static ObjectSelector Selector(string key, string value) => new() { MatchLabels = new Dictionary<string, string> { [key] = value } };
}
