using System.Text.Json.Nodes;
using Portico.TestKit.Cluster;
using Xunit;
using static Portico.NetworkTests.LoadBalancing.BalancerManifest;
using static Portico.NetworkTests.LoadBalancing.Segment;

namespace Portico.NetworkTests.LoadBalancing;

/// <summary>Three programs follow one API server: one gives addresses, one answers for each, and MetalLB's objects say which.</summary>
public sealed class ClusterSpeakersTests(Segment net) : IClassFixture<Segment>, IAsyncDisposable
{
    private const string Ns = "metallb-system";
    private static readonly string[] All = ["n1", "n2", "n3"];

    private readonly Dictionary<string, RunningProgram> _speakers = [];
    private FakeApiServer? _cluster;

    private FakeApiServer Cluster => _cluster!;

    public async ValueTask DisposeAsync()
    {
        foreach (var speaker in _speakers.Values)
        {
            speaker.Crash();
            speaker.Dispose();
        }

        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
    }

    [Fact]
    public async Task The_objects_say_who_answers_and_after_a_takeover_exactly_one_does_and_the_metrics_agree()
    {
        await StartAsync(Usual + Service("web", Vip) + Slice());
        var owner = Layer2Tests.Winner(Vip);
        Eventually(() => Statuses() is [var only] && only == $"{owner} ns1/web ");
        Eventually(() => All.Where(n => net.Metric(n, Announced(n)) > 0).SequenceEqual([owner]));
        Assert.Equal(Vip, AddressOf("web"));
        Eventually(() => Cluster.List("configurationstates", Ns).Select(s => $"{s["metadata"]!["name"]} {s["status"]?["result"]}").SequenceEqual(
            ["controller Valid", "speaker-n1 Valid", "speaker-n2 Valid", "speaker-n3 Valid"]));
        Eventually(() => Cluster.Get("ipaddresspools", Ns, "main")!["status"]?.ToJsonString() == """{"assignedIPv4":1,"assignedIPv6":0,"availableIPv4":20,"availableIPv6":33}""");
        Eventually(() => Reasons("web").Contains("IPAllocated") && Reasons("web").Contains("nodeAssigned"));

        // The key that they share was made once, whoever was first. Another one is everybody's at once, and one that is taken away is put back.
        var key = Assert.Single(Cluster.List("secrets", Ns));
        key["data"]!["secretkey"] = Convert.ToBase64String("another"u8);
        Cluster.Put(key);
        Eventually(() => _speakers.Values.All(s => s.Output.Contains("has another key, which is taken over", StringComparison.Ordinal)));
        Cluster.Delete("secrets", Ns, key["metadata"]!["name"]!.GetValue<string>());
        Eventually(() => Cluster.List("secrets", Ns) is [var back] && back["data"]!["secretkey"]!.GetValue<string>() == Convert.ToBase64String("another"u8));

        _speakers[owner].Crash();
        Eventually(() => Statuses() is [var only] && All.Where(n => n != owner).Any(n => only == $"{n} ns1/web "));
        var next = Statuses()[0][..2];
        Eventually(() => net.Metric(next, Announced(next)) > 0);

        Launch(owner);
        Eventually(() => Statuses() is [var only] && only == $"{owner} ns1/web ");
        Eventually(() => net.Metric(next, Announced(next)) < 0);

        // With interfaces they are named; without the advertisement nobody is left.
        Cluster.Put(L2("main", "ipAddressPools: [main], interfaces: [eth0, eth9]"));
        Eventually(() => Statuses() is [var only] && only == $"{owner} ns1/web eth0,eth9");
        Cluster.Put(L2("main", "ipAddressPools: [main], interfaces: [eth9]"));
        Eventually(() => Statuses().Count == 0 && Reasons("web").Contains("announceFailed"));
        Cluster.Put(L2("main", "ipAddressPools: [main]"));
        Eventually(() => Statuses().Count == 1);
        Cluster.Delete("l2advertisements", Ns, "main");
        Eventually(() => Statuses().Count == 0);
    }

    [Fact]
    public async Task What_is_missing_for_an_advertisement_leaves_the_last_one_in_force_until_it_is_there()
    {
        var marked = Bgp("marked", "communities: [quiet]");
        await StartAsync(Usual + Bgp("marked", "communities: ['64512:7']") + Service("web", Vip) + Slice(), "n1");
        Eventually(() => State("speaker-n1") == "Valid " && net.Metric("n1", Stale) == 0);

        Cluster.Put(marked);
        Eventually(() => State("speaker-n1").StartsWith("Invalid BGPAdvertisement marked: communities: 'quiet' is neither a value", StringComparison.Ordinal) && net.Metric("n1", Stale) > 0);
        Assert.EndsWith("its last good version stays in force", State("speaker-n1"), StringComparison.Ordinal);

        Cluster.Put(Object("Community", "names", "communities: [{name: quiet, value: '65535:65282'}]"));
        Eventually(() => State("speaker-n1") == "Valid " && net.Metric("n1", Stale) == 0);

        // The same for what a peer names: its Secret, then its profile of BFD.
        Cluster.Put(Peer("myASN: 64512, peerASN: 64513, passwordSecret: {name: router}, bfdProfile: fast"));
        Eventually(() => State("speaker-n1").Contains("there is no BFDProfile fast; it is left out", StringComparison.Ordinal));
        Cluster.Put(Object("BFDProfile", "fast", "receiveInterval: 300"));
        Eventually(() => State("speaker-n1").Contains("passwordSecret: there is no Secret router", StringComparison.Ordinal));
        Cluster.Put($$"""
            apiVersion: v1
            kind: Secret
            metadata: {name: router, namespace: {{Ns}}}
            type: kubernetes.io/basic-auth
            data: {password: aGlkZGVu}
            """);
        Eventually(() => State("speaker-n1") == "Valid " && net.Metric("n1", Stale) == 0);

        // What is taken away while it is used stays in force, and is missed.
        Cluster.Delete("bfdprofiles", Ns, "fast");
        Eventually(() => State("speaker-n1") == "Invalid BGPPeer router: bfdProfile: there is no BFDProfile fast; its last good version stays in force");
    }

    [Fact]
    public async Task An_address_whose_pool_goes_is_answered_for_until_the_controller_has_given_another()
    {
        await StartAsync(Usual + Service("web", "") + Slice(), "n1");
        Eventually(() => AddressOf("web") == Vip && Statuses() is [_]);

        // The controller cannot write, so the status says the old address still.
        Cluster.Fault = request => request is { Resource: "services", Verb: "patch" } ? new FakeFault.Status(503) : null;
        Cluster.Put(Pool(addresses: "198.51.100.210/32"));
        Eventually(() => _speakers["n1"].Output.Contains("could not be written", StringComparison.Ordinal));
        Eventually(() => net.WhoAnswersOf(Vip).SequenceEqual(["n1"]));
        Assert.Single(Statuses());

        Cluster.Fault = null;
        Eventually(() => AddressOf("web") == "198.51.100.210" && net.WhoAnswersOf("198.51.100.210").SequenceEqual(["n1"]) && net.WhoAnswersOf(Vip).Length == 0);
    }

    private const string Stale = "metallb_k8s_client_config_stale_bool";

    private static string Announced(string node) => $"metallb_speaker_announced{{ip=\"{Vip}\",node=\"{node}\",protocol=\"layer2\",service=\"ns1/web\"}}";

    private async Task StartAsync(string objects, params string[] nodes)
    {
        (_cluster, _) = await net.StartClusterAsync(objects.Replace("spec: {type: LoadBalancer,", "spec: {type: LoadBalancer, clusterIP: 10.96.0.10, clusterIPs: [10.96.0.10],", StringComparison.Ordinal));
        foreach (var node in nodes.Length > 0 ? nodes : All)
        {
            Launch(node);
        }
    }

    private void Launch(string node) => _speakers[node] = net.Start(
        node, "loadbalancer", "--announce", "--kubeconfig", net.FileNamed("kubeconfig"), "--namespace", Ns, "--node-name", node, "--exclude-interfaces", "", "--frr-sockets", net.FileNamed("none"));

    private List<string> Statuses() =>
    [
        .. Cluster.List("servicel2statuses", Ns).Select(s => s["status"]).Select(s => s is null ? "empty"
            : $"{s["node"]} {s["serviceNamespace"]}/{s["serviceName"]} {string.Join(',', (s["interfaces"] as JsonArray ?? []).Select(i => i!["name"]))}"),
    ];

    private string State(string name) => Cluster.Get("configurationstates", Ns, name)?["status"] is { } s ? $"{s["result"]} {s["errorSummary"]}" : "";

    private string AddressOf(string service) => Cluster.Get("services", "ns1", service)?["status"]?["loadBalancer"]?["ingress"]?[0]?["ip"]?.GetValue<string>() ?? "";

    private List<string> Reasons(string service) =>
        [.. Cluster.List("events").Where(e => e["involvedObject"]!["name"]!.GetValue<string>() == service).Select(e => e["reason"]!.GetValue<string>())];

    private void Eventually(Func<bool> holds) => Until.True(
        holds,
        () => "it does not come about; statuses: " + string.Join("; ", Statuses()) + "\nthe speakers say:\n" + string.Join("\n", _speakers.Select(s => $"{s.Key}: {s.Value.Output}")));
}
