using System.Diagnostics;
using System.Globalization;
using Xunit;
using static Portico.NetworkTests.LoadBalancing.BalancerManifest;
using static Portico.NetworkTests.LoadBalancing.Segment;

namespace Portico.NetworkTests.LoadBalancing;

/// <summary>How sessions with routers begin, end and come back.</summary>
public sealed class BgpSessionTests(Segment net, ITestOutputHelper output) : BgpScenario(net)
{
    private static string Told => Web + Bgp("a", "");

    [Fact]
    public void A_session_is_opened_with_the_numbers_the_id_and_the_times_of_the_peer()
    {
        RouterSpeaks(64513);
        Net.Speak(Told + Peer(Session), "n1");
        Eventually(() => Path() is not null);
        Assert.Equal(64512, Neighbor()!["remoteAs"]!.GetValue<long>());
        Assert.Equal("advertisedAndReceived", Neighbor()!["neighborCapabilities"]!["4byteAs"]!.GetValue<string>());
        Assert.True(Neighbor()!["neighborCapabilities"]!["multiprotocolExtensions"]!["ipv4Unicast"]!["advertisedAndReceived"]!.GetValue<bool>());
        Assert.Equal(NodeAddress, Neighbor()!["remoteRouterId"]!.GetValue<string>());
        Net.Eventually(() => Said("BGPPeer router: the session with 198.51.100.2 is established"));
        Assert.Contains(" neighbor 198.51.100.2 timers connect 1\n", Node.Show("show running-config"), StringComparison.Ordinal);

        Net.Change(Told + Peer($"{Session}, routerID: 10.9.8.7, holdTime: 90s"));
        Eventually(() => Neighbor()!["remoteRouterId"]!.GetValue<string>() == "10.9.8.7" && Path() is not null);
        Assert.Equal(90_000, Neighbor()!["bgpTimerHoldTimeMsecs"]!.GetValue<int>());
        Assert.Equal(30_000, Neighbor()!["bgpTimerKeepAliveIntervalMsecs"]!.GetValue<int>());
    }

    [Fact]
    public void A_node_without_an_IPv4_address_takes_its_id_from_its_name()
    {
        RouterSpeaks(64513, " neighbor fd00:5::11 remote-as 64512\n neighbor fd00:5::11 timers connect 1\n address-family ipv6 unicast\n  neighbor fd00:5::11 activate\n exit-address-family");
        var objects = Nodes().Replace("198.51.100.11", "'fd00:5::11'", StringComparison.Ordinal) + Pool() + Service(addresses: Vip6) + Slice(endpoints: "n1") + Bgp("a", "");
        Net.Speak(objects + Peer6(Session), "n1");
        Eventually(() => Path($"{Vip6}/128") is not null);
        Assert.Equal("235.121.84.236", Neighbor("fd00:5::11")!["remoteRouterId"]!.GetValue<string>());
    }

    [Fact]
    public void A_router_that_crashed_is_told_everything_again()
    {
        RouterSpeaks(64513);
        var objects = Told + Service("more", "198.51.100.201") + Slice("more") + Peer(Session);
        Net.Speak(objects, "n1");
        Eventually(() => Path() is not null && Path("198.51.100.201/32") is not null);
        Router.Kill("bgpd");
        Net.Eventually(() => Said("the session with 198.51.100.2 has ended"));
        Router.Start("bgpd");
        RouterSpeaks(64513);
        Eventually(() => Path() is not null && Path("198.51.100.201/32") is not null);
        Net.Eventually(() => Net.Said("n1").LastIndexOf("is established", StringComparison.Ordinal) > Net.Said("n1").LastIndexOf("has ended", StringComparison.Ordinal));
    }

    [Fact]
    public void A_router_that_expects_another_number_is_named_with_the_reason_and_tried_again()
    {
        RouterSpeaks(64513, remote: "64999");
        Net.Speak(Told + Peer(Session), "n1");
        Net.Eventually(() => Said("BGPPeer router: no session with 198.51.100.2: OPEN Message Error/Bad Peer AS"));
        Assert.Null(Path());
        RouterSpeaks(64513);
        Eventually(() => Path() is not null);
    }

    [Fact]
    public void A_router_that_falls_silent_has_no_session_after_the_hold_time_and_gets_one_when_it_speaks_again()
    {
        RouterSpeaks(64513);
        Net.Speak(Told + Peer($"{Session}, holdTime: 3s, keepaliveTime: 1s"), "n1");
        Eventually(() => Path() is not null);
        Net.Run("lan", "nft", "add table ip cut { chain in { type filter hook input priority 0; tcp dport 179 drop; tcp sport 179 drop; }; chain out { type filter hook output priority 0; tcp dport 179 drop; tcp sport 179 drop; }; }");
        var clock = Stopwatch.StartNew();
        Net.Eventually(() => Said("the session with 198.51.100.2 has ended: Hold Timer Expired"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"ended after {clock.ElapsedMilliseconds} ms of silence, with a hold time of 3 s"));
        Net.Run("lan", "nft", "delete table ip cut");
        Eventually(() => Path() is not null);
        Net.Eventually(() => Net.Said("n1").LastIndexOf("is established", StringComparison.Ordinal) > Net.Said("n1").LastIndexOf("has ended", StringComparison.Ordinal));
    }

    [Fact]
    public void Numbers_of_four_bytes_are_told_to_a_router_that_knows_them_and_to_one_that_does_not()
    {
        RouterSpeaks(4200000001, remote: "4200000000");
        var objects = Told + Peer("myASN: 4200000000, peerASN: 4200000001");
        Net.Speak(objects, "n1");
        Eventually(() => Path()?["aspath"]?["string"]?.GetValue<string>() == "4200000000");

        // An old one offers nothing and is a small number itself: the path goes with AS_TRANS (RFC 6793).
        Router.Configure("no router bgp 4200000001");
        RouterSpeaks(64513, $" neighbor {NodeAddress} dont-capability-negotiate", remote: "4200000000");
        Net.Change(Told + Peer("myASN: 4200000000, peerASN: 64513"));
        Eventually(() => Path()?["aspath"]?["string"]?.GetValue<string>() == "23456");
        Assert.NotEqual("advertisedAndReceived", Neighbor()!["neighborCapabilities"]?["4byteAs"]?.GetValue<string>());
    }

    [Fact]
    public void A_process_that_begins_anew_touches_no_session_and_one_that_ends_leaves_nothing_behind()
    {
        RouterSpeaks(64513);
        Net.Speak(Told + Peer($"{Session}, holdTime: 30s, keepaliveTime: 10s"), "n1");
        Eventually(() => Path() is not null);
        Net.Kill("n1");
        Net.Launch("n1");
        Net.Eventually(() => Said("is established"));
        Assert.NotNull(Path());
        Assert.Equal(1, Established());
        Assert.Equal(30_000, Neighbor()!["bgpTimerHoldTimeMsecs"]!.GetValue<int>());

        Net.Stop("n1");
        Eventually(() => Path() is null);
        Assert.DoesNotContain("portico", Node.Show("show running-config"), StringComparison.Ordinal);
        Assert.DoesNotContain("router bgp", Node.Show("show running-config"), StringComparison.Ordinal);
    }

    [Fact]
    public void With_graceful_restart_the_router_keeps_its_routes_while_the_speaker_and_even_FRR_is_away()
    {
        RouterSpeaks(64513);
        Net.Speak(Told + Peer($"{Session}, enableGracefulRestart: true"), "n1");
        Eventually(() => Path() is not null);
        Net.Stop("n1");
        Node.Kill("bgpd");
        Eventually(() => State() is not "Established" and not "");
        Assert.NotNull(Path());

        Node.Start("bgpd");
        Net.Launch("n1");
        Eventually(() => State() == "Established" && Path() is { } path && path["stale"] is null);
        Assert.Equal(2, Established());
    }
}
