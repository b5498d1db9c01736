using System.Diagnostics;
using System.Globalization;
using Xunit;
using static Portico.NetworkTests.LoadBalancing.BalancerManifest;
using static Portico.NetworkTests.LoadBalancing.Segment;

namespace Portico.NetworkTests.LoadBalancing;

/// <summary>Daemons of FRR on the node that are away, begin anew or come later than the speaker.</summary>
public sealed class BgpLifeTests(Segment net, ITestOutputHelper output) : BgpScenario(net)
{
    private static string Told => Web + Bgp("a", "");

    private static string Fast => Object("BFDProfile", "fast", "receiveInterval: 100, transmitInterval: 100, detectMultiplier: 5");

    [Fact]
    public void FRR_that_begins_anew_is_told_everything_again()
    {
        RouterSpeaks(64513);
        Net.Speak(Told + Peer(Session), "n1");
        Eventually(() => Path() is not null);

        // Its zebra keeps what it heard of route maps and lists; bgpd has to be told all the same.
        Node.Kill("bgpd");
        Net.Eventually(() => Said("FRR: bgpd is not reached at"));
        Eventually(() => Path() is null);
        Node.Start("bgpd");
        Eventually(() => Path() is not null);
        Net.Eventually(() => Said("FRR does as it is told again"));
    }

    [Fact]
    public void Without_FRR_the_local_network_is_served_and_the_log_says_what_is_missing()
    {
        RouterSpeaks(64513);
        StopFrr("n1");
        Net.Speak(Told + Peer(Session) + L2("a", "ipAddressPools: [main]"), "n1");
        Assert.Equal(["n1"], Net.WhoHas(Vip));
        Net.Eventually(() => Said("FRR's daemons zebra and bgpd must run on this node (Debian's package frr, with bgpd=yes in /etc/frr/daemons) or in containers beside"));
        Assert.Equal(["n1"], Net.WhoHas(Vip));
        StartFrr("n1");
        Eventually(() => Path() is not null);
    }

    [Fact]
    public void A_session_begins_without_the_daemon_of_its_BFD_profile_and_is_watched_once_it_is_there()
    {
        Router.Start("bfdd");
        RouterSpeaks(64513, $" neighbor {NodeAddress} bfd");
        Net.Speak(Told + Fast + Peer($"{Session}, bfdProfile: fast"), "n1");
        Eventually(() => Path() is not null);
        Net.Eventually(() => Said("FRR: bfdd is not reached at"));
        Node.Start("bfdd");
        Eventually(() => Watched() && Node.ShowJson("show bfd peers json", "bfdd")?[0] is { } watch
            && watch["transmit-interval"]!.GetValue<int>() == 100 && watch["detect-multiplier"]!.GetValue<int>() == 5);
    }

    [Fact]
    public void With_BFD_a_silent_router_is_noticed_long_before_the_hold_time()
    {
        Node.Start("bfdd");
        Router.Start("bfdd");
        RouterSpeaks(64513, $" neighbor {NodeAddress} bfd");
        Net.Speak(Told + Fast + Peer($"{Session}, bfdProfile: fast, holdTime: 90s"), "n1");
        Eventually(() => Path() is not null && Watched());
        const string Labels = "{peer=\"198.51.100.2:179\",vrf=\"default\"}";
        Net.Eventually(() => Net.Metric("n1", $"metallb_bgp_session_up{Labels}") > 0 && Net.Metric("n1", $"metallb_bgp_announced_prefixes_total{Labels}") > 0 && Net.Metric("n1", $"metallb_bgp_updates_total{Labels}") > 0);
        Net.Eventually(() => Net.Metric("n1", "metallb_bfd_session_up{peer=\"198.51.100.2\",vrf=\"default\"}") > 0 && Net.Metric("n1", "metallb_bfd_control_packet_input{peer=\"198.51.100.2\",vrf=\"default\"}") > 0);
        Net.Run("lan", "nft", "add table ip cut { chain in { type filter hook input priority 0; drop; }; chain out { type filter hook output priority 0; drop; }; }");
        var clock = Stopwatch.StartNew();
        Net.Eventually(() => Said("the session with 198.51.100.2 has ended: "));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"ended and noticed after {clock.ElapsedMilliseconds} ms of silence, with 5 packets each 100 ms"));
        Net.Run("lan", "nft", "delete table ip cut");
        Net.Eventually(() => Net.Metric("n1", "metallb_bfd_session_down_events{peer=\"198.51.100.2\",vrf=\"default\"}") > 0);
        Assert.Contains("BFD", Net.Said("n1")[Net.Said("n1").IndexOf("has ended", StringComparison.Ordinal)..], StringComparison.Ordinal);
        Eventually(() => Path() is not null);
    }

    [Fact]
    public void What_the_nodes_owner_has_configured_stays_and_another_number_than_his_is_refused_with_the_reason()
    {
        RouterSpeaks(64513);
        Node.Configure("ip prefix-list mine permit 10.0.0.0/8\nrouter bgp 64512\n neighbor 198.51.100.13 remote-as 64999\n address-family ipv4 unicast\n  network 10.1.1.0/24\n exit-address-family\nexit");
        var before = Node.Show("show running-config");
        Net.Speak(Told + Peer("myASN: 65000, peerASN: 64513"), "n1");
        Net.Eventually(() => Said("FRR: it speaks BGP as AS 64512 with 198.51.100.13, which somebody else has configured; peers with myASN 65000 cannot be served; it is tried again"));
        Assert.Equal(before, Node.Show("show running-config"));

        // His network is not for our router: only what our maps let pass.
        Net.Change(Told + Peer(Session));
        Eventually(() => Path() is not null);
        Assert.Null(Path("10.1.1.0/24"));
        Net.Stop("n1");
        Eventually(() => Path() is null);
        var after = Node.Show("show running-config");
        Assert.All(
            (string[])["ip prefix-list mine seq 5 permit 10.0.0.0/8", "router bgp 64512", " neighbor 198.51.100.13 remote-as 64999", "  network 10.1.1.0/24"],
            line => Assert.Contains(line, after, StringComparison.Ordinal));
        Assert.DoesNotContain("portico", after, StringComparison.Ordinal);
    }

    private bool Watched() => Router.Show("show bfd peers json", "bfdd").Contains("\"status\":\"up\"", StringComparison.Ordinal);
}
