using System.Net;
using System.Net.Sockets;
using Xunit;
using static Portico.NetworkTests.Manifest;

namespace Portico.NetworkTests;

/// <summary>Which objects and which of their fields count, and what pings of a cluster address meet.</summary>
public sealed class ObjectsTests(OneNode net) : IClassFixture<OneNode>
{
    private const string Address = "10.96.0.10";

    [Fact]
    public void Headless_external_and_addressless_Services_have_no_element_and_no_packet_is_touched()
    {
        net.Apply("");
        var without = Elements();
        net.Apply(Service("headless", "None", NodePorts, "type: NodePort") + Slice("1", "headless")
            + Service("elsewhere", "10.96.0.11", NodePorts, "type: ExternalName, externalName: example.com, externalIPs: [\"198.51.100.50\"]") + Slice("1", "elsewhere")
            + Service("new", "", NodePorts, "type: NodePort, externalIPs: [\"198.51.100.50\"]") + Slice("1", "new"));
        Assert.Equal(without, Elements());
        Assert.Equal("rejected", net.Tcp("cli", "192.0.2.1", 30080));
    }

    [Fact]
    public void A_Service_is_left_alone_while_its_label_gives_it_to_another_proxy()
    {
        var labelled = Service().Replace("namespace: ns1", "namespace: ns1, labels: {service.kubernetes.io/service-proxy-name: other}", StringComparison.Ordinal) + Slice("1");
        using var program = net.StartLive(labelled);
        Assert.Equal(["dropped"], net.Silence(("p3", Address, 80)));
        net.Change(Service() + Slice("1"));
        Until.Is("p1 10.1.3.2", () => net.TcpForASecond("p3", Address, 80));
        net.Change(labelled);
        Until.Is("dropped", () => net.TcpForASecond("p3", Address, 80));
    }

    [Fact]
    public void Slices_of_another_kind_and_fields_without_meaning_are_left_out_and_harm_nothing()
    {
        net.Apply(Service(ports: "[{name: http, port: 80}, {name: extra, port: 81}]")
            + Slice("1")
            + Slice("2", name: "headless").Replace("service-name: web}", "service-name: web, service.kubernetes.io/headless: \"\"}", StringComparison.Ordinal)
            + Slice("2", name: "fqdn").Replace("addressType: IPv4", "addressType: FQDN", StringComparison.Ordinal).Replace("10.1.2.2", "pod.example.com", StringComparison.Ordinal)
            + Slice("2", name: "nobodys").Replace("kubernetes.io/service-name: web", "app: web", StringComparison.Ordinal)
            + Slice("2", name: "nil", ports: "[{name: http}, {name: extra, port: 0}]")
            + Slice("3", name: "two").Replace("[\"10.1.3.2\"]", "[\"10.1.3.2\", \"10.1.2.2\"]", StringComparison.Ordinal));
        Assert.Equal(["p1 10.1.2.2", "p3 10.1.2.2"], net.Many("p2", Address, 80));
        Assert.Equal("rejected", net.Tcp("p2", Address, 81));
    }

    [Fact]
    public void An_endpoint_of_two_slices_counts_once_and_as_the_ready_one()
    {
        net.Apply(Service() + Slice("1~ 2", name: "a") + Slice("1 2", name: "b"));
        Assert.Equal(["p1 10.1.3.2", "p2 10.1.3.2"], net.Many("p3", Address, 80));
        Assert.Equal(2, net.Nft("list", "map", "ip", "portico", "endpoints-tcp").Output.Split("10.1.").Length - 1);
    }

    [Fact]
    public void A_slice_may_come_before_its_Service_and_after_it_with_the_same_rules_in_the_end()
    {
        string rules;
        using (net.StartLive(Slice("1 2")))
        {
            net.Change(Slice("1 2") + Service());
            Until.Is("p", () => net.TcpForASecond("p3", Address, 80)[..1]);
            rules = Elements();
        }

        using (net.StartLive(Service()))
        {
            net.Change(Service() + Slice("1 2"));
            Until.Is("p", () => net.TcpForASecond("p3", Address, 80)[..1]);
            Assert.Equal(rules, Elements());
        }
    }

    /// <summary>A datagram socket hears on its next call that nobody takes its datagrams.</summary>
    [Fact]
    public void A_connected_datagram_socket_is_told_that_there_is_no_endpoint()
    {
        const string Udp = "[{name: http, port: 80, protocol: UDP}]";
        net.Apply(Service(ports: Udp));
        using var socket = net.UdpSocket("p1", Address, 80);
        socket.Send("?"u8);
        socket.ReceiveTimeout = 20_000;
        Assert.Equal(SocketError.ConnectionRefused, Assert.Throws<SocketException>(() => socket.Receive(new byte[10])).SocketErrorCode);
    }

    [Fact]
    public void A_ping_of_a_cluster_address_is_refused_and_one_of_an_unused_address_meets_silence()
    {
        net.Apply(Service() + Slice("1 2 3"));
        Assert.Equal("answered", Ping("10.1.1.2"));
        Assert.Equal("port unreachable", Ping(Address));
        Assert.Equal("silence", Ping("10.96.9.9"));
    }

    private string Ping(string address)
    {
        using var socket = net.In("p3", () => new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Icmp));
        socket.Connect(new IPEndPoint(IPAddress.Parse(address), 0));
        socket.ReceiveTimeout = address == "10.96.9.9" ? 1_000 : 20_000;

        // Echo request, its checksum, number 7 of 1.
        socket.Send([8, 0, 0xf7, 0xf7, 0, 7, 0, 1]);
        var buffer = new byte[200];
        try
        {
            var read = socket.Receive(buffer);
            var icmp = buffer.AsSpan(0, read)[((buffer[0] & 15) * 4)..];
            return icmp is [0, 0, ..] ? "answered" : icmp is [3, 3, ..] ? "port unreachable" : $"type {icmp[0]} code {icmp[1]}";
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock)
        {
            return "silence";
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return "port unreachable";
        }
    }

    /// <summary>The table without its chains.</summary>
    private string Elements()
    {
        var table = net.Nft("-j", "list", "table", "ip", "portico").Output;
        using var document = System.Text.Json.JsonDocument.Parse(table);
        return string.Join('\n', document.RootElement.GetProperty("nftables").EnumerateArray()
            .Where(o => o.TryGetProperty("map", out _) || o.TryGetProperty("set", out _))
            .Select(o => (o.TryGetProperty("map", out var set) || o.TryGetProperty("set", out set)) && set.GetProperty("name").GetString() != "affinity"
                ? $"{set.GetProperty("name")} {(set.TryGetProperty("elem", out var elements) ? string.Join(' ', elements.EnumerateArray().Select(e => e.ToString()).Order(StringComparer.Ordinal)) : "")}"
                : ""));
    }
}
