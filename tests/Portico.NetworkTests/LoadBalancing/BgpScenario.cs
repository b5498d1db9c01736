using System.Text.Json.Nodes;
using Xunit;

namespace Portico.NetworkTests.LoadBalancing;

/// <summary>FRR on the node n1, which Portico configures, and another FRR that is the router; each scenario has fresh ones.</summary>
public abstract class BgpScenario : IClassFixture<Segment>, IDisposable
{
    /// <summary>The node's address, and the router's.</summary>
    protected const string NodeAddress = "198.51.100.11";

    protected const string Session = "myASN: 64512, peerASN: 64513";

    private readonly Dictionary<string, FrrDaemons> _frr = [];

    protected BgpScenario(Segment net)
    {
        Net = net;
        Assert.SkipWhen(FrrDaemons.Lacking is not null, FrrDaemons.Lacking ?? "");
        StartFrr("n1");
        StartFrr("lan");
    }

    protected Segment Net { get; }

    private protected FrrDaemons Node => _frr["n1"];

    private protected FrrDaemons Router => _frr["lan"];

    /// <summary>A Service with an endpoint on n1, in the pool of the scenarios.</summary>
    protected static string Web => BalancerManifest.Nodes() + BalancerManifest.Pool(addresses: "198.51.100.192/26") + BalancerManifest.Service() + BalancerManifest.Slice(endpoints: "n1");

    public void Dispose()
    {
        Net.Speak("");
        foreach (var role in _frr.Keys.ToList())
        {
            StopFrr(role);
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>In one more namespace, or again.</summary>
    private protected FrrDaemons StartFrr(string role) => _frr[role] = Net.StartFrr(role);

    private protected void StopFrr(string role)
    {
        _frr[role].Dispose();
        _frr.Remove(role);
    }

    /// <summary>The router has the node as its neighbor.</summary>
    /// <param name="more">Lines within <c>router bgp</c>.</param>
    protected void RouterSpeaks(long asn, string more = "", string neighbor = NodeAddress, string remote = "64512") => Speaks(Router, asn, more, neighbor, remote);

    private protected static void Speaks(FrrDaemons router, long asn, string more, string neighbor, string remote) => router.Configure(FormattableString.Invariant($"""
        router bgp {asn}
         no bgp ebgp-requires-policy
         neighbor {neighbor} remote-as {remote}
         neighbor {neighbor} timers connect 1
        {more}
        exit
        """));

    /// <summary>What the router knows of a network; null for nothing.</summary>
    protected JsonNode? Path(string prefix = $"{Segment.Vip}/32") => PathAt(Router, prefix);

    private protected static JsonNode? PathAt(FrrDaemons router, string prefix) =>
        router.ShowJson($"show bgp {(prefix.Contains(':', StringComparison.Ordinal) ? "ipv6" : "ipv4")} unicast {prefix} json")?["paths"]?[0];

    /// <summary>What the router knows of the session.</summary>
    protected JsonNode? Neighbor(string address = NodeAddress) => Router.ShowJson("show bgp neighbors json")?[address];

    protected string State(string address = NodeAddress) => Neighbor(address)?["bgpState"]?.GetValue<string>() ?? "";

    /// <summary>How often the router has come to a session.</summary>
    protected int Established(string address = NodeAddress) => Neighbor(address)?["connectionsEstablished"]?.GetValue<int>() ?? 0;

    protected bool Said(string text) => Net.Said("n1").Contains(text, StringComparison.Ordinal);

    protected void Eventually(Func<bool> holds) => Until.True(holds, () =>
        $"it does not come about; the speaker says:\n{Net.Said("n1")}\n" + string.Join('\n', _frr.Select(f => $"FRR in {f.Key}:\n{f.Value.Show("show running-config")}\n{f.Value.Show("show bgp summary")}")));
}
