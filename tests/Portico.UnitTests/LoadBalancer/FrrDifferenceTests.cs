using Portico.Kubernetes.Resources;
using Portico.LoadBalancer.Bgp.Frr;
using Xunit;
using static Portico.UnitTests.LoadBalancer.BgpBench;

namespace Portico.UnitTests.LoadBalancer;

/// <summary>Against a small imitation of FRR that keeps lines by their place, as <c>show running-config</c> prints them.</summary>
public class FrrDifferenceTests
{
    private readonly FrrImitation _frr = new();

    [Fact]
    public void From_nothing_everything_is_set_and_then_nothing_differs()
    {
        var wanted = Typical().Compose();
        Assert.NotEmpty(Bring(wanted));
        Assert.Contains(" neighbor 10.0.0.2 remote-as 64513", _frr.Text, StringComparison.Ordinal);
        Assert.Contains("  network 198.51.100.200/32", _frr.Text, StringComparison.Ordinal);
        Assert.Contains(" set community 64512:7", _frr.Text, StringComparison.Ordinal);
        Assert.Contains(" profile portico-fast-", _frr.Text, StringComparison.Ordinal);
        Assert.Empty(Bring(wanted));
    }

    [Fact]
    public void A_new_Service_costs_a_line_for_the_list_and_one_for_the_network()
    {
        var bench = Typical();
        Bring(bench.Compose());
        bench.Serve("more", nodes: "n1");
        var commands = Bring(bench.Compose());
        Assert.Single(commands, c => c.StartsWith("ip prefix-list portico-r1-", StringComparison.Ordinal) && c.EndsWith(" permit 198.51.100.201/32", StringComparison.Ordinal));
        Assert.Contains("  network 198.51.100.201/32", commands);
        Assert.DoesNotContain(commands, c => c.Contains("200", StringComparison.Ordinal) || c.Contains("neighbor", StringComparison.Ordinal));
    }

    [Fact]
    public void A_peer_that_changes_begins_anew_and_no_other_does()
    {
        var bench = Typical().Put(Peer("r2", "10.0.0.3"));
        Bring(bench.Compose());
        bench.Put(Peer("r2", "10.0.0.3") with { Password = "new" });
        var commands = Bring(bench.Compose());
        Assert.Contains(" no neighbor 10.0.0.3", commands);
        Assert.DoesNotContain(commands, c => c.Contains("10.0.0.2", StringComparison.Ordinal));
    }

    [Fact]
    public void Other_marks_are_another_map_and_the_peer_is_switched_over_before_the_old_one_goes()
    {
        var bench = Typical();
        Bring(bench.Compose());
        bench.Put(Ad() with { LocalPref = 7 });
        var commands = Bring(bench.Compose()).ToList();
        var made = commands.FindIndex(c => c.StartsWith("route-map portico-r1-out-", StringComparison.Ordinal));
        var switched = commands.FindIndex(c => c.StartsWith("  neighbor 10.0.0.2 route-map portico-r1-out-", StringComparison.Ordinal));
        var gone = commands.FindIndex(c => c.StartsWith("no route-map portico-r1-out-", StringComparison.Ordinal));
        Assert.True(made >= 0 && made < switched && switched < gone, string.Join('\n', commands));
        Assert.DoesNotContain(commands, c => c.Contains("no network", StringComparison.Ordinal) || c.Contains("no neighbor", StringComparison.Ordinal));
    }

    [Fact]
    public void At_the_end_nothing_of_ours_is_left()
    {
        Bring(Typical().Compose());
        Bring(FrrConfiguration.Empty);
        Assert.DoesNotContain("portico", _frr.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("router bgp", _frr.Text, StringComparison.Ordinal);
        Assert.Empty(Bring(FrrConfiguration.Empty));
    }

    [Fact]
    public void What_somebody_else_has_configured_stays()
    {
        string[] theirs = ["ip prefix-list mine permit 10.0.0.0/8", "router bgp 64512", " neighbor 192.0.2.1 remote-as 1", " address-family ipv4 unicast", "  network 203.0.113.0/24", " exit-address-family", "exit"];
        _frr.Apply(theirs);
        Bring(Typical().Compose());
        Bring(FrrConfiguration.Empty);
        Assert.Contains("ip prefix-list mine seq 5 permit 10.0.0.0/8", _frr.Text, StringComparison.Ordinal);
        Assert.Contains(" neighbor 192.0.2.1 remote-as 1", _frr.Text, StringComparison.Ordinal);
        Assert.Contains("  network 203.0.113.0/24", _frr.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("portico", _frr.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("198.51.100.200", _frr.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_number_of_our_own_is_another_process()
    {
        var bench = Typical();
        Bring(bench.Compose());
        bench.Put(Peer() with { MyASN = 65000 });
        Bring(bench.Compose());
        Assert.Contains("router bgp 65000", _frr.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("router bgp 64512", _frr.Text, StringComparison.Ordinal);
        Assert.Contains("  network 198.51.100.200/32", _frr.Text, StringComparison.Ordinal);
        Assert.Empty(Bring(bench.Compose()));
    }

    [Fact]
    public void A_peer_in_a_VRF_is_of_another_process_that_tells_only_its_own_networks_and_goes_alone()
    {
        var bench = Typical();
        var before = bench.Compose();
        Bring(before);
        var text = _frr.Text;
        bench.Put(Peer("red", "10.0.0.2") with { Vrf = "red", MyASN = 7 }, Ad("red") with { Peers = ["red"], AggregationLength = 26 });
        var commands = Bring(bench.Compose());
        Assert.Contains("router bgp 7 vrf red", commands);
        Assert.DoesNotContain("router bgp 64512", commands);
        var red = _frr.Text[_frr.Text.IndexOf("router bgp 7 vrf red", StringComparison.Ordinal)..];
        Assert.Contains("  network 198.51.100.192/26", red, StringComparison.Ordinal);
        Assert.Empty(Bring(bench.Compose()));
        Assert.Equal(["no router bgp 7 vrf red"], Bring(before).Where(c => c.Contains("bgp ", StringComparison.Ordinal) && !c.Contains("delay", StringComparison.Ordinal)));
        Assert.Equal(text, _frr.Text);
    }

    [Fact]
    public void Whatever_ran_before_leads_to_the_same_as_from_nothing()
    {
        var random = new Random(7);
        for (var round = 0; round < 200; round++)
        {
            var bench = new BgpBench().Put(Peer() with { Password = random.Next(3) == 0 ? "p" : "" }, Ad() with { LocalPref = random.Next(2), Communities = random.Next(2) == 0 ? [] : ["1:2"] });
            if (random.Next(2) == 0)
            {
                bench.Put(Peer("r2", "fd00::2") with { DualStackAddressFamily = random.Next(2) == 0, Vrf = random.Next(2) == 0 ? "red" : "" });
            }

            for (var i = random.Next(4); i > 0; i--)
            {
                bench.Serve($"web{i}", nodes: random.Next(3) == 0 ? [] : ["n1"]);
            }

            var wanted = random.Next(6) == 0 ? FrrConfiguration.Empty : bench.Compose();
            Bring(wanted);
            var fresh = new FrrImitation();
            fresh.Apply(All(FrrDifference.Between(FrrRunning.Read(""), wanted)));
            Assert.Equal(fresh.Sorted, _frr.Sorted);
        }
    }

    private static BgpBench Typical() => new BgpBench()
        .Put(new BFDProfile { Metadata = Meta("fast"), ReceiveInterval = 100 }, Peer() with { BfdProfile = "fast" }, Ad() with { Communities = ["64512:7"] })
        .Serve("web", nodes: "n1");

    private IReadOnlyList<string> Bring(FrrConfiguration wanted)
    {
        var commands = All(FrrDifference.Between(FrrRunning.Read(_frr.Text), wanted));
        _frr.Apply(commands);
        return commands;
    }

    private static IReadOnlyList<string> All(FrrChange change) => [.. change.Profiles, .. change.Bgp, .. change.GoneProfiles];
}
