using Xunit;
using static Portico.NetworkTests.Manifest;

namespace Portico.NetworkTests;

/// <summary>Cluster addresses: who answers, under which address the client is seen, who is refused how.</summary>
public sealed class ClusterAddressTests(OneNode net) : IClassFixture<OneNode>
{
    private const string Address = "10.96.0.10";

    [Fact]
    public void Every_pod_answers_and_sees_pods_as_they_are_and_others_as_the_node()
    {
        net.Apply(Service() + Slice("1 2 3"));
        Assert.Equal(["p1 10.1.1.1", "p2 10.1.2.1", "p3 10.1.3.1"], net.Many("cli", Address, 80, 60));
        Assert.Equal(3, net.Many("node", Address, 80, 60).Length);
        Assert.Equal(["p1 10.1.1.1", "p2 10.1.1.2", "p3 10.1.1.2"], net.Many("p1", Address, 80, 60));
    }

    [Fact]
    public void A_pod_reaches_itself_by_UDP_too_and_no_datagram_is_lost()
    {
        net.Apply(Service(ports: "[{name: http, port: 80, protocol: UDP}]") + Slice("1 2", ports: "[{name: http, port: 8080, protocol: UDP}]"));
        var answers = Enumerable.Range(0, 100).Select(_ => net.Udp("p1", Address, 80)).Distinct().Order(StringComparer.Ordinal);
        Assert.Equal(["p1 10.1.1.1", "p2 10.1.1.2"], answers);
    }

    [Fact]
    public void TCP_and_UDP_of_one_number_have_endpoints_of_their_own_and_one_goes_without_the_other()
    {
        const string Tcp = "{name: dns-tcp, port: 53}";
        const string Udp = "{name: dns, port: 53, protocol: UDP}";
        var slices = Slice("1", name: "a", ports: "[{name: dns-tcp, port: 8080}]") + Slice("2", name: "b", ports: "[{name: dns, port: 8080, protocol: UDP}]");
        net.Apply(Service(ports: $"[{Tcp}, {Udp}]") + slices);
        Assert.Equal("p1 10.1.3.2", net.Tcp("p3", Address, 53));
        Assert.Equal("p2 10.1.3.2", net.Udp("p3", Address, 53));
        net.Apply(Service(ports: $"[{Udp}]") + slices);
        Assert.Equal("rejected", net.Tcp("p3", Address, 53));
        Assert.Equal("p2 10.1.3.2", net.Udp("p3", Address, 53));
    }

    [Fact]
    public void A_port_without_endpoints_is_refused_beside_one_that_has_them()
    {
        net.Apply(Service(ports: "[{name: a, port: 81}, {name: b, port: 82}]") + Slice("1", ports: "[{name: b, port: 8080}]"));
        Assert.Equal("rejected", net.Tcp("p2", Address, 81));
        Assert.Equal("p1 10.1.2.2", net.Tcp("p2", Address, 82));
    }

    [Fact]
    public void Each_endpoint_is_reached_on_the_port_of_its_slice()
    {
        net.Apply(Service() + Slice("1", name: "a") + Slice("2", name: "b", ports: "[{name: http, port: 9090}]") + Slice("3", name: "c", ports: "[{name: other, port: 9090}]"));
        Assert.Equal(["p1 10.1.3.2", "p2:9090 10.1.3.2"], net.Many("p3", Address, 80));
    }

    [Fact]
    public void An_open_connection_stays_with_its_pod_when_all_endpoints_are_replaced_and_when_the_Service_goes()
    {
        net.Apply(Service() + Slice("1"));
        using var open = net.Open("cli", Address, 80);
        net.Apply(Service() + Slice("2"));
        Assert.StartsWith("p1 ", Topology.Again(open), StringComparison.Ordinal);
        Assert.StartsWith("p2 ", net.Tcp("cli", Address, 80), StringComparison.Ordinal);
        net.Apply(Service("other", "10.96.0.11") + Slice("3", "other"));
        Assert.StartsWith("p1 ", Topology.Again(open), StringComparison.Ordinal);
        Assert.Equal("dropped", net.TcpForASecond("cli", Address, 80));
    }

    [Theory]
    [InlineData("p1")]
    [InlineData("cli")]
    [InlineData("node")]
    public void A_port_that_the_Service_does_not_have_is_refused_at_once(string from)
    {
        net.Apply(Service() + Slice("1"));
        Assert.Equal("rejected", net.Tcp(from, Address, 81));
        Assert.Equal("rejected", net.Udp(from, Address, 80));
    }

    [Theory]
    [InlineData("p1")]
    [InlineData("cli")]
    [InlineData("node")]
    public void Over_IPv6_it_is_refused_as_well(string from)
    {
        net.Apply(Service(more: "clusterIPs: [\"10.96.0.10\", \"fd00:96::10\"]") + Slice("2", type: "IPv6"));
        Assert.Equal("rejected", net.Tcp(from, "fd00:96::10", 81));
        Assert.Equal("rejected", net.Udp(from, "fd00:96::10", 80));
        Assert.StartsWith("p2", net.Tcp(from, "fd00:96::10", 80), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1! 2", "p2 10.1.3.2")]
    [InlineData("1~ 2", "p2 10.1.3.2")]
    [InlineData("1~", "p1 10.1.3.2")]
    [InlineData("1-", "rejected")]
    [InlineData("1!", "rejected")]
    [InlineData("", "rejected")]
    public void Endpoints_that_are_not_ready_take_nothing_unless_only_ending_ones_are_left(string endpoints, string answer)
    {
        net.Apply(Service() + Slice(endpoints));
        Assert.Equal([answer], net.Many("p3", Address, 80, 12));
    }

    [Fact]
    public void A_Service_of_both_families_is_served_on_both_and_one_of_IPv4_on_that_only()
    {
        net.Apply(Service(ports: NodePorts, more: "type: NodePort, clusterIPs: [\"10.96.0.10\", \"fd00:96::10\"]") + Slice("1") + Slice("2", name: "six", type: "IPv6"), "--nodeport-addresses", "all");
        Assert.Equal("p1 10.1.3.2", net.Tcp("p3", Address, 80));
        Assert.Equal("p2 fd00:1:3::2", net.Tcp("p3", "fd00:96::10", 80));
        Assert.Equal("p2 fd00:1:2::1", net.Tcp("cli", "fd00:2::1", 30080));
        net.Apply(Service(ports: NodePorts, more: "type: NodePort") + Slice("1"), "--nodeport-addresses", "all");
        Assert.Equal("rejected", net.Tcp("cli", "fd00:2::1", 30080));
    }
}
