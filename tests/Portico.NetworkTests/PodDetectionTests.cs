using Xunit;
using static Portico.NetworkTests.Manifest;

namespace Portico.NetworkTests;

/// <summary>Pods that are told by the interface where their packets come in. The node's interfaces have the names of those behind them: p1, p2, p3, cli.</summary>
public sealed class PodDetectionTests(OneNode net) : IClassFixture<OneNode>
{
    [Theory]
    [InlineData("--pod-interface-name-prefix", "p", true)]
    [InlineData("--pod-interface-name-prefix", "veth", false)]
    [InlineData("--pod-bridge-interface", "p1", true)]
    [InlineData("--pod-bridge-interface", "cni0", false)]
    [InlineData("--pod-bridge-interface", "p", false)]
    public void Whose_packets_come_in_by_such_an_interface_is_seen_as_it_is_and_others_as_the_node(string flag, string name, bool isPod)
    {
        const string Vip = "198.51.100.10";
        net.Apply(
            Service(ports: NodePorts, more: "type: LoadBalancer, externalTrafficPolicy: Local, clusterIPs: [\"10.96.0.10\", \"fd00:96::10\"]", status: $"{{ip: {Vip}}}")
            + Slice("1 2 3@") + Slice("1 2 3@", name: "six", type: "IPv6"),
            flag, name);
        Assert.Equal(["p1 10.1.1.1", "p2 10.1.2.1", "p3 10.1.3.1"], Seen("cli", "10.96.0.10", "p1 10.1.1.1", "p2 10.1.2.1", "p3 10.1.3.1"));
        Assert.Equal(["p1 10.1.1.1", "p2 10.1.2.1", "p3 10.1.3.1"], Seen("node", "10.96.0.10", "p1 10.1.1.1", "p2 10.1.2.1", "p3 10.1.3.1"));
        string[] all = isPod ? ["p1 10.1.1.1", "p2 10.1.1.2", "p3 10.1.1.2"] : ["p1 10.1.1.1", "p2 10.1.2.1", "p3 10.1.3.1"];
        Assert.Equal(all, Seen("p1", "10.96.0.10", all));
        string[] six = isPod ? ["p1 fd00:1:1::1", "p2 fd00:1:1::2", "p3 fd00:1:1::2"] : ["p1 fd00:1:1::1", "p2 fd00:1:2::1", "p3 fd00:1:3::1"];
        Assert.Equal(six, Seen("p1", "fd00:96::10", six));

        // Under policy Local pods are inside, others outside.
        string[] local = isPod ? ["p1 10.1.1.1", "p2 10.1.1.2", "p3 10.1.1.2"] : ["p1 10.1.1.1", "p2 10.1.1.2"];
        Assert.Equal(local, Seen("p1", Vip, local));
        Assert.Equal(["p1 203.0.113.2", "p2 203.0.113.2"], Seen("cli", Vip, "p1 203.0.113.2", "p2 203.0.113.2"));
    }

    private string[] Seen(string from, string address, params string[] wanted) => net.Seen(from, address, 80, wanted);
}
