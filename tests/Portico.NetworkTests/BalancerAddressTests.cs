using Xunit;
using static Portico.NetworkTests.Manifest;

namespace Portico.NetworkTests;

/// <summary>
/// Addresses that belong to no node: external ones and those of load balancers. The namespace behind the node's default route answers for them, as a
/// balancer would: its answer says that the node has left a packet alone.
/// </summary>
public sealed class BalancerAddressTests : IClassFixture<OneNode>, IDisposable
{
    private const string Vip = "198.51.100.10";
    private const string SixVip = "fd00:e::10";
    private const string External = "198.51.100.50";
    private const string Ports = "[{name: http, port: 8080, nodePort: 30080}]";

    private readonly OneNode _net;
    private readonly Pod? _balancer;

    public BalancerAddressTests(OneNode net)
    {
        _net = net;
        if (NetworkNamespace.Lacking is null)
        {
            _balancer = net.ServeIn("net");
            net.Configure("net", $"address replace {Vip}/32 dev lo\naddress replace {External}/32 dev lo\naddress replace {SixVip}/128 dev lo");
        }
    }

    public void Dispose() => _balancer?.Dispose();

    [Fact]
    public void An_external_address_is_taken_while_the_Service_has_it()
    {
        _net.Apply(Service(ports: Ports, more: $"externalIPs: [\"{External}\"]") + Slice("1"));
        Assert.Equal("p1 10.1.1.1", _net.Tcp("cli", External, 8080));
        Assert.Equal("p1 10.1.1.1", _net.Tcp("p2", External, 8080));
        _net.Apply(Service(ports: Ports) + Slice("1"));
        Assert.Equal("net 203.0.113.2", _net.Tcp("cli", External, 8080));
    }

    [Fact]
    public void External_addresses_are_left_alone_when_the_flag_says_so_and_other_ways_are_not()
    {
        _net.Apply(Service(ports: Ports, more: $"type: LoadBalancer, externalIPs: [\"{External}\"]", status: $"{{ip: {Vip}}}") + Slice("1"), "--ignore-external-ips");
        Assert.Equal("net 203.0.113.2", _net.Tcp("cli", External, 8080));
        Assert.Equal("p1 10.1.1.1", _net.Tcp("cli", Vip, 8080));
        Assert.Equal("p1 10.1.1.1", _net.Tcp("cli", "192.0.2.1", 30080));
        Assert.DoesNotContain(External, _net.Nft("list", "table", "ip", "portico").Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData($"{{ip: {Vip}, ipMode: Proxy}}", "net 10.1.2.2")]
    [InlineData($"{{ip: {Vip}, ipMode: VIP}}", "p1 10.1.1.1")]
    [InlineData($"{{ip: {Vip}}}", "p1 10.1.1.1")]
    [InlineData("{hostname: lb.example.com}", "net 10.1.2.2")]
    public void A_balancers_address_is_taken_unless_the_balancer_rewrites_it_or_has_but_a_name(string ingress, string answer)
    {
        _net.Apply(Service(ports: Ports, more: "type: LoadBalancer", status: ingress) + Slice("1"));
        Assert.Equal(answer, _net.Tcp("p2", Vip, 8080));
    }

    [Fact]
    public void Without_a_node_port_the_balancers_address_leads_to_the_pods()
    {
        _net.Apply(Service(ports: "[{name: http, port: 8080}]", more: "type: LoadBalancer, allocateLoadBalancerNodePorts: false", status: $"{{ip: {Vip}}}") + Slice("1"));
        Assert.Equal("p1 10.1.1.1", _net.Tcp("cli", Vip, 8080));
        Assert.DoesNotContain("elements", _net.Nft("list", "map", "ip", "portico", "nodeport-ids").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Source_ranges_are_about_the_balancers_address_and_everybody()
    {
        Restricted("203.0.113.2/32");
        Assert.Equal("p1 10.1.1.1", _net.Tcp("cli", Vip, 8080));
        Assert.All(_net.Silence(("p2", Vip, 8080), ("node", Vip, 8080)), answer => Assert.Equal("dropped", answer));
        foreach (var from in (string[])["p2", "node", "cli"])
        {
            Assert.Equal("p1 10.1.1.1", _net.Tcp(from, External, 8080));
            Assert.Equal("p1 10.1.1.1", _net.Tcp(from, "192.0.2.1", 30080));
        }

        // Another address outside.
        _net.Configure("net", $"address delete {Vip}/32 dev lo");
        Assert.Equal(["dropped"], _net.Silence(("net", Vip, 8080)));
        Restricted(" 192.0.2.0/24 ");
        Assert.Equal("p1 10.1.1.1", _net.Tcp("net", Vip, 8080));
    }

    [Fact]
    public void A_range_with_the_nodes_address_lets_the_node_in_and_one_of_all_addresses_everybody()
    {
        Restricted("192.0.2.0/24");
        Assert.Equal("p1 10.1.1.1", _net.Tcp("node", Vip, 8080));
        Assert.Equal(["dropped"], _net.Silence(("cli", Vip, 8080)));
        Restricted("0.0.0.0/0");
        Assert.Equal("p1 10.1.1.1", _net.Tcp("cli", Vip, 8080));
        Assert.Equal("p1 10.1.1.1", _net.Tcp("p2", Vip, 8080));
    }

    [Fact]
    public void Ranges_and_networks_may_lie_within_each_other_and_be_of_one_address()
    {
        const string Ranges = "[203.0.113.0/24, 203.0.113.2/32, 203.0.113.0/25, 10.1.2.2/32, 203.0.113.0/24]";
        static string To(string ranges) => Service(ports: Ports, more: $"type: LoadBalancer, loadBalancerSourceRanges: {ranges}", status: $"{{ip: {Vip}}}") + Slice("1");
        using var program = _net.StartLive(To(Ranges), "--cluster-cidr", "10.1.0.0/16,10.1.1.0/24,10.1.1.2/32");
        Assert.Equal("p1 10.1.1.1", _net.Tcp("cli", Vip, 8080));
        Assert.Equal("p1 10.1.1.1", _net.Tcp("p2", Vip, 8080));
        Assert.Equal(["dropped"], _net.Silence(("p3", Vip, 8080)));
        _net.Change(To("[10.0.0.0/8]"));
        Until.Is("p1 10.1.1.1", () => _net.TcpForASecond("p3", Vip, 8080));
        _net.Change(To("[10.1.0.0/22]"));
        Until.Is("dropped", () => _net.TcpForASecond("cli", Vip, 8080));
        Assert.Equal("p1 10.1.1.1", _net.Tcp("p3", Vip, 8080));
        Assert.DoesNotContain("refused", program.Output, StringComparison.Ordinal);
    }

    /// <summary>As kube-proxy has it; a line in the log tells of it.</summary>
    [Fact]
    public void Ranges_of_one_family_leave_the_address_of_the_other_open()
    {
        Assert.SkipWhen(NetworkNamespace.Lacking is not null, NetworkNamespace.Lacking ?? "");
        using var program = _net.StartLive(
            Service(ports: Ports, more: "type: LoadBalancer, clusterIPs: [\"10.96.0.10\", \"fd00:96::10\"], loadBalancerSourceRanges: [\"203.0.113.2/32\"]", status: $"{{ip: {Vip}}}, {{ip: \"{SixVip}\"}}")
            + Slice("1") + Slice("1", name: "six", type: "IPv6"));
        Assert.Equal("p1 10.1.1.1", _net.Tcp("cli", Vip, 8080));
        Assert.Equal(["dropped"], _net.Silence(("p2", Vip, 8080)));
        Assert.Equal("p1 fd00:1:1::1", _net.Tcp("p2", SixVip, 8080));
        Assert.Contains("Service ns1/web: no source range is of IPv6: its IPv6 addresses are open to everybody", program.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "p1 10.1.1.1", "p1 10.1.1.1")]
    [InlineData("192.0.2.1/32", "p1 10.1.1.1", "dropped")]
    [InlineData("203.0.113.2/32", "dropped", "p1 10.1.1.1")]
    public void An_address_that_is_bound_on_the_node_works_from_there_and_from_outside(string range, string node, string client)
    {
        _net.Apply(Service(ports: Ports, more: $"type: LoadBalancer, loadBalancerSourceRanges: [{range}]", status: $"{{ip: {Vip}}}") + Slice("1"));
        _net.Configure("node", $"address add {Vip}/32 dev lo");
        try
        {
            Assert.Equal(node, _net.TcpForASecond("node", Vip, 8080));
            Assert.Equal(client, _net.TcpForASecond("cli", Vip, 8080));
            _net.Apply(Service(ports: Ports, more: "type: LoadBalancer", status: $"{{ip: {Vip}}}"));
            Assert.Equal("rejected", _net.Tcp("cli", Vip, 8080));
            Assert.Equal("rejected", _net.Tcp("node", Vip, 8080));
        }
        finally
        {
            _net.Configure("node", $"address delete {Vip}/32 dev lo");
        }
    }

    private void Restricted(string range) => _net.Apply(
        Service(ports: Ports, more: $"type: LoadBalancer, externalIPs: [\"{External}\"], loadBalancerSourceRanges: [\"{range}\"]", status: $"{{ip: {Vip}}}") + Slice("1"));
}
