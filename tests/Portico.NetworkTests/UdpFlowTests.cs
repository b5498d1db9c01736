using System.Globalization;
using System.Net.Sockets;
using Xunit;
using static Portico.NetworkTests.Manifest;

namespace Portico.NetworkTests;

/// <summary>Which of the kernel's connections are forgotten when a Service of UDP changes, and which are not.</summary>
public sealed class UdpFlowTests(OneNode net) : IClassFixture<OneNode>
{
    private const string Address = "10.96.0.10";
    private const string Ports = "[{name: dns, port: 53, protocol: UDP, nodePort: 30053}]";

    [Fact]
    public void A_flow_follows_the_Service_to_another_port_of_its_pods()
    {
        using var program = net.StartLive(Udp("1"));
        using var flow = net.UdpSocket("p3", Address, 53);
        Assert.Equal("p1 10.1.3.2", Topology.Again(flow));
        net.Change(Udp("1", port: 9090));
        Until.Is("p1:9090", () => Ask(flow));
    }

    [Fact]
    public void A_flow_goes_on_while_its_only_endpoint_is_not_ready_and_afterwards()
    {
        using var program = net.StartLive(Udp("1"));
        using var flow = net.UdpSocket("p3", Address, 53);
        Assert.Equal("p1 10.1.3.2", Topology.Again(flow));
        net.Change(Udp("1!"));
        Until.Is("rejected", () => net.Udp("p2", Address, 53));
        Assert.Equal("p1 10.1.3.2", Topology.Again(flow));
        net.Change(Udp("1"));
        Until.Is("p1 10.1.2.2", () => net.Udp("p2", Address, 53));
        Assert.Equal("p1 10.1.3.2", Topology.Again(flow));
    }

    [Fact]
    public void A_flow_to_an_address_that_the_Service_gets_later_follows_as_well()
    {
        using var program = net.StartLive(Udp("1"));
        using var flow = net.UdpSocket("p3", "198.51.100.10", 53);
        flow.Send("?"u8);
        net.Change(Udp("1", more: "type: LoadBalancer", status: "{ip: 198.51.100.10}"));
        Until.Is("p1", () => Ask(flow));
    }

    /// <summary>A rule of the test's own counts first packets: a flow that is forgotten has another one.</summary>
    [Fact]
    public void Flows_that_pass_the_node_on_the_same_number_are_left_alone_and_so_are_a_hundred_connections_of_TCP()
    {
        Assert.SkipWhen(NetworkNamespace.Lacking is not null, NetworkNamespace.Lacking ?? "");
        using var peer = net.ServeIn("cli");
        net.InNode(() =>
        {
            // However slow the machine is, nothing is to be forgotten for its age.
            File.WriteAllText("/proc/sys/net/netfilter/nf_conntrack_udp_timeout", "600");
            return true;
        });
        using var program = net.StartLive(Udp("1", node: 9090));
        Assert.Equal((0, ""), net.Nft(
            "add table ip watch; add chain ip watch first { type filter hook prerouting priority 0; }; "
            + "add rule ip watch first ip saddr 10.1.3.2 ip daddr 203.0.113.2 udp dport 9090 ct state new counter"));
        try
        {
            using var passing = net.UdpSocket("p3", "203.0.113.2", 9090);
            Assert.Equal("cli:9090 10.1.3.2", Topology.Again(passing));
            Assert.Equal("1", FirstPackets());
            using var flow = net.UdpSocket("p3", "192.0.2.1", 9090);
            var idle = Enumerable.Range(0, 100).Select(_ => net.Open("p3", "10.96.0.11", 80)).ToList();
            for (var i = 0; i < 50; i++)
            {
                var pod = 1 + ((i + 1) % 2);
                net.Change(Udp(pod.ToString(CultureInfo.InvariantCulture), node: 9090));
                Until.Is($"p{pod}", () => Ask(flow));
            }

            Assert.Equal("cli:9090 10.1.3.2", Topology.Again(passing));
            Assert.Equal("1", FirstPackets());
            Assert.All(idle, connection => Assert.Equal("p2 10.1.3.2", Topology.Again(connection)));
            idle.ForEach(connection => connection.Dispose());
        }
        finally
        {
            net.Nft("delete", "table", "ip", "watch");
        }
    }

    private static string Udp(string endpoints, int port = 8080, int node = 30053, string more = "type: NodePort", string status = "") =>
        Service(ports: Ports.Replace("30053", node.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal), more: more, status: status)
        + Slice(endpoints, ports: $"[{{name: dns, port: {port}, protocol: UDP}}]")
        + Service("tcp", "10.96.0.11") + Slice("2", "tcp");

    private static string Ask(Socket flow) => Topology.AgainForAMoment(flow).Split(' ')[0];

    /// <summary>The packets that the rule has counted: "counter packets 1 bytes 29".</summary>
    private string FirstPackets()
    {
        var words = net.Nft("list", "chain", "ip", "watch", "first").Output.Split(' ');
        return words[Array.IndexOf(words, "packets") + 1];
    }
}
