using Xunit;
using static Portico.NetworkTests.Manifest;

namespace Portico.NetworkTests;

/// <summary>Node ports, external and load-balancer addresses.</summary>
public sealed class WaysFromOutsideTests(OneNode net) : IClassFixture<OneNode>
{
    private const string Balancer = "type: LoadBalancer, externalIPs: [\"198.51.100.50\"]";
    private const string Vip = "{ip: 198.51.100.10}";

    public static TheoryData<string, int> Ways => new() { { "192.0.2.1", 30080 }, { "198.51.100.50", 80 }, { "198.51.100.10", 80 } };

    [Theory]
    [MemberData(nameof(Ways))]
    public void Every_way_from_outside_leads_to_the_pods_which_see_the_node(string address, int port)
    {
        net.Apply(Service(ports: NodePorts, more: Balancer, status: Vip) + Slice("1 2"));
        foreach (var from in (string[])["cli", "p3", "node"])
        {
            Assert.Equal(["p1", "p2"], net.Many(from, address, port).Select(a => a.Split(' ')[0]).Distinct());
        }

        Assert.Equal(["p1 10.1.1.1", "p2 10.1.2.1"], net.Many("cli", address, port));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Without_endpoints_every_way_refuses_whatever_the_policy(string address, int port)
    {
        foreach (var policy in (string[])["Cluster", "Local"])
        {
            net.Apply(Service(ports: NodePorts, more: $"{Balancer}, externalTrafficPolicy: {policy}", status: Vip));
            foreach (var from in (string[])["cli", "p1", "node"])
            {
                Assert.Equal("rejected", net.Tcp(from, address, port));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void externalTrafficPolicy_Local_keeps_the_clients_address_and_stays_on_the_node(string address, int port)
    {
        net.Apply(Service(ports: NodePorts, more: $"{Balancer}, externalTrafficPolicy: Local", status: Vip) + Slice("1 3@"));
        Assert.Equal(["p1 203.0.113.2"], net.Many("cli", address, port, 20));
        Assert.Equal(["p1 10.1.2.2", "p3 10.1.2.2"], net.Many("p2", address, port));
        Assert.Equal(["p1", "p3"], net.Many("node", address, port).Select(a => a.Split(' ')[0]));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void externalTrafficPolicy_Local_without_an_endpoint_here_is_silent_outside_and_works_inside(string address, int port)
    {
        net.Apply(Service(ports: NodePorts, more: $"{Balancer}, externalTrafficPolicy: Local", status: Vip) + Slice("3@"));
        Assert.Equal("dropped", net.TcpForASecond("cli", address, port));
        Assert.Equal("p3 10.1.2.2", net.Tcp("p2", address, port));
        Assert.Equal("p3 10.1.3.1", net.Tcp("node", address, port));
    }

    [Fact]
    public void An_ending_endpoint_of_this_node_still_takes_what_comes_from_outside_under_policy_Local()
    {
        net.Apply(Service(ports: NodePorts, more: "type: NodePort, externalTrafficPolicy: Local") + Slice("1~ 3@"));
        Assert.Equal(["p1 203.0.113.2"], net.Many("cli", "192.0.2.1", 30080, 10));
    }

    [Fact]
    public void Without_known_pod_addresses_pods_count_as_outside_under_policy_Local()
    {
        net.Apply(Service(ports: NodePorts, more: $"{Balancer}, externalTrafficPolicy: Local", status: Vip) + Slice("1 3@"), "--cluster-cidr", "");
        Assert.Equal(["p1 10.1.2.2"], net.Many("p2", "198.51.100.10", 80, 20));
    }

    [Theory]
    [InlineData("primary", true, false)]
    [InlineData("203.0.113.0/24", false, true)]
    [InlineData("all", true, true)]
    public void Node_ports_are_open_on_the_addresses_that_the_flag_says(string flag, bool primary, bool other)
    {
        net.Apply(Service(ports: NodePorts, more: "type: NodePort") + Slice("1"), "--nodeport-addresses", flag);
        Assert.Equal(primary ? "p1 10.1.1.1" : "rejected", net.Tcp("cli", "192.0.2.1", 30080));
        Assert.Equal(other ? "p1 10.1.1.1" : "rejected", net.Tcp("cli", "203.0.113.1", 30080));
        Assert.Equal("rejected", net.Tcp("node", "127.0.0.1", 30080));
    }

    [Fact]
    public void A_node_port_that_changes_its_number_is_open_on_the_new_one_only()
    {
        net.Apply(Service(ports: NodePorts, more: "type: NodePort") + Slice("1"));
        net.Apply(Service(ports: "[{name: http, port: 80, nodePort: 30081}]", more: "type: NodePort") + Slice("1"));
        Assert.Equal("rejected", net.Tcp("cli", "192.0.2.1", 30080));
        Assert.Equal("p1 10.1.1.1", net.Tcp("cli", "192.0.2.1", 30081));
    }

    [Fact]
    public void One_node_port_number_serves_a_Service_by_TCP_and_another_by_UDP()
    {
        net.Apply(Service(ports: NodePorts, more: "type: NodePort") + Slice("1")
            + Service("dns", "10.96.0.11", "[{name: d, port: 53, protocol: UDP, nodePort: 30080}]", "type: NodePort") + Slice("2", "dns", ports: "[{name: d, port: 8080, protocol: UDP}]"));
        Assert.Equal("p1 10.1.1.1", net.Tcp("cli", "192.0.2.1", 30080));
        Assert.Equal("p2 10.1.2.1", net.Udp("cli", "192.0.2.1", 30080));
    }

    [Fact]
    public void Source_ranges_close_the_balancers_address_to_others_and_no_other_way()
    {
        net.Apply(Service(ports: NodePorts, more: $"{Balancer}, loadBalancerSourceRanges: [\" 203.0.113.2/32\"]", status: Vip) + Slice("1"));
        Assert.Equal("p1 10.1.1.1", net.Tcp("cli", "198.51.100.10", 80));
        Assert.Equal("dropped", net.TcpForASecond("p2", "198.51.100.10", 80));
        Assert.Equal("p1 10.1.1.1", net.Tcp("p2", "198.51.100.50", 80));
        Assert.Equal("p1 10.1.1.1", net.Tcp("p2", "192.0.2.1", 30080));
    }

    [Fact]
    public void Narrower_source_ranges_leave_open_connections_alone()
    {
        net.Apply(Service(more: Balancer, status: Vip) + Slice("1"));
        using var open = net.Open("cli", "198.51.100.10", 80);
        net.Apply(Service(more: $"{Balancer}, loadBalancerSourceRanges: [\"10.9.0.0/16\"]", status: Vip) + Slice("1"));
        Assert.StartsWith("p1 ", Topology.Again(open), StringComparison.Ordinal);
        Assert.Equal("dropped", net.TcpForASecond("cli", "198.51.100.10", 80));
    }

    [Fact]
    public void Two_Services_share_an_address_by_port_and_one_stays_when_the_other_goes()
    {
        var first = Service(more: "type: LoadBalancer", status: Vip) + Slice("1");
        var second = Service("tls", "10.96.0.11", "[{name: https, port: 443}]", "type: LoadBalancer", Vip) + Slice("2", "tls", ports: "[{name: https, port: 8080}]");
        net.Apply(first + second);
        Assert.Equal("p1 10.1.1.1", net.Tcp("cli", "198.51.100.10", 80));
        Assert.Equal("p2 10.1.2.1", net.Tcp("cli", "198.51.100.10", 443));
        net.Apply(second);
        Assert.Equal("p2 10.1.2.1", net.Tcp("cli", "198.51.100.10", 443));
    }
}
