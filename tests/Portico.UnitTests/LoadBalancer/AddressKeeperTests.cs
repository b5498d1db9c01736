using Portico.Kubernetes.Resources;
using Portico.LoadBalancer.Allocation;
using Xunit;
using static Portico.UnitTests.LoadBalancer.AddressBench;

namespace Portico.UnitTests.LoadBalancer;

public class AddressKeeperTests
{
    private const string Wanted = "metallb.io/loadBalancerIPs";
    private const string InPool = "metallb.io/address-pool";

    private readonly AddressBench _bench = new AddressBench().With(Pool("main", "198.51.100.200-198.51.100.202"));

    [Fact]
    public void Services_get_addresses_in_the_order_in_which_they_were_made_and_the_last_one_waits()
    {
        Assert.Equal(["198.51.100.200", "198.51.100.201", "198.51.100.202", ""], Enumerable.Range(1, 4).Select(i => _bench.Put($"web{i}")));
        Assert.Contains("web4 AllocationFailed Failed to allocate IP for \"ns1/web4\": no available IPs of IPv4", _bench.Events);
        Assert.Contains("web1 IPAllocated Assigned IP [\"198.51.100.200\"]", _bench.Events);
        Assert.Equal("main", _bench.PoolOf("web1"));

        _bench.Delete("web2");

        Assert.Equal("198.51.100.201", _bench.StatusOf("web4"));
    }

    [Fact]
    public void The_address_that_is_asked_for_is_given_or_nothing()
    {
        Assert.Equal("198.51.100.201", _bench.Put("web", annotations: (Wanted, "198.51.100.201")));
        Assert.Equal("", _bench.Put("late", annotations: (Wanted, "198.51.100.201")));
        Assert.Equal("", _bench.Put("outside", annotations: (Wanted, "203.0.113.1")));
        Assert.Equal("", _bench.Put("six", annotations: (Wanted, "2001:db8::1")));
        Assert.Contains(_bench.Events, e => e.StartsWith("late AllocationFailed", StringComparison.Ordinal) && e.Contains("in use by ns1/web", StringComparison.Ordinal));
        Assert.Contains(_bench.Events, e => e.StartsWith("outside AllocationFailed", StringComparison.Ordinal) && e.Contains("not allowed in config", StringComparison.Ordinal));
        Assert.Contains(_bench.Events, e => e.StartsWith("six AllocationFailed", StringComparison.Ordinal) && e.Contains("does not match the ipFamily", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("198.51.100.201, 198.51.100.202")]
    [InlineData("198.51.100.201,2001:db8::1,2001:db8::2")]
    [InlineData("198.51.100.201,")]
    [InlineData("198.51.100.001")]
    [InlineData("web")]
    public void A_list_that_is_not_one_address_of_each_family_at_most_is_refused(string list)
    {
        Assert.Equal("", _bench.Put("web", Dual("RequireDualStack"), (Wanted, list)));
        Assert.Contains(_bench.Events, e => e.StartsWith("web LoadBalancerFailed", StringComparison.Ordinal));
    }

    [Fact]
    public void Both_ways_to_ask_at_once_are_refused()
    {
        Assert.Equal("198.51.100.202", _bench.Put("one", s => s with { LoadBalancerIP = "198.51.100.202" }));
        Assert.Equal("", _bench.Put("two", s => s with { LoadBalancerIP = "198.51.100.201" }, (Wanted, "198.51.100.201")));
        Assert.Contains(_bench.Events, e => e.StartsWith("two LoadBalancerFailed", StringComparison.Ordinal));
    }

    [Fact]
    public void A_wish_that_cannot_be_read_takes_nothing_from_who_has_something_and_is_told_once()
    {
        var web = _bench.New("web");
        Assert.Equal("198.51.100.200", _bench.Put(web));
        var wrong = Annotated(web, (Wanted, "198.51.100.2O1"));
        Assert.Equal("198.51.100.200", _bench.Put(wrong));
        Assert.Equal("198.51.100.200", _bench.Put(wrong with { Spec = wrong.Spec with { ExternalTrafficPolicy = "Local" } }));
        Assert.Equal("web LoadBalancerFailed invalid address: '198.51.100.2O1' is no IP address", Assert.Single(_bench.Events, e => e.Contains("Failed", StringComparison.Ordinal)));

        Assert.Equal("198.51.100.200", _bench.Put(Annotated(web) with { Spec = web.Spec with { LoadBalancerIP = "nonsense" } }));
        Assert.Equal("198.51.100.201", _bench.Put(Annotated(web, (Wanted, "198.51.100.201"))));
    }

    [Fact]
    public void The_same_failure_is_told_once_and_another_one_again()
    {
        Assert.Equal("", _bench.Put("late", annotations: (Wanted, "203.0.113.1")));
        _bench.PutAsIs(_bench.Find("late"));
        _bench.Put("other");
        _bench.Delete("other");
        Assert.Single(_bench.Events, e => e.StartsWith("late AllocationFailed", StringComparison.Ordinal));

        _bench.Put(Annotated(_bench.Find("late"), (Wanted, "203.0.113.2")));
        Assert.Equal(2, _bench.Events.Count(e => e.StartsWith("late AllocationFailed", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("nolbIPsIPFamily", "203.0.113.1", "203.0.113.2")]
    [InlineData("nolbIPsIPFamily", "nonsense")]
    public void A_status_that_cannot_be_read_is_told_and_put_right(string reason, params string[] status)
    {
        var web = _bench.New("web") with { LoadBalancer = [.. status.Select(ip => new LoadBalancerIngress { Ip = ip })] };

        Assert.Equal("198.51.100.200", _bench.PutAsIs(web));
        Assert.Contains(_bench.Events, e => e.StartsWith($"web {reason} Failed to retrieve", StringComparison.Ordinal));
    }

    [Fact]
    public void Cluster_addresses_that_cannot_be_read_are_told()
    {
        Assert.Equal("", _bench.Put("web", s => s with { ClusterIPs = ["10.96.0.1", "10.96.0.2"] }));
        Assert.Contains(_bench.Events, e => e.StartsWith("web noclusterIPsIPFamily Failed to retrieve", StringComparison.Ordinal));
    }

    [Fact]
    public void The_deprecated_annotation_of_the_pool_goes_with_the_first_writing()
    {
        var old = _bench.New("web", null, ("metallb.universe.tf/ip-allocated-from-pool", "main"), ("metallb.io/ip-allocated-from-pool", "main")) with
        {
            LoadBalancer = [new LoadBalancerIngress { Ip = "198.51.100.201" }],
        };

        Assert.Equal("198.51.100.201", _bench.PutAsIs(old));
        Assert.Equal(["metallb.io/ip-allocated-from-pool"], _bench.Find("web").Metadata.Annotations.Keys);
    }

    [Fact]
    public void Two_addresses_are_given_to_a_dual_stack_service_that_asks_for_them()
    {
        _bench.With(Pool("both", "203.0.113.0/28", "2001:db8::/120"));

        Assert.Equal("203.0.113.7 2001:db8::9", _bench.Put("web", Dual("RequireDualStack"), (Wanted, "203.0.113.7, 2001:db8::9")));
    }

    [Fact]
    public void A_pool_that_is_asked_for_is_used_and_a_change_moves_the_service()
    {
        _bench.With(Pool("quiet", "203.0.113.1-203.0.113.1") with { AutoAssign = false });
        var web = _bench.New("web", null, (InPool, "quiet"));
        Assert.Equal("203.0.113.1", _bench.Put(web));

        Assert.Equal("198.51.100.200", _bench.Put(Annotated(web, (InPool, "main"))));
        Assert.Equal("main", _bench.PoolOf("web"));
        Assert.Contains(_bench.Events, e => e.StartsWith("web ClearAssignment", StringComparison.Ordinal));

        Assert.Equal("", _bench.Put(Annotated(web, (InPool, "nowhere"))));
        Assert.Contains(_bench.Events, e => e.Contains("unknown pool \"nowhere\"", StringComparison.Ordinal));
        Assert.Equal("", _bench.PoolOf("web"));
    }

    [Fact]
    public void A_pool_that_is_not_used_unasked_leaves_others_waiting()
    {
        var bench = new AddressBench().With(Pool("quiet", "203.0.113.1-203.0.113.9") with { AutoAssign = false });

        Assert.Equal("", bench.Put("web"));
    }

    [Fact]
    public void Asking_for_another_address_moves_the_service()
    {
        var web = _bench.New("web", null, (Wanted, "198.51.100.200"));
        Assert.Equal("198.51.100.200", _bench.Put(web));

        Assert.Equal("198.51.100.202", _bench.Put(Annotated(web, (Wanted, "198.51.100.202"))));
        Assert.Equal("198.51.100.202", _bench.Put(Annotated(web)));
        Assert.Equal("198.51.100.200", _bench.Put("next"));
    }

    [Fact]
    public void A_pool_that_shrinks_moves_those_outside_and_leaves_the_others()
    {
        _bench.Put("web1");
        _bench.Put("web2");

        _bench.With(Pool("main", "198.51.100.201-198.51.100.201", "198.51.100.210-198.51.100.210"));
        Assert.Equal(("198.51.100.210", "198.51.100.201"), (_bench.StatusOf("web1"), _bench.StatusOf("web2")));
        Assert.Contains(_bench.Events, e => e.StartsWith("web1 ClearAssignment", StringComparison.Ordinal));

        _bench.With(Pool("main", "198.51.100.201-198.51.100.201"));
        Assert.Equal(("", "198.51.100.201"), (_bench.StatusOf("web1"), _bench.StatusOf("web2")));
        Assert.Equal("", _bench.PoolOf("web1"));
    }

    [Fact]
    public void Without_pools_nobody_has_an_address_and_with_them_everybody_again()
    {
        _bench.Put("web");
        _bench.Without("main");
        Assert.Equal("", _bench.StatusOf("web"));

        _bench.With(Pool("main", "198.51.100.200-198.51.100.202"));
        Assert.Equal("198.51.100.200", _bench.StatusOf("web"));
    }

    [Fact]
    public void A_pool_of_another_name_with_the_same_addresses_moves_nobody()
    {
        _bench.Put("web1");
        _bench.Put("web2");
        var build = PoolSet.Build(PoolSet.Empty, [Pool("renamed", "198.51.100.200-198.51.100.202")], [], out _);
        _bench.Keeper.SetPools(build);
        _bench.Settle();

        Assert.Equal(("198.51.100.200", "198.51.100.201", "renamed"), (_bench.StatusOf("web1"), _bench.StatusOf("web2"), _bench.PoolOf("web2")));
    }

    [Fact]
    public void A_service_that_is_no_load_balancer_any_more_gives_its_address_back_at_once()
    {
        var web = _bench.New("web");
        _bench.Put(web);

        Assert.Equal("", _bench.Put(web with { Spec = web.Spec with { Type = "ClusterIP" } }));
        Assert.Equal("", _bench.PoolOf("web"));
        Assert.Equal("198.51.100.200", _bench.Put("next"));
    }

    [Fact]
    public void Only_the_class_that_is_meant_is_served()
    {
        var foreign = _bench.New("foreign", s => s with { LoadBalancerClass = "x" }) with { LoadBalancer = [new LoadBalancerIngress { Ip = "203.0.113.9" }] };
        Assert.Equal("203.0.113.9", _bench.PutAsIs(foreign));

        var other = new AddressBench(new AddressKeeperOptions { LoadBalancerClass = "x" }).With(Pool("main", "198.51.100.200-198.51.100.202"));
        Assert.Equal("", other.Put("plain"));
        Assert.Equal("198.51.100.200", other.Put("classed", s => s with { LoadBalancerClass = "x" }));
    }

    [Fact]
    public void A_status_that_somebody_changes_to_a_foreign_address_is_put_right()
    {
        _bench.Put("web");

        Assert.Equal("198.51.100.200", _bench.PutAsIs(_bench.Find("web") with { LoadBalancer = [new LoadBalancerIngress { Ip = "203.0.113.66" }] }));
        Assert.Contains(_bench.Events, e => e.StartsWith("web ClearAssignment", StringComparison.Ordinal));
        Assert.Equal("198.51.100.200", _bench.PutAsIs(_bench.Find("web") with { LoadBalancer = [new LoadBalancerIngress { Hostname = "elsewhere.example" }] }));
    }

    [Fact]
    public void An_older_writing_of_our_own_that_comes_back_late_changes_nothing()
    {
        var web = _bench.New("web", null, (Wanted, "198.51.100.200"));
        _bench.Put(web);
        var late = _bench.Find("web");
        _bench.Echo = false;
        var moved = Annotated(late, (Wanted, "198.51.100.201"));

        Assert.Equal("198.51.100.201", _bench.PutAsIs(moved));
        Assert.Equal("198.51.100.201", _bench.PutAsIs(moved));
        Assert.Equal("198.51.100.201", _bench.Keeper.Allocator.HeldBy(new ServiceKey("ns1", "web")).Single().ToString());
    }

    [Fact]
    public void Deprecated_annotations_work_and_are_told_once_and_the_present_ones_win()
    {
        _bench.Put("old", annotations: ("metallb.universe.tf/loadBalancerIPs", "198.51.100.202"));
        var both = _bench.New("both", null, ("metallb.universe.tf/loadBalancerIPs", "198.51.100.200"), (Wanted, "198.51.100.201"));

        Assert.Equal(("198.51.100.202", "198.51.100.201"), (_bench.StatusOf("old"), _bench.Put(both)));
        Assert.Equal("198.51.100.201", _bench.Put(both));
        Assert.Single(_bench.Events, e => e.StartsWith("old deprecatedAnnotation metallb.universe.tf/loadBalancerIPs", StringComparison.Ordinal));
        Assert.Single(_bench.Events, e => e.StartsWith("both deprecatedAnnotation", StringComparison.Ordinal));
    }

    [Fact]
    public void A_service_without_cluster_address_waits_except_where_there_is_no_cluster()
    {
        Assert.Equal("", _bench.Put("web", s => s with { ClusterIP = "", ClusterIPs = [] }));
        Assert.Equal("", _bench.Put("headless", s => s with { ClusterIP = "None", ClusterIPs = ["None"] }));

        var folder = new AddressBench(new AddressKeeperOptions { WithoutCluster = true }).With(Pool("main", "198.51.100.200-198.51.100.202", "2001:db8::/120"));
        Assert.Equal("198.51.100.200", folder.Put("web", s => s with { ClusterIP = "", ClusterIPs = [] }));
        Assert.Equal("2001:db8::", folder.Put("six", s => s with { ClusterIP = "", ClusterIPs = [], IpFamilies = ["IPv6"] }));
    }

    internal static Func<ServiceSpec, ServiceSpec> Dual(string policy, bool sixFirst = false) => s => s with
    {
        IpFamilyPolicy = policy,
        ClusterIP = sixFirst ? "fd00:96::1" : "10.96.0.1",
        ClusterIPs = sixFirst ? ["fd00:96::1", "10.96.0.1"] : ["10.96.0.1", "fd00:96::1"],
    };

    private static Service Annotated(Service service, params (string Key, string Value)[] annotations) =>
        service with { Metadata = service.Metadata with { Annotations = annotations.ToDictionary(a => a.Key, a => a.Value) } };
}
