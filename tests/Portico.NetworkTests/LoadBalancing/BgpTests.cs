using Xunit;
using static Portico.NetworkTests.LoadBalancing.BalancerManifest;
using static Portico.NetworkTests.LoadBalancing.Segment;

namespace Portico.NetworkTests.LoadBalancing;

/// <summary>What a router learns of Services and forgets.</summary>
public sealed class BgpTests(Segment net) : BgpScenario(net)
{
    [Fact]
    public void The_router_learns_the_address_with_its_communities_and_forgets_it_with_the_Service()
    {
        RouterSpeaks(64513);
        var marks = Object("Community", "names", "communities: [{name: quiet, value: '65535:65282'}]");
        var objects = Nodes() + Pool(addresses: "198.51.100.192/26") + Peer(Session) + marks + Bgp("a", "communities: [quiet, '64512:7', 'large:64512:1:2']");
        Net.Speak(objects + Service() + Slice(endpoints: "n1"), "n1");
        Eventually(() => Path()?["aspath"]?["string"]?.GetValue<string>() == "64512");
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
        Net.Change(objects);
        Eventually(() => Path() is null);
        Assert.Equal("Established", State());
    }

    [Fact]
    public void Addresses_are_told_as_one_network_and_preference_within_the_own_system()
    {
        RouterSpeaks(64512);
        var objects = Web + Peer("myASN: 64512, peerASN: 64512");
        Net.Speak(objects + Bgp("wide", "aggregationLength: 26, localPref: 150") + Bgp("one", "localPref: 100") + Service("more", "198.51.100.201") + Slice("more"), "n1");
        Eventually(() => Path("198.51.100.192/26") is not null && Path() is not null && Path("198.51.100.201/32") is not null);
        Assert.Equal(150, Path("198.51.100.192/26")!["locPrf"]!.GetValue<int>());
        Assert.Equal(100, Path()!["locPrf"]!.GetValue<int>());

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
}
