using System.Diagnostics;
using System.Globalization;
using Xunit;
using static Portico.NetworkTests.LoadBalancing.BalancerManifest;
using static Portico.NetworkTests.LoadBalancing.Segment;

namespace Portico.NetworkTests.LoadBalancing;

/// <summary>What a router learns of Services and forgets.</summary>
public sealed class BgpTests(Segment net, ITestOutputHelper output) : BgpScenario(net)
{
    [Fact]
    public void The_router_learns_the_address_with_its_communities_and_forgets_it_with_the_Service()
    {
        RouterSpeaks(64513);
        var marks = Object("Community", "names", "communities: [{name: quiet, value: '65535:65282'}]");
        var objects = Nodes() + Pool(addresses: "198.51.100.192/26") + Peer(Session) + marks + Bgp("a", "communities: [quiet, '64512:7', 'large:64512:1:2']");
        Net.Speak(objects + Service() + Slice(endpoints: "n1"), "n1");
        Eventually(() => Path()?["aspath"]?["string"]?.GetValue<string>() == "64512");
        Assert.Equal("IGP", Path()!["origin"]!.GetValue<string>());
        Assert.Null(Path()!["locPrf"]);
        Assert.Equal("64512:7 no-advertise", Path()!["community"]!["string"]!.GetValue<string>());
        Assert.Equal("64512:1:2", Path()!["largeCommunity"]!["string"]!.GetValue<string>());
        Assert.Equal("198.51.100.11", Path()!["nexthops"]![0]!["ip"]!.GetValue<string>());

        Net.Change(objects + Service() + Slice(endpoints: "n2"));
        Net.WhoHas(Vip);
        Assert.NotNull(Path());

        Net.Change(objects + Service(more: "externalTrafficPolicy: Local") + Slice(endpoints: "n2"));
        Eventually(() => Path() is null);
        Net.Change(objects + Service(more: "externalTrafficPolicy: Local") + Slice(endpoints: "n1"));
        Eventually(() => Path() is not null);
        Net.Change(objects + Service() + Slice(endpoints: ""));
        Eventually(() => Path() is null);
        Net.Change(objects + Service() + Slice(endpoints: "n1!"));
        Net.WhoHas(Vip);
        Assert.Null(Path());
        Net.Change(objects + Service() + Slice(endpoints: "n1~"));
        Eventually(() => Path() is not null);
        Net.Change(objects);
        Eventually(() => Path() is null);
        Assert.Equal(1, Established());
        Assert.Equal("Established", State());
    }

    [Fact]
    public void Addresses_are_told_as_one_network_and_preference_within_the_own_system()
    {
        RouterSpeaks(64512);
        var objects = Web + Peer("myASN: 64512, peerASN: 64512");
        Net.Speak(objects + Bgp("wide", "aggregationLength: 26, localPref: 150") + Bgp("one", "localPref: 100, communities: ['65535:65282']") + Service("more", "198.51.100.201") + Slice("more"), "n1");
        Eventually(() => Path("198.51.100.192/26") is not null && Path() is not null && Path("198.51.100.201/32") is not null);
        Assert.Equal(150, Path("198.51.100.192/26")!["locPrf"]!.GetValue<int>());
        Assert.Equal(100, Path()!["locPrf"]!.GetValue<int>());
        Assert.Equal("no-advertise", Path()!["community"]!["string"]!.GetValue<string>());
        Assert.Null(Path("198.51.100.192/26")!["community"]);
        Assert.Equal("Local", Path()!["aspath"]!["string"]!.GetValue<string>());

        Net.Change(objects + Bgp("wide", "aggregationLength: 26, localPref: 150"));
        Eventually(() => Path() is null && Path("198.51.100.201/32") is null);
        Assert.NotNull(Path("198.51.100.192/26"));

        Net.Change(objects + Bgp("wide", "aggregationLength: 24"));
        Eventually(() => Path("198.51.100.192/26") is null);
        Assert.Contains("198.51.100.0/24 reaches beyond the addresses of pool main", Net.Said("n1"), StringComparison.Ordinal);
    }

    [Fact]
    public void Another_password_is_reported_and_the_right_one_brings_the_session()
    {
        RouterSpeaks(64513, " neighbor 198.51.100.11 password secret");
        Net.Speak(Web + Bgp("a", "") + Peer($"{Session}, password: other"), "n1");
        Net.Eventually(() => Net.Said("n1").Contains("segments arrive that are not signed with our password", StringComparison.Ordinal));
        Assert.Null(Path());

        var secret = """
            apiVersion: v1
            kind: Secret
            metadata: {name: hidden, namespace: metallb-system}
            type: kubernetes.io/basic-auth
            stringData: {password: secret}
            ---

            """;
        Net.Change(Web + Bgp("a", "") + Peer($"{Session}, passwordSecret: {{name: hidden}}") + secret);
        Eventually(() => Path() is not null);
        Assert.DoesNotContain("secret\n", Net.Said("n1"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_session_is_where_the_peers_nodes_are_and_an_advertisement_where_its_peers_are()
    {
        RouterSpeaks(64513);
        Net.Speak(Web + Bgp("a", "") + Peer($"{Session}, nodeSelectors: [{{matchLabels: {{name: n2}}}}]"), "n1");
        Net.Eventually(() => Net.Said("n1").Contains("with protocol bgp", StringComparison.Ordinal));
        Assert.DoesNotContain("router bgp", Node.Show("show running-config"), StringComparison.Ordinal);

        Net.Change(Web + Bgp("a", "peers: [elsewhere]") + Peer($"{Session}, nodeSelectors: [{{matchLabels: {{name: n1}}}}]"));
        Eventually(() => State() == "Established");
        Assert.Null(Path());

        Net.Change(Web + Bgp("a", "peers: [router]") + Peer($"{Session}, nodeSelectors: [{{matchLabels: {{name: n1}}}}]"));
        Eventually(() => Path() is not null);
    }

    [Fact]
    public void A_network_that_several_Services_share_is_told_once_and_withdrawn_with_the_last()
    {
        RouterSpeaks(64513);
        var pools = Nodes() + Pool(addresses: "198.51.100.192/26") + Pool("marks", "203.0.113.0/28") + Peer(Session)
            + Bgp("wide", "aggregationLength: 26, ipAddressPools: [main]") + Bgp("marks", "ipAddressPools: [marks]");
        string Web(int number) => Service($"web{number}", $"198.51.100.20{number}") + Slice($"web{number}", "n1");
        string Mark(int number) => Service($"mark{number}", $"203.0.113.{number}") + Slice($"mark{number}", "n1");
        Net.Speak(pools + Web(1) + Web(2) + Web(3) + Mark(1), "n1");
        Eventually(() => Path("198.51.100.192/26") is not null && Path("203.0.113.1/32") is not null);
        var heard = Updates();

        // The mark is the one thing that the router hears.
        Net.Change(pools + Web(3) + Mark(1) + Mark(2));
        Eventually(() => Path("203.0.113.2/32") is not null);
        Assert.Equal(heard + 1, Updates());
        Assert.NotNull(Path("198.51.100.192/26"));
        Net.Change(pools + Mark(1) + Mark(2));
        Eventually(() => Path("198.51.100.192/26") is null);

        int Updates() => Neighbor()!["messageStats"]!["updatesRecv"]!.GetValue<int>();
    }

    [Fact]
    public void Advertisements_that_disagree_about_the_preference_announce_nothing()
    {
        RouterSpeaks(64512);
        var objects = Web + Peer("myASN: 64512, peerASN: 64512") + Bgp("a", "localPref: 100");
        Net.Speak(objects + Bgp("b", "localPref: 200"), "n1");
        Net.Eventually(() => Said("Service ns1/web: not announced here with protocol bgp: conflictingAdvertisements"));
        Eventually(() => State() == "Established");
        Assert.Null(Path());
        Net.Change(objects);
        Eventually(() => Path() is not null);
    }

    [Fact]
    public void A_node_that_is_to_be_left_out_withdraws_everything_and_keeps_its_session()
    {
        RouterSpeaks(64513);
        var objects = Pool(addresses: "198.51.100.192/26") + Service() + Slice(endpoints: "n1") + Bgp("a", "") + Peer(Session);
        Net.Speak(Nodes() + objects, "n1");
        Eventually(() => Path() is not null);
        Net.Change(Nodes(("n1", "node.kubernetes.io/exclude-from-external-load-balancers: ''")) + objects);
        Eventually(() => Path() is null);
        Net.Change(Nodes() + objects);
        Eventually(() => Path() is not null);
        Assert.Equal(1, Established());
    }

    [Fact]
    public void An_address_is_announced_on_the_local_network_and_to_routers_when_both_are_asked_for()
    {
        RouterSpeaks(64513);
        Net.Speak(Web + Peer(Session) + Bgp("a", "") + L2("a", "ipAddressPools: [main]"), "n1");
        Assert.Equal(["n1"], Net.WhoHas(Vip));
        Eventually(() => Path() is not null);
        Net.Change(Web + Peer(Session) + Bgp("a", ""));
        Assert.Empty(Net.WhoHas(Vip));
        Assert.NotNull(Path());
        Net.Change(Web + Peer(Session) + L2("a", "ipAddressPools: [main]"));
        Eventually(() => Path() is null);
        Assert.Equal(["n1"], Net.WhoHas(Vip));
    }

    [Fact]
    public void Of_two_routers_each_hears_what_is_for_it_and_only_the_one_that_changes_begins_anew()
    {
        RouterSpeaks(64513);
        var second = StartFrr("n3");
        Speaks(second, 64514, "", NodeAddress, "64512");
        string Other(string more) => Object("BGPPeer", "second", $"peerAddress: 198.51.100.13, connectTime: 1s, myASN: 64512, peerASN: 64514{more}", "v1beta2");
        int Begun() => second.ShowJson("show bgp neighbors json")?[NodeAddress]?["connectionsEstablished"]?.GetValue<int>() ?? 0;

        // 1. A second peer comes, and an advertisement is for one of them.
        Net.Speak(Web + Bgp("a", "peers: [router]") + Peer(Session), "n1");
        Eventually(() => Path() is not null);
        Net.Change(Web + Bgp("a", "peers: [router]") + Peer(Session) + Other(""));
        Eventually(() => Begun() == 1);
        Assert.Null(PathAt(second, $"{Vip}/32"));
        Net.Change(Web + Bgp("a", "") + Peer(Session) + Other(""));
        Eventually(() => PathAt(second, $"{Vip}/32") is not null);

        // 2. It changes. 3. Its nodes are others, by their labels. 4. It goes.
        Net.Change(Web + Bgp("a", "") + Peer(Session) + Other(", holdTime: 30s"));
        Eventually(() => Begun() == 2 && PathAt(second, $"{Vip}/32") is not null);
        Net.Change(Web + Bgp("a", "") + Peer(Session) + Other(", holdTime: 30s, nodeSelectors: [{matchLabels: {edge: 'yes'}}]"));
        Eventually(() => PathAt(second, $"{Vip}/32") is null);
        Net.Change(Nodes(("n1", "edge: 'yes'")) + Web[Nodes().Length..] + Bgp("a", "") + Peer(Session) + Other(", holdTime: 30s, nodeSelectors: [{matchLabels: {edge: 'yes'}}]"));
        Eventually(() => PathAt(second, $"{Vip}/32") is not null);
        Net.Change(Web + Bgp("a", "") + Peer(Session));
        Eventually(() => PathAt(second, $"{Vip}/32") is null);
        Assert.NotNull(Path());
        Assert.Equal(1, Established());
    }

    [Fact]
    public void Hundreds_of_addresses_are_told_and_one_that_goes_takes_no_other_along()
    {
        RouterSpeaks(64513);
        var pools = Nodes() + Pool(addresses: "198.18.0.0/22") + Peer(Session) + Bgp("a", "ipAddressPools: [main]");
        var services = Enumerable.Range(1, 300).Select(i => (Name: $"web{i}", Address: string.Create(CultureInfo.InvariantCulture, $"198.18.{i / 256}.{i % 256}"))).ToList();
        var clock = Stopwatch.StartNew();
        Net.Speak(pools + string.Concat(services.Select(s => Service(s.Name, s.Address) + Slice(s.Name, "n1"))), "n1");
        Eventually(() => Received() == 300);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"300 routes after {clock.ElapsedMilliseconds} ms"));

        clock.Restart();
        Net.Change(pools + string.Concat(services.Skip(1).Select(s => Service(s.Name, s.Address) + Slice(s.Name, "n1"))));
        Eventually(() => Received() == 299 && Path("198.18.0.1/32") is null);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"one less after {clock.ElapsedMilliseconds} ms"));
        Assert.Equal(1, Established());

        int Received() => Neighbor()?["addressFamilyInfo"]?["ipv4Unicast"]?["acceptedPrefixCounter"]?.GetValue<int>() ?? 0;
    }
}
