using Portico.Kubernetes.Resources;
using Portico.LoadBalancer.Bgp;
using Xunit;
using static Portico.UnitTests.LoadBalancer.BgpBench;

namespace Portico.UnitTests.LoadBalancer;

public class BgpPlanTests
{
    private readonly BgpBench _bench = new();

    [Fact]
    public void Every_node_that_qualifies_announces_and_without_local_endpoints_only_under_policy_Cluster()
    {
        _bench.Put(Ad()).Serve("cluster", nodes: "n2").Serve("local", "Local", "n2").Serve("here", "Local", "n1").Serve("none");
        Assert.Equal(["", "noLocalEndpoints", "", "noEndpoints"], _bench.Decide().Select(d => d.Reason));
        Assert.Equal("198.51.100.200/32", Assert.Single(_bench.Decide()[0].Routes).Prefix);
    }

    [Fact]
    public void Advertisements_say_where_of_what_and_for_whom()
    {
        _bench.Serve("web", nodes: "n1");
        Assert.Equal("notOwner", _bench.Decide()[0].Reason);
        _bench.Put(Ad() with { Pools = ["other"] });
        Assert.Equal("notOwner", _bench.Decide()[0].Reason);
        _bench.Put(Ad() with { NodeSelectors = [Selector("edge", "no")] });
        Assert.Equal("notOwner", _bench.Decide()[0].Reason);
        _bench.Put(Ad() with { ServiceSelectors = [Selector("app", "x")] });
        Assert.Equal("noMatchingAdvertisement", _bench.Decide()[0].Reason);
        _bench.Put(Ad() with { NodeSelectors = [Selector("edge", "yes")] });
        Assert.Equal("", _bench.Decide()[0].Reason);
    }

    [Fact]
    public void A_node_that_is_excluded_or_has_no_network_announces_nothing()
    {
        _bench.Put(Ad(), new Node { Metadata = new ObjectMeta { Name = "n1", Labels = new Dictionary<string, string> { ["node.kubernetes.io/exclude-from-external-load-balancers"] = "" } } }).Serve("web", nodes: "n1");
        Assert.Equal("nodeLabeledExcludeBalancers", _bench.Decide()[0].Reason);
        _bench.Put(new Node { Metadata = new ObjectMeta { Name = "n1" }, NetworkUnavailable = true });
        Assert.Equal("nodeNetworkUnavailable", _bench.Decide()[0].Reason);
    }

    [Fact]
    public void One_network_with_two_preferences_for_a_peer_is_a_conflict_and_for_two_peers_is_none()
    {
        _bench.Put(Ad(), Ad("b") with { LocalPref = 100 }).Serve("web", nodes: "n1");
        Assert.Equal("conflictingAdvertisements", _bench.Decide()[0].Reason);
        _bench.Put(Ad() with { Peers = ["r1"] }, Ad("b") with { LocalPref = 100, Peers = ["r2"] });
        Assert.Equal("", _bench.Decide()[0].Reason);
        _bench.Put(Ad(), Ad("b") with { LocalPref = 100, AggregationLength = 26 });
        Assert.Equal(["198.51.100.200/32", "198.51.100.192/26"], _bench.Decide()[0].Routes.Select(r => r.Prefix));
    }

    [Fact]
    public void Nothing_is_announced_that_reaches_beyond_the_pool()
    {
        _bench.Put(Ad() with { AggregationLength = 25 }).Serve("web", nodes: "n1");
        Assert.Equal("198.51.100.128/25 reaches beyond the addresses of pool main", _bench.Decide()[0].Reason);
    }

    [Fact]
    public void Communities_are_values_or_names_and_one_that_is_neither_keeps_the_last_good_version()
    {
        var names = new Community { Metadata = Meta("names"), Communities = [new CommunityAlias { Name = "quiet", Value = "65535:65282" }] };
        _bench.Put(Ad() with { Communities = ["quiet", "1:2", "large:4200000000:1:2"] }, names).Serve("web", nodes: "n1");
        Assert.Equal(["1:2", "65535:65282", "4200000000:1:2"], _bench.Decide()[0].Routes[0].Communities.Select(c => c.Text));
        Assert.False(_bench.Objects.IsStale);

        _bench.Remove(names);
        Assert.Equal(3, _bench.Decide()[0].Routes[0].Communities.Count);
        Assert.True(_bench.Objects.IsStale);
        Assert.Equal("BGPAdvertisement a: communities: 'quiet' is neither a value like 64512:7 or large:64512:1:2 nor a name of a Community; its last good version stays in force", Assert.Single(_bench.Log));
        _bench.Put(names).Decide();
        Assert.False(_bench.Objects.IsStale);
    }

    [Theory]
    [InlineData("65536:1")]
    [InlineData("1:2:3")]
    [InlineData("large:1:2")]
    [InlineData("large:4294967296:1:2")]
    [InlineData("1:-2")]
    [InlineData("1: 2")]
    [InlineData("01:2")]
    [InlineData("")]
    public void A_text_that_is_no_community_is_refused(string text) => Assert.Null(BgpCommunity.TryParse(text));

    private static ObjectSelector Selector(string key, string value) => new() { MatchLabels = new Dictionary<string, string> { [key] = value } };
}
