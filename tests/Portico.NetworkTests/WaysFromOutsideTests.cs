using System.Net;
using System.Net.Sockets;
using Xunit;
using static Portico.NetworkTests.Manifest;

namespace Portico.NetworkTests;

/// <summary>Node ports, external and load-balancer addresses.</summary>
public sealed class WaysFromOutsideTests(OneNode net) : IClassFixture<OneNode>
{
    private const string Balancer = "type: LoadBalancer, externalIPs: [\"198.51.100.50\"]";
    private const string Vip = "{ip: 198.51.100.10}";

    public static TheoryData<string, int> Ways => new() { { "192.0.2.1", 30080 }, { "198.51.100.50", 80 }, { "198.51.100.10", 80 } };

    [Fact]
    public void An_ending_endpoint_of_this_node_still_takes_what_comes_from_outside_under_policy_Local()
    {
        net.Apply(Service(ports: NodePorts, more: "type: NodePort, externalTrafficPolicy: Local") + Slice("1~ 3@"));
        Assert.Equal(["p1 203.0.113.2"], net.Many("cli", "192.0.2.1", 30080, 10));
    }

    [Theory]
    [InlineData("primary", true, false)]
    [InlineData("203.0.113.0/24", false, true)]
    [InlineData("all", true, true)]
    public void Node_ports_are_open_on_the_addresses_that_the_flag_says(string flag, bool primary, bool other)
    {
        net.Apply(
            Service(ports: NodePorts, more: "type: NodePort, clusterIPs: [\"10.96.0.10\", \"fd00:96::10\"]") + Slice("1") + Slice("1", name: "six", type: "IPv6"),
            "--nodeport-addresses", flag);
        Assert.Equal(primary ? "p1 10.1.1.1" : "rejected", net.Tcp("cli", "192.0.2.1", 30080));
        Assert.Equal(other ? "p1 10.1.1.1" : "rejected", net.Tcp("cli", "203.0.113.1", 30080));
        Assert.Equal("rejected", net.Tcp("node", "127.0.0.1", 30080));

        // Networks of one family say nothing about the other.
        Assert.StartsWith("p1 ", net.Tcp("cli", "fd00:2::1", 30080), StringComparison.Ordinal);
        Assert.Equal(flag == "primary" ? "rejected" : "p1 fd00:1:1::1", net.Tcp("cli", "fd00:c::1", 30080));
        Assert.Equal("rejected", net.Tcp("node", "::1", 30080));
    }

    [Fact]
    public async Task A_program_that_listens_on_the_node_is_passed_by_on_a_node_port_and_on_an_external_address_and_reached_on_its_own()
    {
        net.Apply(
            Service(ports: NodePorts, more: "type: NodePort, externalIPs: [\"192.0.2.1\"]") + Slice("1"),
            "--nodeport-addresses", "all");
        foreach (var (port, answer) in ((int, string)[])[(30080, "p1 10.1.1.1"), (80, "p1 10.1.1.1"), (81, "the node's own")])
        {
            using var listener = net.InNode(() =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
                socket.Bind(new IPEndPoint(IPAddress.Any, port));
                socket.Listen();
                return socket;
            });
            var own = AnswerOnceAsync(listener);
            Assert.Equal(answer, net.Tcp("cli", "192.0.2.1", port));
            listener.Dispose();
            await own;
        }
    }

    [Fact]
    public async Task A_node_port_that_changes_its_number_is_open_on_one_of_them_at_every_moment()
    {
        using var program = net.StartLive(Service(ports: NodePorts, more: "type: NodePort") + Slice("1"));
        using var done = new CancellationTokenSource();
        var loop = Task.Run(() =>
        {
            var answers = new HashSet<string>(StringComparer.Ordinal);
            while (!done.IsCancellationRequested)
            {
                var former = net.Tcp("cli", "192.0.2.1", 30080);
                answers.Add(former == "rejected" ? $"then {net.Tcp("cli", "192.0.2.1", 30081)}" : former);
            }

            return answers;
        });
        net.Change(Service(ports: NodePorts.Replace("30080", "30081", StringComparison.Ordinal), more: "type: NodePort") + Slice("1"));
        Until.Is("p1 10.1.1.1", () => net.Tcp("cli", "192.0.2.1", 30081));
        Until.Is("rejected", () => net.Tcp("cli", "192.0.2.1", 30080));
        await done.CancelAsync();
        Assert.Empty((await loop).Except(["p1 10.1.1.1", "then p1 10.1.1.1"]));
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

    private static async Task AnswerOnceAsync(Socket listener)
    {
        try
        {
            using var client = await listener.AcceptAsync();
            await client.SendAsync("the node's own"u8.ToArray());
        }
        catch (SocketException)
        {
            // Nobody came.
        }
    }
}
