using System.Diagnostics;
using System.Globalization;
using Xunit;
using static Portico.NetworkTests.LoadBalancing.BalancerManifest;
using static Portico.NetworkTests.LoadBalancing.Segment;

namespace Portico.NetworkTests.LoadBalancing;

/// <summary>An address moves when its node is gone, and packets of a client with it.</summary>
public sealed class TakeoverTests(Segment net, ITestOutputHelper output) : IClassFixture<Segment>
{
    private static readonly string[] All = ["n1", "n2", "n3"];

    private static string Owner => Layer2Tests.Winner(Vip);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void When_the_owner_is_gone_another_node_tells_everybody_and_the_clients_entry_moves(bool killed)
    {
        net.Speak(Usual + Service() + Slice(), All);
        net.Eventually(() => net.WhoHas(Vip).SequenceEqual([Owner]));
        using var socket = net.UdpSocket("lan", Vip, 9);
        socket.Send([1]);
        net.Eventually(() => net.NeighbourOf(Vip) == Owner);

        var start = net.Wire.Count;
        var clock = Stopwatch.StartNew();
        if (killed)
        {
            net.Kill(Owner);
        }
        else
        {
            net.Stop(Owner);
        }

        net.Eventually(() => net.Wire.Since(start).Any(f => f.Address == Vip && f.To == Wire.Broadcast && f.Mac != MacOf(Owner)));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"told after {clock.ElapsedMilliseconds} ms"));
        net.Eventually(() => net.NeighbourOf(Vip) is { Length: > 0 } now && now != Owner);
        net.Eventually(() => net.WhoHas(Vip) is [var next] && next == net.NeighbourOf(Vip));

        // Back again, it takes what is its own.
        net.Launch(Owner);
        net.Eventually(() => net.WhoHas(Vip).SequenceEqual([Owner]));
    }

    [Fact]
    public void Of_two_sides_that_lose_sight_of_each_other_both_answer_and_one_when_they_see_again()
    {
        net.Speak(Usual + Service() + Slice(), All);
        net.Eventually(() => net.WhoHas(Vip).SequenceEqual([Owner]));
        net.Run(Owner, "nft", "add table ip cut { chain in { type filter hook input priority 0; udp dport 7946 drop; }; chain out { type filter hook output priority 0; udp dport 7946 drop; }; }");
        net.Eventually(() => net.WhoHas(Vip).Length == 2);
        net.Run(Owner, "nft", "delete table ip cut");
        net.Eventually(() => net.WhoHas(Vip).SequenceEqual([Owner]));
    }

    [Fact]
    public void The_client_reaches_the_pod_of_the_announcing_node_under_its_own_address_and_after_a_takeover_that_of_the_next()
    {
        var web = Service(more: "externalTrafficPolicy: Local") + Slice();
        foreach (var node in All)
        {
            net.Deliver(node, Usual + web);
        }

        net.Speak(Usual + web, All);
        net.Eventually(() => net.WhoHas(Vip).SequenceEqual([Owner]));
        Assert.Equal($"p{Owner[1]} 198.51.100.2", net.Tcp("lan", Vip, 80));

        net.Kill(Owner);
        net.Eventually(() => net.Tcp("lan", Vip, 80) is var answer && answer.EndsWith(" 198.51.100.2", StringComparison.Ordinal) && answer[1] != Owner[1]);
    }
}
