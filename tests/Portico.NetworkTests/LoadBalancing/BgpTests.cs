using System.Text.Json.Nodes;
using Xunit;
using static Portico.NetworkTests.LoadBalancing.BalancerManifest;
using static Portico.NetworkTests.LoadBalancing.Segment;

namespace Portico.NetworkTests.LoadBalancing;

/// <summary>What a router learns: FRR on the node, which Portico configures, and another FRR that is the router.</summary>
public sealed class BgpTests : IClassFixture<Segment>, IDisposable
{
    private const string Session = "myASN: 64512, peerASN: 64513";

    private readonly Segment _net;
    private readonly FrrDaemons? _node;
    private readonly FrrDaemons? _router;

    public BgpTests(Segment net)
    {
        _net = net;
        Assert.SkipWhen(FrrDaemons.Lacking is not null, FrrDaemons.Lacking ?? "");
        _node = net.StartFrr("n1");
        _router = net.StartFrr("lan");
    }

    private FrrDaemons Node => _node!;

    private FrrDaemons Router => _router!;

    private static string Web => Nodes() + Pool(addresses: "198.51.100.192/26") + Service() + Slice(endpoints: "n1");

    public void Dispose()
    {
        _net.Speak("");
        _node?.Dispose();
        _router?.Dispose();
    }

    [Fact]
    public void The_router_learns_the_address_with_its_communities_and_forgets_it_with_the_Service()
    {
        RouterSpeaks(64513);
        var marks = Object("Community", "names", "communities: [{name: quiet, value: '65535:65282'}]");
        var objects = Nodes() + Pool(addresses: "198.51.100.192/26") + Peer(Session) + marks + Bgp("a", "communities: [quiet, '64512:7', 'large:64512:1:2']");
        _net.Speak(objects + Service() + Slice(endpoints: "n1"), "n1");
        Eventually(() => Path()?["aspath"]?["string"]?.GetValue<string>() == "64512");
        Assert.Equal("64512:7 no-advertise", Path()!["community"]!["string"]!.GetValue<string>());
        Assert.Equal("64512:1:2", Path()!["largeCommunity"]!["string"]!.GetValue<string>());
        Assert.Equal("198.51.100.11", Path()!["nexthops"]![0]!["ip"]!.GetValue<string>());

        _net.Change(objects + Service() + Slice(endpoints: "n2"));
        _net.WhoHas(Vip);
        Assert.NotNull(Path());

        _net.Change(objects + Service(more: "externalTrafficPolicy: Local") + Slice(endpoints: "n2"));
        Eventually(() => Path() is null);
        _net.Change(objects + Service(more: "externalTrafficPolicy: Local") + Slice(endpoints: "n1"));
        Eventually(() => Path() is not null);
        _net.Change(objects);
        Eventually(() => Path() is null);
        Assert.Equal("Established", State());
    }

    [Fact]
    public void Addresses_are_told_as_one_network_and_preference_within_the_own_system()
    {
        RouterSpeaks(64512);
        var objects = Web + Peer("myASN: 64512, peerASN: 64512");
        _net.Speak(objects + Bgp("wide", "aggregationLength: 26, localPref: 150") + Bgp("one", "localPref: 100") + Service("more", "198.51.100.201") + Slice("more"), "n1");
        Eventually(() => Path("198.51.100.192/26") is not null && Path() is not null && Path("198.51.100.201/32") is not null);
        Assert.Equal(150, Path("198.51.100.192/26")!["locPrf"]!.GetValue<int>());
        Assert.Equal(100, Path()!["locPrf"]!.GetValue<int>());

        _net.Change(objects + Bgp("wide", "aggregationLength: 26, localPref: 150"));
        Eventually(() => Path() is null && Path("198.51.100.201/32") is null);
        Assert.NotNull(Path("198.51.100.192/26"));

        _net.Change(objects + Bgp("wide", "aggregationLength: 24"));
        Eventually(() => Path("198.51.100.192/26") is null);
        Assert.Contains("198.51.100.0/24 reaches beyond the addresses of pool main", _net.Said("n1"), StringComparison.Ordinal);
    }

    [Fact]
    public void Another_password_is_reported_and_the_right_one_brings_the_session()
    {
        RouterSpeaks(64513, " neighbor 198.51.100.11 password secret");
        _net.Speak(Web + Bgp("a", "") + Peer($"{Session}, password: other"), "n1");
        _net.Eventually(() => _net.Said("n1").Contains("segments arrive that are not signed with our password", StringComparison.Ordinal));
        Assert.Null(Path());

        var secret = """
            apiVersion: v1
            kind: Secret
            metadata: {name: hidden, namespace: metallb-system}
            type: kubernetes.io/basic-auth
            stringData: {password: secret}
            ---

            """;
        _net.Change(Web + Bgp("a", "") + Peer($"{Session}, passwordSecret: {{name: hidden}}") + secret);
        Eventually(() => Path() is not null);
        Assert.DoesNotContain("secret\n", _net.Said("n1"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_session_is_where_the_peers_nodes_are_and_an_advertisement_where_its_peers_are()
    {
        RouterSpeaks(64513);
        _net.Speak(Web + Bgp("a", "") + Peer($"{Session}, nodeSelectors: [{{matchLabels: {{name: n2}}}}]"), "n1");
        _net.Eventually(() => _net.Said("n1").Contains("with protocol bgp", StringComparison.Ordinal));
        Assert.DoesNotContain("router bgp", Node.Show("show running-config"), StringComparison.Ordinal);

        _net.Change(Web + Bgp("a", "peers: [elsewhere]") + Peer($"{Session}, nodeSelectors: [{{matchLabels: {{name: n1}}}}]"));
        Eventually(() => State() == "Established");
        Assert.Null(Path());

        _net.Change(Web + Bgp("a", "peers: [router]") + Peer($"{Session}, nodeSelectors: [{{matchLabels: {{name: n1}}}}]"));
        Eventually(() => Path() is not null);
    }

    [Fact]
    public void A_process_that_begins_anew_touches_no_session_and_one_that_ends_leaves_nothing_behind()
    {
        RouterSpeaks(64513);
        _net.Speak(Web + Bgp("a", "") + Peer($"{Session}, holdTime: 30s, keepaliveTime: 10s"), "n1");
        Eventually(() => Path() is not null);
        _net.Kill("n1");
        _net.Launch("n1");
        _net.Eventually(() => _net.Said("n1").Contains("is established", StringComparison.Ordinal));
        Assert.NotNull(Path());
        Assert.Equal(1, Neighbor()!["connectionsEstablished"]!.GetValue<int>());
        Assert.Equal(30_000, Neighbor()!["bgpTimerHoldTimeMsecs"]!.GetValue<int>());

        _net.Stop("n1");
        Eventually(() => Path() is null);
        Assert.DoesNotContain("portico", Node.Show("show running-config"), StringComparison.Ordinal);
        Assert.DoesNotContain("router bgp", Node.Show("show running-config"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_profile_of_BFD_watches_over_the_session()
    {
        RouterSpeaks(64513, " neighbor 198.51.100.11 bfd");
        _net.Speak(Web + Bgp("a", "") + Object("BFDProfile", "fast", "receiveInterval: 200, transmitInterval: 200, detectMultiplier: 5") + Peer($"{Session}, bfdProfile: fast"), "n1");
        Eventually(() => Path() is not null);
        Eventually(() => Router.Show("show bfd peers json").Contains("\"status\":\"up\"", StringComparison.Ordinal));
        Assert.Contains("\"transmit-interval\":200", Node.Show("show bfd peers json"), StringComparison.Ordinal);
    }

    private void RouterSpeaks(int asn, string more = "") => Router.Configure($"""
        router bgp {asn}
         no bgp ebgp-requires-policy
         neighbor 198.51.100.11 remote-as 64512
         neighbor 198.51.100.11 timers connect 1
        {more}
        exit
        """);

    /// <summary>What the router knows of a network; null for nothing.</summary>
    private JsonNode? Path(string prefix = $"{Vip}/32") => Router.ShowJson($"show bgp ipv4 unicast {prefix} json")?["paths"]?[0];

    private JsonNode? Neighbor() => Router.ShowJson("show bgp neighbors json")?["198.51.100.11"];

    private string State() => Neighbor()?["bgpState"]?.GetValue<string>() ?? "";

    private void Eventually(Func<bool> holds) => Until.True(holds, () =>
        $"it does not come about; the speaker says:\n{_net.Said("n1")}\nFRR on the node:\n{Node.Show("show running-config")}\nthe router:\n{Router.Show("show bgp summary")}");
}
