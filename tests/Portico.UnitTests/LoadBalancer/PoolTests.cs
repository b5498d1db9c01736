using Portico.Kubernetes.Resources;
using Portico.LoadBalancer.Allocation;
using Xunit;
using static Portico.UnitTests.LoadBalancer.AddressBench;

namespace Portico.UnitTests.LoadBalancer;

public class PoolTests
{
    private readonly AddressBench _bench = new();

    [Fact]
    public void A_new_pool_that_overlaps_one_in_force_is_left_out()
    {
        _bench.With(Pool("z", "192.0.2.0/28")).With(Pool("a", "192.0.2.8-192.0.2.20"));

        Assert.Equal("z", Assert.Single(_bench.Keeper.Allocator.Pools.Pools).Name);
        var problem = Assert.Single(_bench.PoolProblems);
        Assert.Equal("a", problem.Pool);
        Assert.Contains("overlaps 192.0.2.0-192.0.2.15 of the pool z", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pool_that_became_wrong_keeps_its_last_good_version()
    {
        _bench.With(Pool("a", "192.0.2.1-192.0.2.2"), Pool("b", "192.0.2.9-192.0.2.9"));
        Assert.Equal("192.0.2.1", _bench.Put("web"));

        _bench.With(Pool("a", "192.0.2.1-nonsense"));

        Assert.Equal("192.0.2.1", _bench.StatusOf("web"));
        Assert.Contains("its last good version stays in force", Assert.Single(_bench.PoolProblems).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("192.0.2.0/30", "192.0.2.2-192.0.2.9")]
    [InlineData("10.0.0.1-10.0.0.1", "10.0.0.0/8")]
    public void A_pool_may_not_overlap_itself(string first, string second)
    {
        _bench.With(Pool("a", first, second));

        Assert.Empty(_bench.Keeper.Allocator.Pools.Pools);
        Assert.Contains("of the same pool", Assert.Single(_bench.PoolProblems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pool_without_addresses_and_names_that_stand_twice_are_refused()
    {
        _bench.With(
            Pool("none"),
            Pool("twice", "192.0.2.0/30") with { ServiceAllocation = new ServiceAllocation { Namespaces = ["a", "a"] } },
            Pool("unknown", "192.0.2.12/30") with { ServiceAllocation = new ServiceAllocation { NamespaceSelectors = [new ObjectSelector { MatchExpressions = [new SelectorRequirement { Key = "a", Operator = "Like" }] }] } },
            Pool("same", "192.0.2.8/30") with { ServiceAllocation = new ServiceAllocation { ServiceSelectors = [Selector("a", "b"), Selector("a", "b")] } });

        Assert.Empty(_bench.Keeper.Allocator.Pools.Pools);
        Assert.Equal(["none", "same", "twice", "unknown"], _bench.PoolProblems.Select(p => p.Pool));
    }

    [Fact]
    public void Ranges_are_used_in_the_order_of_the_pool()
    {
        _bench.With(Pool("a", "192.0.2.9-192.0.2.9", "192.0.2.0/31", "192.0.2.4-192.0.2.5"));

        Assert.Equal(
            ["192.0.2.9", "192.0.2.0", "192.0.2.1", "192.0.2.4", "192.0.2.5", ""],
            Enumerable.Range(1, 6).Select(i => _bench.Put($"web{i}")));
    }

    [Fact]
    public void Buggy_addresses_are_avoided_where_the_pool_says_so()
    {
        _bench.With(Pool("a", "10.0.0.0/24") with { AvoidBuggyIPs = true });

        Assert.Equal("10.0.0.1", _bench.Put("web"));
        Assert.Equal("", _bench.Put("last", s => s with { LoadBalancerIP = "10.0.0.255" }));
        Assert.Equal("", _bench.Put("first", s => s with { LoadBalancerIP = "10.0.0.0" }));
        Assert.Contains(_bench.Events, e => e.Contains("[\"10.0.0.255\"] is not allowed in config", StringComparison.Ordinal));
    }

    [Fact]
    public void Pools_that_are_kept_for_a_namespace_come_first_by_priority()
    {
        ServiceAllocation For(int priority) => new() { Priority = priority, Namespaces = ["ns1"] };
        _bench.With(
            Pool("a-general", "192.0.2.1-192.0.2.1"),
            Pool("b-unset", "192.0.2.2-192.0.2.2") with { ServiceAllocation = For(0) },
            Pool("c-second", "192.0.2.3-192.0.2.3") with { ServiceAllocation = For(20) },
            Pool("d-first", "192.0.2.4-192.0.2.4") with { ServiceAllocation = For(10) });

        Assert.Equal("192.0.2.1", _bench.Put("other/web"));
        Assert.Equal("", _bench.Put("other/web2"));
        Assert.Equal(["192.0.2.4", "192.0.2.3", "192.0.2.2"], Enumerable.Range(1, 3).Select(i => _bench.Put($"web{i}")));
        _bench.Delete("other/web2");
        _bench.Delete("other/web");
        Assert.Equal("192.0.2.1", _bench.Put("web4"));
    }

    [Fact]
    public void Namespaces_and_services_must_both_match_where_both_are_given()
    {
        _bench.With(Pool("a", "192.0.2.1-192.0.2.9") with
        {
            ServiceAllocation = new ServiceAllocation { Namespaces = ["ns1"], ServiceSelectors = [Selector("app", "web"), Selector("app", "api")] },
        });
        Service Labelled(string name, string app) => _bench.New(name) is var s ? s with { Metadata = s.Metadata with { Labels = new Dictionary<string, string> { ["app"] = app } } } : s;

        Assert.Equal("192.0.2.1", _bench.Put(Labelled("web", "web")));
        Assert.Equal("192.0.2.2", _bench.Put(Labelled("api", "api")));
        Assert.Equal("", _bench.Put(Labelled("db", "db")));
        Assert.Equal("", _bench.Put(Labelled("ns2/web", "web")));
        var asks = Labelled("ns2/asks", "web");
        Assert.Equal("", _bench.Put(asks with { Spec = asks.Spec with { LoadBalancerIP = "192.0.2.5" } }));
        Assert.Contains(_bench.Events, e => e.StartsWith("asks AllocationFailed", StringComparison.Ordinal) && e.Contains("kept for other", StringComparison.Ordinal));
    }

    [Fact]
    public void A_priority_alone_ranks_a_pool_for_everybody()
    {
        _bench.With(Pool("a", "192.0.2.1-192.0.2.1"), Pool("b", "192.0.2.2-192.0.2.2") with { ServiceAllocation = new ServiceAllocation { Priority = 1 } });

        Assert.Equal("192.0.2.2", _bench.Put("web"));
        Assert.Equal("192.0.2.1", _bench.Put("x/web"));
    }

    [Fact]
    public void A_namespace_that_gains_a_label_gets_its_addresses()
    {
        _bench.WithNamespace("ns1").With(Pool("a", "192.0.2.1-192.0.2.1") with
        {
            ServiceAllocation = new ServiceAllocation { NamespaceSelectors = [Selector("team", "blue")] },
        });
        Assert.Equal("", _bench.Put("web"));

        _bench.WithNamespace("ns1", ("team", "blue"));

        Assert.Equal("192.0.2.1", _bench.StatusOf("web"));
    }

    [Fact]
    public void A_pool_is_read_from_its_manifest()
    {
        var pool = (IPAddressPool)Portico.Kubernetes.ObjectText.Read(
            ResourceKind.IPAddressPool,
            """
            {"metadata":{"name":"a","namespace":"metallb-system"},"spec":{"addresses":["192.0.2.0/24"],"autoAssign":false,"avoidBuggyIPs":true,
             "serviceAllocation":{"priority":7,"namespaces":["x"],"namespaceSelectors":[{"matchLabels":{"a":"b"}}],
             "serviceSelectors":[{"matchExpressions":[{"key":"k","operator":"NotIn","values":["v"]}]}]}}}
            """u8,
            out var problem)!;

        Assert.Null(problem);
        Assert.Equal(("a", false, true, 7), (pool.Metadata.Name, pool.AutoAssign, pool.AvoidBuggyIPs, pool.ServiceAllocation!.Priority));
        Assert.Equal(["192.0.2.0/24"], pool.Addresses);
        Assert.True(pool.ServiceAllocation.NamespaceSelectors[0].Matches(new Dictionary<string, string> { ["a"] = "b" }));
        Assert.False(pool.ServiceAllocation.ServiceSelectors[0].Matches(new Dictionary<string, string> { ["k"] = "v" }));
    }

    private static ObjectSelector Selector(string key, string value) => new() { MatchLabels = new Dictionary<string, string> { [key] = value } };
}
