using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Xunit;
using static Portico.NetworkTests.Manifest;

namespace Portico.NetworkTests;

/// <summary>What else may be on a node: rules of others, marks that mean something to them, connection tracking that is zoned, switched off, or told nonsense.</summary>
public sealed class NeighboursTests(OneNode net) : IClassFixture<OneNode>, IDisposable
{
    private const string Address = "10.96.0.10";
    private const string NotTracked = "type filter hook prerouting priority -300; ip daddr 10.96.0.10 notrack";

    public void Dispose() => net.Nft("flush", "ruleset");

    [Fact]
    public void Of_two_tables_that_rewrite_one_address_the_younger_one_does_and_cleaning_up_leaves_the_other()
    {
        const string Theirs = "type nat hook prerouting priority -100; ip daddr 10.96.0.10 tcp dport 80 dnat to 10.1.2.2:8080";
        net.Nft("flush", "ruleset");
        Foreign("nat", Theirs);
        net.Apply(Service() + Slice("1"));
        Assert.Equal("p1 10.1.3.2", net.Tcp("p3", Address, 80));
        Assert.Equal(0, net.Program("node", "--cleanup").Code);
        Assert.Equal("p2 10.1.3.2", net.Tcp("p3", Address, 80));

        net.Nft("flush", "ruleset");
        net.Apply(Service() + Slice("1"));
        Foreign("nat", Theirs);
        Assert.Equal("p2 10.1.3.2", net.Tcp("p3", Address, 80));
        net.Apply(Service() + Slice("1"));
        Assert.Equal("p2 10.1.3.2", net.Tcp("p3", Address, 80));
        Assert.Equal((0, ""), net.Nft("delete", "table", "ip", "foreign"));
        Assert.Equal("p1 10.1.3.2", net.Tcp("p3", Address, 80));
    }

    [Fact]
    public void No_packet_leaves_with_a_mark_and_no_connection_keeps_one()
    {
        net.Apply(Service(ports: NodePorts, more: "type: NodePort") + Slice("1 2")
            + Service("sticky", "10.96.0.11", NodePorts.Replace("30080", "30081", StringComparison.Ordinal), "type: NodePort, sessionAffinity: ClientIP") + Slice("1 2", "sticky"));
        Foreign("leaving", "type filter hook postrouting priority 200; tcp dport 8080 counter; meta mark != 0 counter; ct mark != 0 counter");
        foreach (var from in (string[])["cli", "node", "p1"])
        {
            foreach (var (address, port) in ((string, int)[])[(Address, 80), ("10.96.0.11", 80), ("192.0.2.1", 30080), ("192.0.2.1", 30081)])
            {
                Assert.StartsWith("p", net.Many(from, address, port, 4)[0], StringComparison.Ordinal);
            }
        }

        var counters = net.Nft("list", "chain", "ip", "foreign", "leaving").Output.Split('\n').Where(l => l.Contains("counter", StringComparison.Ordinal)).ToArray();
        Assert.DoesNotContain("packets 0 ", counters[0], StringComparison.Ordinal);
        Assert.Equal(["meta mark != 0x00000000 counter packets 0 bytes 0", "ct mark != 0x00000000 counter packets 0 bytes 0"], counters[1..].Select(c => c.Trim()));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1")]
    public void A_segment_out_of_a_connections_window_does_not_end_it(string liberal)
    {
        net.Apply(Service() + Slice("1"));
        net.Set("node", "netfilter/nf_conntrack_tcp_be_liberal", liberal);
        Foreign("resets", "type filter hook prerouting priority -310; ip saddr 10.1.1.2 tcp sport 8080 counter; ip saddr 10.1.3.2 tcp flags & rst != 0 counter");
        using var open = net.Open("p3", Address, 80);
        var before = Counted("resets");
        using (var raw = net.In("p1", () => new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Tcp)))
        {
            raw.SendTo(Segment((IPEndPoint)open.LocalEndPoint!), new IPEndPoint(IPAddress.Parse("10.1.3.2"), 0));
        }

        Until.True(() => Counted("resets")[0] > before[0], () => "the segment did not come");
        Assert.StartsWith("p1 ", Topology.Again(open), StringComparison.Ordinal);
        if (liberal == "1")
        {
            Assert.Equal(0, Counted("resets")[1]);
        }
    }

    [Fact]
    public void Packets_that_are_not_tracked_are_not_rewritten_and_everything_else_goes_on()
    {
        using var program = net.StartLive(Service() + Slice("1") + Service("other", "10.96.0.11") + Slice("1", "other"));
        Foreign("raw", NotTracked);
        Assert.Equal("dropped", net.TcpForASecond("p3", Address, 80));
        net.Change(Service() + Slice("2") + Service("other", "10.96.0.11") + Slice("2", "other"));
        Until.Is("p2", () => net.Tcp("p3", "10.96.0.11", 80).Split(' ')[0]);
        net.Nft("delete", "table", "ip", "foreign");
        Assert.Equal("p2 10.1.3.2", net.Tcp("p3", Address, 80));
    }

    [Fact]
    public void In_a_zone_of_connection_tracking_connections_are_rewritten_and_flows_of_UDP_follow_their_endpoint()
    {
        static string Dns(string pod) => Service(ports: "[{name: dns, port: 53, protocol: UDP}]") + Slice(pod, ports: "[{name: dns, port: 8080, protocol: UDP}]")
            + Service("web2", "10.96.0.11") + Slice(pod, "web2");
        using var program = net.StartLive(Dns("1"));
        Foreign("zone", "type filter hook prerouting priority -300; ct zone set 7");
        Assert.Equal("p1 10.1.3.2", net.Tcp("p3", "10.96.0.11", 80));
        using var flow = net.UdpSocket("p3", Address, 53);
        Assert.StartsWith("p1 ", Topology.Again(flow), StringComparison.Ordinal);
        net.Change(Dns("2"));
        Until.Is("p2", () => Topology.Again(flow).Split(' ')[0]);
    }

    /// <summary>A chain with its rules in a table that is not ours.</summary>
    private void Foreign(string chain, string rules)
    {
        var parts = rules.Split("; ");
        File.WriteAllText(net.FileNamed("foreign.nft"), $"table ip foreign {{ chain {chain} {{ {parts[0]};\n{string.Join('\n', parts[1..])}\n}}\n}}\n");
        Assert.Equal((0, ""), net.Nft("-f", net.FileNamed("foreign.nft")));
    }

    private int[] Counted(string chain) =>
        [.. net.Nft("list", "chain", "ip", "foreign", chain).Output.Split("packets ").Skip(1).Select(p => int.Parse(p.AsSpan(0, p.IndexOf(' ', StringComparison.Ordinal)), CultureInfo.InvariantCulture))];

    /// <summary>From p1's server to a client on p3, an acknowledgement that has nothing to do with what they have said (RFC 9293, 3.1).</summary>
    private static byte[] Segment(IPEndPoint client)
    {
        var segment = new byte[20];
        BinaryPrimitives.WriteUInt16BigEndian(segment, 8080);
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(2), (ushort)client.Port);
        BinaryPrimitives.WriteUInt32BigEndian(segment.AsSpan(4), 0x12345678);
        BinaryPrimitives.WriteUInt32BigEndian(segment.AsSpan(8), 0x87654321);
        segment[12] = 5 << 4;
        segment[13] = 0x10; // ACK
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(14), 512);
        byte[] covered = [10, 1, 1, 2, 10, 1, 3, 2, 0, 6, 0, 20, .. segment];
        var sum = 0;
        for (var i = 0; i < covered.Length; i += 2)
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(covered.AsSpan(i));
        }

        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(16), (ushort)~((sum & 0xffff) + (sum >> 16)));
        return segment;
    }
}
