using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Portico.LoadBalancer.Allocation;
using Portico.LoadBalancer.Announcing;
using Xunit;
using static Portico.UnitTests.LoadBalancer.AddressBench;

namespace Portico.UnitTests.LoadBalancer;

public class AdvertisementFindingsTests
{
    private static readonly ObjectMeta Ad = new() { Name = "ad", Namespace = "metallb-system" };

    public static TheoryData<string, KubernetesObject> Wrong => new()
    {
        { "L2Advertisement ad: preferredNodeSelectors: the weight 500 must be between 1 and 100", new L2Advertisement { Metadata = Ad, PreferredNodes = [new PreferredNodes { Weight = 500 }] } },
        { "L2Advertisement ad: nodeSelectors: 'Like' is no operator", new L2Advertisement { Metadata = Ad, NodeSelectors = [Selector("Like", "v")] } },
        { "L2Advertisement ad: preferredNodeSelectors: k In needs values", new L2Advertisement { Metadata = Ad, PreferredNodes = [new PreferredNodes { Weight = 1, Preference = Selector("In") }] } },
        { "BGPAdvertisement ad: serviceSelectors: k Exists takes no values", new BGPAdvertisement { Metadata = Ad, ServiceSelectors = [Selector("Exists", "v")] } },
        { "BGPAdvertisement ad: ipAddressPools: there is no pool other", new BGPAdvertisement { Metadata = Ad, Pools = ["other"] } },
        { "BGPAdvertisement ad: aggregationLength: no network of length 27 is within pool main", new BGPAdvertisement { Metadata = Ad, AggregationLength = 27 } },
        { "BGPAdvertisement ad: aggregationLengthV6: no network of length 120 is within pool main", new BGPAdvertisement { Metadata = Ad, AggregationLengthV6 = 120 } },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void What_the_webhooks_of_MetalLB_refuse_is_found(string message, KubernetesObject wrong) =>
        Assert.StartsWith(message, Assert.Single(Find(wrong)).Text, StringComparison.Ordinal);

    [Fact]
    public void A_name_of_a_community_that_stands_twice_is_found_at_the_second()
    {
        var text = Assert.Single(Find(Names("a", "quiet", "loud"), Names("b", "quiet"))).Text;
        Assert.StartsWith("Community b: communities: the name quiet stands in Community a already", text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_right_is_not_found()
    {
        Assert.Empty(Find(
            new L2Advertisement { Metadata = Ad, Pools = ["main"], PreferredNodes = [new PreferredNodes { Weight = 100, Preference = Selector("NotIn", "v") }], NodeSelectors = [Selector("DoesNotExist")] },
            new BGPAdvertisement { Metadata = Ad, AggregationLength = 28, AggregationLengthV6 = 126 },
            Names("a", "quiet")));
    }

    [Theory]
    [InlineData("10.0.0.0/8", 8, false)]
    [InlineData("10.0.0.0/8", 7, true)]
    [InlineData("0.0.0.0/0", 1, false)]
    [InlineData("255.255.255.250-255.255.255.254", 30, true)]
    [InlineData("192.0.2.1-192.0.2.8", 30, false)]
    [InlineData("192.0.2.5-192.0.2.10", 30, true)]
    public void A_network_is_within_a_range_or_not(string range, int length, bool found)
    {
        var pools = PoolSet.Build(PoolSet.Empty, [Pool("main", range)], [], out _);
        var cluster = new ResourceCache();
        cluster.Apply([new ResourceChange(null, new BGPAdvertisement { Metadata = Ad, AggregationLength = length })]);
        Assert.Equal(found, AdvertisementFindings.Find(cluster, pools).Count > 0);
    }

    private static IReadOnlyList<ConfigurationFinding> Find(params KubernetesObject[] objects)
    {
        var cluster = new ResourceCache();
        cluster.Apply([.. objects.Select(o => new ResourceChange(null, o))]);
        return AdvertisementFindings.Find(cluster, PoolSet.Build(PoolSet.Empty, [Pool("main", "192.0.2.10-192.0.2.50", "2001:db8::/124")], [], out _));
    }

    private static ObjectSelector Selector(string with, params string[] values) => new() { MatchExpressions = [new SelectorRequirement { Key = "k", Operator = with, Values = values }] };

    private static Community Names(string name, params string[] names) =>
        new() { Metadata = new ObjectMeta { Name = name, Namespace = "metallb-system" }, Communities = [.. names.Select(n => new CommunityAlias { Name = n, Value = "64512:7" })] };
}
