using System.Net.Sockets;
using Xunit;
using static Portico.NetworkTests.Manifest;

namespace Portico.NetworkTests;

/// <summary>A program that runs on: flows of UDP follow their endpoints, what others break is mended, and nobody notices a restart.</summary>
public sealed class LiveTests(OneNode net) : IClassFixture<OneNode>
{
    private const string Address = "10.96.0.10";
    private const string UdpPorts = "[{name: dns, port: 53, protocol: UDP, nodePort: 30053}]";
    private const string UdpSlicePorts = "[{name: dns, port: 8080, protocol: UDP}]";

    [Theory]
    [InlineData("p3", Address, 53)]
    [InlineData("cli", "192.0.2.1", 30053)]
    [InlineData("cli", "198.51.100.10", 53)]
    [InlineData("node", Address, 53)]
    public void A_flow_of_UDP_follows_when_its_endpoint_is_replaced(string from, string address, int port)
    {
        using var program = net.StartLive(Udp("1"));
        using var flow = net.UdpSocket(from, address, port);
        Assert.StartsWith("p1 ", Topology.Again(flow), StringComparison.Ordinal);
        net.Change(Udp("2"));
        Until.Is("p2", () => Pod(flow));
    }

    [Fact]
    public void Over_IPv6_it_does_as_well()
    {
        static string Six(string pod) =>
            Service(ports: UdpPorts, more: "clusterIPs: [\"10.96.0.10\", \"fd00:96::10\"]") + Slice(pod, ports: UdpSlicePorts, type: "IPv6");
        using var program = net.StartLive(Six("1"));
        using var flow = net.UdpSocket("p3", "fd00:96::10", 53);
        Assert.StartsWith("p1 ", Topology.Again(flow), StringComparison.Ordinal);
        net.Change(Six("2"));
        Until.Is("p2", () => Pod(flow));
    }

    [Fact]
    public void A_flow_that_began_before_there_was_an_endpoint_gets_answers_once_there_is_one()
    {
        using var program = net.StartLive(Udp(""));
        using var flow = net.UdpSocket("p3", Address, 53);
        Assert.Equal("rejected", Topology.Again(flow));
        net.Change(Udp("1"));
        Until.Is("p1", () => Pod(flow));
    }

    [Fact]
    public async Task A_connection_that_began_before_its_address_was_one_gets_through_with_its_next_attempt()
    {
        using var program = net.StartLive(Service() + Slice("1"));
        // The first attempt goes to an address that means nothing yet, and the kernel remembers that.
        var early = net.TcpFromNowOn("cli", "198.51.100.10", 80);
        net.Change(Service(more: "type: LoadBalancer", status: "{ip: 198.51.100.10}") + Slice("1"));
        Assert.StartsWith("p1 ", await early, StringComparison.Ordinal);
    }

    [Fact]
    public void A_flow_stays_with_an_endpoint_that_ends_while_it_serves()
    {
        using var program = net.StartLive(Udp("1"));
        using var flow = net.UdpSocket("p3", Address, 53);
        Assert.StartsWith("p1 ", Topology.Again(flow), StringComparison.Ordinal);
        net.Change(Udp("1~ 2"));
        Until.Is("p2", () => net.Udp("p3", Address, 53).Split(' ')[0]);
        Assert.StartsWith("p1 ", Topology.Again(flow), StringComparison.Ordinal);
    }

    [Fact]
    public void Connections_of_TCP_survive()
    {
        using var program = net.StartLive(Udp("1") + Service("tcp", "10.96.0.11") + Slice("1", "tcp"));
        using var open = net.Open("p3", "10.96.0.11", 80);
        using var flow = net.UdpSocket("p3", Address, 53);
        Assert.StartsWith("p1 ", Topology.Again(flow), StringComparison.Ordinal);
        net.Change(Udp("2") + Service("tcp", "10.96.0.11") + Slice("2", "tcp"));
        Until.Is("p2", () => Pod(flow));
        Assert.StartsWith("p1 ", Topology.Again(open), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("flush chain ip portico services", "chains, rules or sets were not as they should be")]
    [InlineData("flush ruleset", "the table had gone")]
    public void What_others_break_is_mended_without_a_change(string command, string report)
    {
        using var program = net.StartLive(Service() + Slice("1"));
        Assert.StartsWith("p1 ", net.Tcp("p3", Address, 80), StringComparison.Ordinal);
        Assert.Equal((0, ""), net.Nft(command.Split(' ')));
        program.WaitFor($"the IPv4 table was written again: {report}");
        Assert.StartsWith("p1 ", net.Tcp("p3", Address, 80), StringComparison.Ordinal);
    }

    [Fact]
    public void Changes_of_any_kind_are_taken_as_changes()
    {
        const string Sticky = "sessionAffinity: ClientIP";
        const string External = "type: LoadBalancer, externalIPs: [\"198.51.100.50\"], loadBalancerSourceRanges: [\"203.0.113.0/24\"]";
        using var program = net.StartLive(Service() + Slice("1"));
        foreach (var (more, endpoints) in ((string, string)[])[("", "1 2"), ("", "1 2 3"), (Sticky, "1 2"), (External, "1 2 3"), ($"{External}, {Sticky}, externalTrafficPolicy: Local", "1 2@"), ("internalTrafficPolicy: Local", "2@"), ("", "")])
        {
            net.Change(Service(ports: NodePorts, more: more, status: "{ip: 198.51.100.10}") + Slice(endpoints)
                + Service("dns", "10.96.0.11", UdpPorts, more) + Slice(endpoints, "dns", ports: UdpSlicePorts) + Service("marker", "10.96.0.12") + Slice(endpoints.Length == 0 ? "" : "3", "marker"));
            Until.Is(endpoints.Length == 0 ? "rejected" : "p3 10.1.2.2", () => net.TcpForASecond("p2", "10.96.0.12", 80));
            net.Change(Service(ports: NodePorts, more: more, status: "{ip: 198.51.100.10}") + Slice(endpoints) + Service("dns", "10.96.0.11", UdpPorts, more) + Slice(endpoints, "dns", ports: UdpSlicePorts));
            Until.Is("dropped", () => net.TcpForASecond("p2", "10.96.0.12", 80));
        }

        Assert.DoesNotContain("refused", program.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_change_that_the_kernel_refuses_is_made_good_by_writing_the_whole_table()
    {
        using var program = net.StartLive(Service() + Slice("1"));
        Assert.Equal((0, ""), net.Nft("delete", "table", "ip", "portico"));
        net.Change(Service() + Slice("2"));
        Until.Is("p2", () => net.Tcp("p3", Address, 80).Split(' ')[0]);
    }

    [Fact]
    public void A_table_that_cannot_be_written_is_reported_in_the_kernels_words_and_tried_again()
    {
        Assert.SkipWhen(NetworkNamespace.Lacking is not null, NetworkNamespace.Lacking ?? "");
        net.Nft("delete", "table", "ip", "portico");
        net.Change(Service() + Slice("1"));

        // A table that nobody else may touch, until this nft ends.
        using var owner = net.Begin("node", "nft", "-i");
        owner.StandardInput.WriteLine("add table ip portico { flags owner; }");
        owner.StandardInput.Flush();
        Until.True(() => net.Nft("list", "tables").Output.Contains("table ip portico", StringComparison.Ordinal), () => "nft has made no table");
        using var program = net.BeginLive("--healthz-port", "0", "--metrics-port", "0");
        program.WaitFor("the IPv4 rules were refused, the ones before stay in force; next attempt in 5 s: ");
        Assert.Contains("Operation not permitted", program.Output, StringComparison.Ordinal);
        owner.StandardInput.Close();
        program.WaitFor("the rules are in force");
        Assert.StartsWith("p1 ", net.Tcp("p3", Address, 80), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_restart_and_a_crash_fail_no_connection_and_leave_open_ones()
    {
        var program = net.StartLive(Service() + Slice("1 2"));
        using var open = net.Open("cli", Address, 80);
        using var done = new CancellationTokenSource();
        var loop = Task.Run(() =>
        {
            var answers = new HashSet<string>(StringComparer.Ordinal);
            while (!done.IsCancellationRequested)
            {
                answers.Add(net.Tcp("cli", Address, 80));
            }

            return answers;
        });
        Assert.Equal(0, program.Stop());
        program.Dispose();
        program = net.StartLive(Service() + Slice("1 2"));
        program.Crash();
        program.Dispose();
        using (program = net.StartLive(Service() + Slice("1 2")))
        {
            await done.CancelAsync();
            Assert.Equal(["p1 10.1.1.1", "p2 10.1.2.1"], (await loop).Order(StringComparer.Ordinal));
            Assert.StartsWith("p", Topology.Again(open), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void What_went_while_nobody_looked_is_gone_after_the_start()
    {
        using (net.StartLive(Service() + Slice("1") + Service("old", "10.96.0.11") + Slice("2", "old")))
        {
            Assert.StartsWith("p2 ", net.Tcp("p3", "10.96.0.11", 80), StringComparison.Ordinal);
        }

        Assert.StartsWith("p2 ", net.Tcp("p3", "10.96.0.11", 80), StringComparison.Ordinal);
        using var program = net.StartLive(Service() + Slice("1"));
        Assert.Equal("dropped", net.TcpForASecond("p3", "10.96.0.11", 80));
        Assert.StartsWith("p1 ", net.Tcp("p3", Address, 80), StringComparison.Ordinal);
    }

    private static string Udp(string endpoints) =>
        Service(ports: UdpPorts, more: "type: LoadBalancer", status: "{ip: 198.51.100.10}") + Slice(endpoints, ports: UdpSlicePorts);

    private static string Pod(Socket flow) => Topology.AgainForAMoment(flow).Split(' ')[0];
}
