using Xunit;
using static Portico.NetworkTests.LoadBalancing.BalancerManifest;
using static Portico.NetworkTests.LoadBalancing.Segment;

namespace Portico.NetworkTests.LoadBalancing;

/// <summary>Fields of a BGPPeer and a BFDProfile, each with a session that would not be there, or be another one, without it.</summary>
public sealed class BgpPeerTests(Segment net) : BgpScenario(net)
{
    private static string Told => Web + Bgp("a", "");

    /// <summary>A Service with addresses of both families.</summary>
    private static string Both => Nodes() + Pool() + Service(addresses: $"{Vip},{Vip6}") + Slice(endpoints: "n1") + Bgp("a", "");

    private static string Router6 => " neighbor fd00:5::11 remote-as 64512\n neighbor fd00:5::11 timers connect 1\n address-family ipv6 unicast\n  neighbor fd00:5::11 activate\n exit-address-family";

    [Fact]
    public void With_dynamicASN_the_routers_number_is_another_one_or_ours()
    {
        RouterSpeaks(64513);
        Net.Speak(Told + Peer("myASN: 64512, dynamicASN: external"), "n1");
        Eventually(() => Path()?["aspath"]?["string"]?.GetValue<string>() == "64512");

        Router.Configure("no router bgp 64513");
        RouterSpeaks(64512);
        Net.Change(Told + Peer("myASN: 64512, dynamicASN: internal"));
        Eventually(() => Path()?["aspath"]?["string"]?.GetValue<string>() == "Local");
    }

    [Fact]
    public void With_localASN_the_session_is_of_that_number_and_it_is_put_before_ours()
    {
        RouterSpeaks(64513, remote: "65000");
        Net.Speak(Told + Peer($"{Session}, localASN: 65000"), "n1");
        Eventually(() => Path()?["aspath"]?["string"]?.GetValue<string>() == "65000 64512");
    }

    [Fact]
    public void With_ebgpMultiHop_the_router_is_behind_others_and_reached_by_the_default_route()
    {
        Net.Configure("lan", "address add 203.0.113.1/32 dev lo");
        Net.Configure("n1", "route add default via 198.51.100.2");
        try
        {
            RouterSpeaks(64513, $" neighbor {NodeAddress} ebgp-multihop\n neighbor {NodeAddress} update-source 203.0.113.1");
            var far = Object("BGPPeer", "router", $"peerAddress: 203.0.113.1, connectTime: 1s, ebgpMultiHop: true, {Session}", "v1beta2");
            Net.Speak(Told + far, "n1");
            Eventually(() => Path() is not null);
        }
        finally
        {
            Net.Configure("n1", "route delete default");
            Net.Configure("lan", "address delete 203.0.113.1/32 dev lo");
        }
    }

    [Fact]
    public void With_sourceAddress_the_session_comes_from_it_and_with_peerPort_it_goes_to_that_port()
    {
        Net.Configure("n1", "address add 198.51.100.111/24 dev eth0");
        Net.Run("lan", "nft", "add table ip turn { chain in { type nat hook prerouting priority -100; tcp dport 1790 redirect to :179; }; }");
        try
        {
            RouterSpeaks(64513, " neighbor 198.51.100.111 passive", neighbor: "198.51.100.111");
            Net.Speak(Told + Peer($"{Session}, sourceAddress: 198.51.100.111, peerPort: 1790"), "n1");
            Eventually(() => Path() is not null);
            Assert.Equal("Established", State("198.51.100.111"));
        }
        finally
        {
            Net.Run("lan", "nft", "delete table ip turn");
            Net.Configure("n1", "address delete 198.51.100.111/24 dev eth0");
        }
    }

    [Fact]
    public void A_session_over_IPv6_tells_that_family_and_with_dualStackAddressFamily_both()
    {
        RouterSpeaks(64513, Router6 + "\n address-family ipv4 unicast\n  neighbor fd00:5::11 activate\n exit-address-family");

        // disableMP was another word for what is so by default.
        Net.Speak(Both + Peer6($"{Session}, disableMP: false"), "n1");
        Eventually(() => Path($"{Vip6}/128") is not null);
        Assert.Null(Path());
        Assert.Equal("fd00:5::11", Path($"{Vip6}/128")!["nexthops"]![0]!["ip"]!.GetValue<string>());

        Net.Change(Both + Peer6($"{Session}, dualStackAddressFamily: true"));
        Eventually(() => Path() is not null && Path($"{Vip6}/128") is not null);
    }

    [Fact]
    public void An_IPv6_router_on_the_link_needs_no_common_prefix()
    {
        Net.Configure("lan", "address add fd00:77::2/128 dev eth0\n-6 route add fd00:77::11/128 dev eth0");
        Net.Configure("n1", "address add fd00:77::11/128 dev eth0\n-6 route add fd00:77::2/128 dev eth0");
        try
        {
            RouterSpeaks(64513, Router6.Replace("fd00:5::11", "fd00:77::11", StringComparison.Ordinal) + "\n neighbor fd00:77::11 disable-connected-check\n neighbor fd00:77::11 update-source fd00:77::2");
            Net.Speak(Both + Object("BGPPeer", "router", $"peerAddress: 'fd00:77::2', sourceAddress: 'fd00:77::11', connectTime: 1s, {Session}", "v1beta2"), "n1");
            Eventually(() => Path($"{Vip6}/128") is not null);
        }
        finally
        {
            Net.Configure("lan", "address delete fd00:77::2/128 dev eth0\n-6 route delete fd00:77::11/128 dev eth0");
            Net.Configure("n1", "address delete fd00:77::11/128 dev eth0\n-6 route delete fd00:77::2/128 dev eth0");
        }
    }

    [Fact]
    public void Behind_an_interface_the_router_needs_no_address()
    {
        Router.Configure("router bgp 64513\n no bgp ebgp-requires-policy\n neighbor eth0 interface remote-as external\n neighbor eth0 timers connect 1\n address-family ipv6 unicast\n  neighbor eth0 activate\n exit-address-family\nexit");
        Net.Speak(Both + Object("BGPPeer", "router", "interface: eth0, connectTime: 1s, myASN: 64512, dynamicASN: external", "v1beta2"), "n1");
        Eventually(() => Path() is not null && Path($"{Vip6}/128") is not null);
        Net.Eventually(() => Said("the session with eth0 is established"));
        Net.Change(Both);
        Eventually(() => Path() is null && !Node.Show("show running-config").Contains("eth0", StringComparison.Ordinal));
    }

    [Fact]
    public void In_a_VRF_the_session_and_its_numbers_are_apart_from_those_outside()
    {
        // With this flag FRR takes other namespaces of the network for VRFs, so it needs no kernel that has them.
        var vrf = Net.NameOf("n2");
        Node.Kill("bgpd");
        Node.Kill("zebra");
        Node.Start("zebra", "--vrfwnetns");
        Node.Start("bgpd");
        RouterSpeaks(64513, " neighbor 198.51.100.12 remote-as 64700\n neighbor 198.51.100.12 timers connect 1");
        var outside = Web + Bgp("a", "peers: [router]") + Peer(Session);
        Net.Speak(outside + Bgp("b", "peers: [red], aggregationLength: 26") + Object("BGPPeer", "red", $"peerAddress: 198.51.100.2, vrf: {vrf}, connectTime: 1s, myASN: 64700, peerASN: 64513", "v1beta2"), "n1");
        Eventually(() => Path()?["aspath"]?["string"]?.GetValue<string>() == "64512" && Path("198.51.100.192/26")?["aspath"]?["string"]?.GetValue<string>() == "64700");
        Net.Eventually(() => Said($"BGPPeer red: the session with 198.51.100.2 in VRF {vrf} is established"));

        Net.Change(outside);
        Eventually(() => Path("198.51.100.192/26") is null);
        Assert.NotNull(Path());
        Assert.Equal(1, Established());
        Eventually(() => !Node.Show("show running-config").Contains(" vrf ", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_field_of_a_BFD_profile_is_taken_and_one_that_is_not_set_has_FRRs_default()
    {
        Node.Start("bfdd");
        RouterSpeaks(64513);
        var full = Object("BFDProfile", "full", "receiveInterval: 110, transmitInterval: 120, echoInterval: 130, detectMultiplier: 7, echoMode: true, passiveMode: true, minimumTtl: 250");
        var none = Object("BFDProfile", "none", "");
        Net.Speak(Told + full + Peer($"{Session}, bfdProfile: full"), "n1");
        string[] expected =
            ["detect-multiplier 7", "echo receive-interval 130", "echo transmit-interval 130", "echo-mode", "minimum-ttl 250", "passive-mode", "receive-interval 110", "transmit-interval 120"];
        Eventually(() => Profile().SequenceEqual(expected));
        Eventually(() => Node.Show("show bgp neighbors json").Contains("Established", StringComparison.Ordinal));
        Assert.DoesNotContain("FRR:", Net.Said("n1"), StringComparison.Ordinal);

        Net.Change(Told + none + Peer($"{Session}, bfdProfile: none"));
        Eventually(() => Node.Show("show running-config", "bfdd").Contains("profile portico-none-", StringComparison.Ordinal) && Profile().Length == 0);

        string[] Profile() =>
        [
            .. Node.Show("show running-config", "bfdd").Split('\n').SkipWhile(l => !l.StartsWith(" profile portico-", StringComparison.Ordinal)).Skip(1)
                .TakeWhile(l => l.StartsWith("  ", StringComparison.Ordinal)).Select(l => l.Trim()).Order(StringComparer.Ordinal),
        ];
    }
}
