using Xunit;
using static Portico.NetworkTests.Manifest;

namespace Portico.NetworkTests;

/// <summary>IPv4 and IPv6 beside each other, and one without the other.</summary>
public sealed class FamiliesTests(OneNode net) : IClassFixture<OneNode>
{
    [Fact]
    public void A_Service_of_both_families_is_served_by_both_and_one_of_IPv4_has_nothing_in_the_other()
    {
        const string Both = "type: NodePort, clusterIPs: [\"10.96.0.10\", \"fd00:96::10\"]";
        net.Apply(Service(ports: NodePorts, more: Both) + Slice("1") + Slice("2", name: "6", type: "IPv6")
            + Service("four", "10.96.0.11", NodePorts.Replace("30080", "30081", StringComparison.Ordinal), "type: NodePort") + Slice("1", "four") + Slice("2", "four", "6", type: "IPv6"));
        Assert.Equal("p1 10.1.3.2", net.Tcp("p3", "10.96.0.10", 80));
        Assert.Equal("p2 fd00:1:3::2", net.Tcp("p3", "fd00:96::10", 80));
        Assert.Equal("p1 10.1.1.1", net.Tcp("cli", "192.0.2.1", 30080));
        Assert.Equal("p2 fd00:1:2::1", net.Tcp("cli", "fd00:2::1", 30080));
        Assert.Equal("p1 10.1.1.1", net.Tcp("cli", "192.0.2.1", 30081));
        Assert.Equal("rejected", net.Tcp("cli", "fd00:2::1", 30081));
        Assert.DoesNotContain("30081", net.Nft("list", "table", "ip6", "portico").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_IPv6_is_switched_off_there_are_the_rules_of_IPv4_and_no_complaint()
    {
        using var node = new OneNode();
        Assert.SkipWhen(NetworkNamespace.Lacking is not null, NetworkNamespace.Lacking ?? "");
        node.Set("node", "ipv6/conf/all/disable_ipv6", "1");
        using var program = node.StartLive(Service(more: "clusterIPs: [\"10.96.0.10\", \"fd00:96::10\"]") + Slice("1") + Slice("2", name: "6", type: "IPv6"));
        Assert.Equal("p1 10.1.3.2", node.Tcp("p3", "10.96.0.10", 80));
        Assert.Equal("table ip portico", node.Nft("list", "tables").Output.Trim());
        Assert.Equal("portico node: the rules are in force", program.Output.Trim());
    }
}
