using Xunit;
using static Portico.NetworkTests.LoadBalancing.BalancerManifest;
using static Portico.NetworkTests.LoadBalancing.Segment;

namespace Portico.NetworkTests.LoadBalancing;

/// <summary>A router that has a way to an address by each node that announces it.</summary>
public sealed class BgpNodesTests(Segment net) : BgpScenario(net)
{
    private static readonly string[] All = ["n1", "n2", "n3"];

    [Fact]
    public void Connections_are_spread_over_the_nodes_that_announce_and_those_that_are_left_take_over()
    {
        var objects = Nodes() + Pool(addresses: "198.51.100.192/26") + Service(more: "externalTrafficPolicy: Local") + Slice() + Bgp("a", "") + Peer(Session);
        Net.Run("lan", "sysctl", "-q", "-w", "net.ipv4.fib_multipath_hash_policy=1");
        foreach (var node in All)
        {
            Net.Deliver(node, objects);
            RouterSpeaks(64513, neighbor: $"198.51.100.1{node[1]}");
        }

        StartFrr("n2");
        StartFrr("n3");
        Net.Speak(objects, All);
        Eventually(() => Ways().SequenceEqual(["198.51.100.11", "198.51.100.12", "198.51.100.13"]));
        Assert.Equal(["p1 198.51.100.2", "p2 198.51.100.2", "p3 198.51.100.2"], Net.Many("lan", Vip, 80));

        // A node without a pod announces nothing, and one that crashes with everything on it is gone with its session.
        Net.Change(objects.Replace("{addresses: [10.1.1.2], nodeName: n1, conditions: {ready: true}}, ", "", StringComparison.Ordinal));
        Eventually(() => Ways().SequenceEqual(["198.51.100.12", "198.51.100.13"]));
        Assert.Equal(["p2 198.51.100.2", "p3 198.51.100.2"], Net.Many("lan", Vip, 80));
        Net.Kill("n3");
        StopFrr("n3");
        Eventually(() => Ways().SequenceEqual(["198.51.100.12"]));
        Assert.Equal(["p2 198.51.100.2"], Net.Many("lan", Vip, 80));
    }

    /// <summary>The next hops in the router's kernel.</summary>
    private List<string> Ways() =>
    [
        .. Net.Run("lan", "ip", "route", "show", $"{Vip}/32").Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(word => word.StartsWith("198.51.100.1", StringComparison.Ordinal)).Distinct().Order(StringComparer.Ordinal),
    ];
}
