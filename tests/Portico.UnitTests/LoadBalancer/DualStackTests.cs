using Xunit;
using static Portico.UnitTests.LoadBalancer.AddressBench;
using static Portico.UnitTests.LoadBalancer.AddressKeeperTests;

namespace Portico.UnitTests.LoadBalancer;

public class DualStackTests
{
    private readonly AddressBench _bench = new();

    [Fact]
    public void A_second_family_is_added_when_the_pool_gets_it()
    {
        _bench.With(Pool("main", "192.0.2.1-192.0.2.9"));
        Assert.Equal("192.0.2.1", _bench.Put("web", Dual("PreferDualStack")));
        Assert.Equal("", _bench.Put("strict", Dual("RequireDualStack")));

        _bench.With(Pool("main", "192.0.2.1-192.0.2.9", "2001:db8::1-2001:db8::2"));

        Assert.Equal("192.0.2.1 2001:db8::1", _bench.StatusOf("web"));
        Assert.Equal("192.0.2.2 2001:db8::2", _bench.StatusOf("strict"));
        Assert.Contains("web IPAllocated Assigned IP [\"192.0.2.1\" \"2001:db8::1\"]", _bench.Events);
    }

    [Fact]
    public void A_second_family_is_added_when_another_service_gives_it_back()
    {
        _bench.With(Pool("main", "192.0.2.1-192.0.2.9", "2001:db8::1-2001:db8::1"));
        _bench.Put("first", Dual("RequireDualStack"));
        Assert.Equal("192.0.2.2", _bench.Put("web", Dual("PreferDualStack")));

        _bench.Delete("first");

        Assert.Equal("192.0.2.2 2001:db8::1", _bench.StatusOf("web"));
    }

    [Fact]
    public void A_second_family_that_cannot_be_had_is_told_once_until_it_can()
    {
        _bench.With(Pool("main", "192.0.2.1-192.0.2.9"));
        _bench.Put("web", Dual("PreferDualStack"));
        _bench.Put("other");
        _bench.Delete("other");
        _bench.PutAsIs(_bench.Find("web"));

        Assert.Equal("web AdditionalAssignFailed cannot assign additional IP in PreferDualStack: no available IPs of IPv6 in pool \"main\"", Assert.Single(_bench.Events, e => e.Contains("Additional", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_primary_family_is_taken_where_no_pool_has_both()
    {
        _bench.With(Pool("four", "192.0.2.1-192.0.2.9"), Pool("six", "2001:db8::/120"));

        Assert.Equal("2001:db8::", _bench.Put("six-first", Dual("PreferDualStack", sixFirst: true)));
        Assert.Equal("192.0.2.1", _bench.Put("four-first", Dual("PreferDualStack")));
        Assert.Equal("", _bench.Put("strict", Dual("RequireDualStack")));
    }

    [Fact]
    public void The_other_family_is_better_than_none()
    {
        _bench.With(Pool("six", "2001:db8::/120"));

        Assert.Equal("2001:db8::", _bench.Put("web", Dual("PreferDualStack")));
    }

    [Fact]
    public void One_cluster_address_is_not_enough_for_both_families()
    {
        _bench.With(Pool("main", "192.0.2.1-192.0.2.9", "2001:db8::/120"));

        Assert.Equal("", _bench.Put("web", s => s with { IpFamilyPolicy = "RequireDualStack" }));
        Assert.Contains(_bench.Events, e => e.StartsWith("web not enough clusterips Service requires dual stack but not enough clusterips [10.96.0.10]", StringComparison.Ordinal));
    }

    [Fact]
    public void An_address_of_another_family_than_the_service_is_given_back()
    {
        _bench.With(Pool("main", "192.0.2.1-192.0.2.9", "2001:db8::/120"));
        var web = _bench.New("web");
        _bench.Put(web);

        Assert.Equal("2001:db8::", _bench.Put(web with { Spec = web.Spec with { ClusterIP = "fd00::1", ClusterIPs = ["fd00::1"] } }));
    }
}
