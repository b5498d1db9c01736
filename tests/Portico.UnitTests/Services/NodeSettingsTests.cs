using System.Net;
using System.Text;
using Portico.Kubernetes.Manifests;
using Portico.Kubernetes.Resources;
using Portico.Services;
using Xunit;

namespace Portico.UnitTests.Services;

public class NodeSettingsTests
{
    private static readonly NodeSettings Nothing = new() { Name = "node" };

    private static Node Object => new()
    {
        Metadata = new ObjectMeta { Name = "node", Labels = new Dictionary<string, string> { ["topology.kubernetes.io/zone"] = "a" } },
        InternalIPs = ["no address", "192.0.2.7", "fd00::7", "192.0.2.8"],
        PodCidrs = ["10.1.0.0/24", "no network", "fd00:1::/64"],
    };

    [Fact]
    public void The_Node_object_says_what_flags_leave_open()
    {
        var facts = Nothing.With(Object, []);
        Assert.Equal("a", facts.Zone);
        Assert.Equal([IPNetwork.Parse("10.1.0.0/24"), IPNetwork.Parse("fd00:1::/64")], facts.ClusterCidrs);
        Assert.Equal([IPAddress.Parse("192.0.2.7"), IPAddress.Parse("fd00::7")], facts.NodePortAddresses);
    }

    [Fact]
    public void Flags_count_more_than_the_Node_object_also_when_they_say_nothing()
    {
        var facts = (Nothing with { Zone = "b", ClusterCidrs = [IPNetwork.Parse("10.9.0.0/16")] }).With(Object, []);
        Assert.Equal("b", facts.Zone);
        Assert.Equal([IPNetwork.Parse("10.9.0.0/16")], facts.ClusterCidrs);
        Assert.Empty((Nothing with { ClusterCidrs = [] }).With(Object, []).ClusterCidrs);
    }

    [Fact]
    public void Facts_are_equal_when_the_rules_are()
    {
        Assert.Equal(Nothing.With(Object, []), Nothing.With(Object with { Metadata = Object.Metadata with { ResourceVersion = "2" } }, []));
        Assert.NotEqual(Nothing.With(Object, []), Nothing.With(Object with { PodCidrs = ["10.1.1.0/24"] }, []));
        Assert.NotEqual(Nothing.With(Object, []), Nothing.With(Object with { InternalIPs = ["192.0.2.8"] }, []));
    }

    [Fact]
    public void ServiceCIDR_objects_say_where_cluster_addresses_are_unless_the_flag_does()
    {
        var services = ((string[])["kubernetes", "more"]).Select((name, i) => (ServiceCIDR)ManifestReader.Read(Encoding.UTF8.GetBytes(
            $"apiVersion: networking.k8s.io/v1\nkind: ServiceCIDR\nmetadata: {{name: {name}}}\nspec: {{cidrs: [10.{97 - i}.0.0/16, \"fd00:{97 - i}::/112\"]}}\n")).Objects.Single().Object);
        Assert.Equal("10.96.0.0/16 10.97.0.0/16 fd00:96::/112 fd00:97::/112", string.Join(' ', Nothing.With(Object, services).ServiceCidrs));
        Assert.Empty((Nothing with { ServiceCidrs = [] }).With(Object, services).ServiceCidrs);
        Assert.Empty(Nothing.With(Object, [new ServiceCIDR { Cidrs = ["no network"] }]).ServiceCidrs);
    }

    [Fact]
    public void Networks_of_node_ports_leave_a_family_that_none_is_of_on_all_addresses()
    {
        Assert.Equal([], Nothing.With(Object, []).AllAddresses);
        Assert.Equal([IpFamily.IPv4, IpFamily.IPv6], (Nothing with { NodePortScope = NodePortScope.All }).With(Object, []).AllAddresses);
        Assert.Equal([IpFamily.IPv6], On("192.0.2.0/24").AllAddresses);
        Assert.Equal([IpFamily.IPv4], On("fd00::/8").AllAddresses);
        Assert.Equal([], On("192.0.2.0/24", "fd00::/8").AllAddresses);

        static NodeFacts On(params string[] networks) =>
            (Nothing with { NodePortScope = NodePortScope.Networks, NodePortNetworks = [.. networks.Select(IPNetwork.Parse)] }).With(Object, []);
    }

    [Theory]
    [InlineData("podCIDR: 10.1.0.0/24", "10.1.0.0/24")]
    [InlineData("podCIDR: 10.1.0.0/24, podCIDRs: [10.1.0.0/24, \"fd00:1::/64\"]", "10.1.0.0/24 fd00:1::/64")]
    [InlineData("podCIDRs: [\"fd00:1::/64\"], podCIDR: \"fd00:1::/64\"", "fd00:1::/64")]
    [InlineData("podCIDR: \"\", taints: [{key: one, effect: NoSchedule}, {key: two}]", "")]
    public void Ranges_of_pods_and_taints_are_read(string spec, string ranges)
    {
        var node = (Node)ManifestReader.Read(Encoding.UTF8.GetBytes($"apiVersion: v1\nkind: Node\nmetadata: {{name: node}}\nspec: {{{spec}}}\n")).Objects.Single().Object;
        Assert.Equal(ranges, string.Join(' ', node.PodCidrs));
        Assert.Equal(spec.Contains("taints", StringComparison.Ordinal) ? ["one", "two"] : [], node.Taints);
    }
}
