using System.Text;
using Portico.Kubernetes.Resources;
using Xunit;
using static Portico.UnitTests.LoadBalancer.BgpBench;

namespace Portico.UnitTests.LoadBalancer;

public class BgpPeerTests
{
    private readonly BgpBench _bench = new();

    [Fact]
    public void Everything_that_is_set_on_a_peer_becomes_a_setting()
    {
        _bench.Put(
            new BFDProfile { Metadata = Meta("fast"), ReceiveInterval = 100 },
            Peer() with
            {
                HoldTime = "90s", ConnectTime = "5s", PeerPort = 1790, Password = "p", EbgpMultiHop = true, SourceAddress = "10.0.0.1", EnableGracefulRestart = true, BfdProfile = "fast",
                LocalASN = 65000,
            }).Decide();
        Assert.Equal(
            ["timers 30 90", "timers connect 5", "update-source 10.0.0.1", "password p", "port 1790", "ebgp-multihop", "graceful-restart", "local-as 65000"],
            Assert.Single(_bench.Objects.Peers).Settings);
        Assert.Empty(_bench.Log);
    }

    [Fact]
    public void A_neighbor_over_IPv6_of_another_system_need_not_be_in_a_network_of_the_node()
    {
        IReadOnlyList<string> Settings(BGPPeer peer)
        {
            _bench.Put(peer).Decide();
            return Assert.Single(_bench.Objects.Peers).Settings;
        }

        Assert.Equal(["disable-connected-check"], Settings(Peer(address: "fd00::2")));
        Assert.Equal(["ebgp-multihop"], Settings(Peer(address: "fd00::2") with { EbgpMultiHop = true }));
        Assert.Empty(Settings(Peer(address: "fd00::2") with { PeerASN = 64512 }));
        Assert.Empty(Settings(Peer(address: "fd00::2") with { PeerASN = 0, DynamicASN = "internal" }));
        Assert.Empty(Settings(Peer()));
    }

    public static TheoryData<string, BGPPeer> Wrong => new()
    {
        { "vrf: 'red\nexit' is no name", Peer() with { Vrf = "red\nexit" } },
        { "myASN: must be", Peer() with { MyASN = 0 } },
        { "peerASN, dynamicASN: exactly one", Peer() with { DynamicASN = "external" } },
        { "dynamicASN: 'x'", Peer() with { PeerASN = 0, DynamicASN = "x" } },
        { "peerAddress, interface: exactly one", Peer() with { Interface = "eth0" } },
        { "peerAddress: '10.0.0'", Peer(address: "10.0.0") },
        { "interface: 'eth0\n neighbor' is no name", Peer(address: "") with { Interface = "eth0\n neighbor" } },
        { "peerPort: must be", Peer() with { PeerPort = 0 } },
        { "routerID: 'x'", Peer() with { RouterId = "x" } },
        { "holdTime: must be 0 or at least 3s", Peer() with { HoldTime = "2s" } },
        { "holdTime: '1500ms'", Peer() with { HoldTime = "1500ms" } },
        { "keepaliveTime: must not be longer", Peer() with { HoldTime = "9s", KeepaliveTime = "10s" } },
        { "sourceAddress: 'x'", Peer() with { SourceAddress = "x" } },
        { "bfdProfile: there is no BFDProfile slow", Peer() with { BfdProfile = "slow" } },
        { "password: must be at most", Peer() with { Password = "a\nrouter bgp 1" } },
        { "passwordSecret: there is no Secret hidden", Peer() with { PasswordSecret = "hidden" } },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_peer_that_cannot_be_served_is_left_out_with_field_and_cause_and_the_others_are_served(string message, BGPPeer wrong)
    {
        _bench.Put(wrong, Peer("r2", "10.0.0.3")).Decide();
        Assert.Equal("r2", Assert.Single(_bench.Objects.Peers).Name);
        Assert.StartsWith($"BGPPeer r1: {message}", Assert.Single(_bench.Log), StringComparison.Ordinal);
    }

    [Fact]
    public void A_password_comes_from_a_Secret_of_its_type()
    {
        Secret Hidden(string type) => new() { Metadata = Meta("hidden"), Type = type, Data = new Dictionary<string, byte[]> { ["password"] = Encoding.UTF8.GetBytes("p") } };
        _bench.Put(Peer() with { PasswordSecret = "hidden" }, Hidden("Opaque")).Decide();
        Assert.Empty(_bench.Objects.Peers);
        _bench.Put(Hidden("kubernetes.io/basic-auth")).Decide();
        Assert.Equal(["password p"], Assert.Single(_bench.Objects.Peers).Settings);

        // What is gone later takes nothing down.
        _bench.Remove(Hidden("kubernetes.io/basic-auth")).Decide();
        Assert.Single(_bench.Objects.Peers);
    }

    [Fact]
    public void Peers_of_a_node_are_of_one_number_and_one_id_and_each_neighbor_is_there_once()
    {
        _bench.Put(
            Peer() with { RouterId = "1.1.1.1" },
            Peer("r2", "10.0.0.3") with { MyASN = 7 },
            Peer("r3", "10.0.0.4") with { RouterId = "2.2.2.2" },
            Peer("r4"),
            Peer("r5", "10.0.0.5"),
            Peer("r6", "10.0.0.6") with { NodeSelectors = [new ObjectSelector { MatchLabels = new Dictionary<string, string> { ["edge"] = "no" } }] }).Decide();
        Assert.Equal(["r1", "r5"], _bench.Objects.Peers.Select(p => p.Name));
        Assert.Equal(3, _bench.Log.Count);

        // Each VRF is a world of its own.
        _bench.Put(Peer("r7") with { Vrf = "red", MyASN = 7, RouterId = "7.7.7.7" }).Decide();
        Assert.Equal(["r1", "r5", "r7"], _bench.Objects.Peers.Select(p => p.Name));
    }
}
