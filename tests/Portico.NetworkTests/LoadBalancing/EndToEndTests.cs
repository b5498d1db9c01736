using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Portico.TestKit.Cluster;
using Xunit;
using static Portico.NetworkTests.LoadBalancing.BalancerManifest;
using static Portico.NetworkTests.LoadBalancing.Segment;

namespace Portico.NetworkTests.LoadBalancing;

/// <summary>All three roles follow one API server: addresses, announcements, rules of the kernel, and the gateway behind them.</summary>
public sealed class EndToEndTests(Segment net, ITestOutputHelper output) : IClassFixture<Segment>, IAsyncDisposable
{
    private const string Ns = "metallb-system";
    private const string NodePort = "30080";
    private const int HealthPort = 32001;
    private static readonly string[] All = ["n1", "n2", "n3"];

    private readonly Dictionary<string, RunningProgram> _programs = [];
    private FakeApiServer? _cluster;
    private string _kubeConfig = "";

    private FakeApiServer Cluster => _cluster!;

    public async ValueTask DisposeAsync()
    {
        foreach (var program in _programs.Values)
        {
            program.Crash();
            program.Dispose();
        }

        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }

        foreach (var node in All)
        {
            net.Execute(node, "nft", "delete", "table", "ip", "portico");
            net.Execute(node, "nft", "delete", "table", "ip6", "portico");
        }
    }

    [Fact]
    public async Task From_a_new_Service_to_the_answer_of_the_gateway_and_on_when_the_announcing_nodes_gateway_dies()
    {
        using var backend = new HttpPod(net, "p2");
        await StartAsync(Nodes() + Pool() + L2("main", "ipAddressPools: [main]") + Site, All);
        foreach (var pod in (string[])["p1", "p3"])
        {
            _programs[pod] = net.Start(pod, "serve", "--kubeconfig", _kubeConfig, "--http-port", "8081", "--https-port", "8444", "--update-status=false");
        }

        foreach (var node in All)
        {
            _programs[$"{node}/node"].WaitFor("the rules are in force");
        }

        Eventually(() => ((string[])["10.1.1.2", "10.1.3.2"]).All(pod => Get(pod, 8081).Contains("200 OK", StringComparison.Ordinal)));
        Eventually(() => All.Any(n => Said(n, "leads: hands out addresses")) && All.All(n => All.Count(o => Said(n, $"the speaker of node {o} is there")) == 2));
        var clock = Stopwatch.StartNew();
        Cluster.Put(Typed("gateway", "LoadBalancer", "10.96.0.20", "externalTrafficPolicy: Local, healthCheckNodePort: 32002, ports: [{port: 80, targetPort: 8081, nodePort: 30081}]"));
        Eventually(() => AddressOf("gateway").Length > 0);
        var address = AddressOf("gateway");
        Eventually(() => Get(address).Contains("200 OK", StringComparison.Ordinal));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"from the Service to the first answer: {clock.ElapsedMilliseconds} ms"));
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(40), "it takes longer than twenty times the two seconds that it may take");
        Assert.EndsWith("p2 198.51.100.2", Get(address), StringComparison.Ordinal);

        var owner = net.NeighbourOf(address);
        var next = owner == "n1" ? "n3" : "n1";
        clock.Restart();
        _programs[$"p{owner[1]}"].Crash();
        Cluster.Put(Endpoints("gateway", 8081, next));
        Eventually(() => net.NeighbourOf(address) == next && Get(address).EndsWith("p2 198.51.100.2", StringComparison.Ordinal));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"from the death of the gateway on {owner} to an answer by {next}: {clock.ElapsedMilliseconds} ms"));
    }

    [Fact]
    public async Task A_Service_that_changes_its_type_again_and_again_leaves_nothing_behind()
    {
        await StartAsync(Nodes() + Pool(addresses: $"{Vip}/32") + L2("main", "ipAddressPools: [main]") + Endpoints("web", 8080, "n1"), "n1");
        const string Outside = "externalTrafficPolicy: Local, ports: [{port: 80, targetPort: 8080, nodePort: 30080}]";
        for (var round = 0; round < 2; round++)
        {
            // 1. Everything is there: the address, the announcement, the rules, the port for health checks.
            Cluster.Put(Typed("web", "LoadBalancer", "10.96.0.10", $"healthCheckNodePort: {HealthPort}, {Outside}"));
            Eventually(() => net.Tcp("lan", Vip, 80) == "p1 198.51.100.2" && net.Tcp("lan", "198.51.100.11", 30080) == "p1 198.51.100.2");
            Eventually(() => Rules().Contains(Vip, StringComparison.Ordinal) && Announced().Contains(Vip) && net.Http("lan", "198.51.100.11", HealthPort, "/").Contains("200 OK", StringComparison.Ordinal));

            // 2. What the balancer had is gone, and the node's port is there.
            Cluster.Put(Typed("web", "NodePort", "10.96.0.10", Outside));
            Eventually(() => AddressOf("web").Length == 0 && !Rules().Contains(Vip, StringComparison.Ordinal) && Announced().Count == 0);
            Eventually(() => net.Http("lan", "198.51.100.11", HealthPort, "/") == "rejected");
            Assert.Equal("p1 198.51.100.2", net.Tcp("lan", "198.51.100.11", 30080));

            // 3. The port is gone, and the cluster's address is there.
            Cluster.Put(Typed("web", "ClusterIP", "10.96.0.10", "ports: [{port: 80, targetPort: 8080}]"));
            Eventually(() => !Rules().Contains(NodePort, StringComparison.Ordinal) && net.Tcp("lan", "198.51.100.11", 30080) == "rejected");
            Assert.StartsWith("p1 ", net.Tcp("p1", "10.96.0.10", 80), StringComparison.Ordinal);

            // 4. Nothing is left.
            Cluster.Put(Typed("web", "ExternalName", "", "externalName: example.com"));
            Eventually(() => !Rules().Contains("10.96.0.10", StringComparison.Ordinal) && !Rules().Contains("10.1.1.2", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task After_many_Services_have_come_and_gone_the_rules_are_those_of_a_fresh_start_and_nothing_has_leaked()
    {
        await StartAsync(Nodes() + Pool(addresses: "198.18.0.0/22") + L2("main", "ipAddressPools: [main]"), "n1");
        var random = new Random(4);
        var alive = new SortedSet<int>();
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < 1000; i++)
        {
            // It grows in waves and ends with about a quarter.
            var number = random.Next(400);
            if (alive.Contains(number) || random.Next(400) < (i % 250 < 125 ? 50 : 250))
            {
                if (alive.Remove(number))
                {
                    Cluster.Delete("services", "ns1", $"s{number}");
                    Cluster.Delete("endpointslices", "ns1", $"s{number}-1");
                }
            }
            else
            {
                alive.Add(number);
                Cluster.Put(Numbered(number));
                Cluster.Put(Endpoints($"s{number}", 8080, "n1"));
            }

            // Not all at once: what is seen in between is to be taken back later.
            if (i % 40 == 0)
            {
                Eventually(() => alive.All(n => AddressOf($"s{n}").Length > 0));
            }
        }

        // 1. Addresses: each Service has one, nobody has two, and the pool counts as many.
        Eventually(() => alive.All(n => AddressOf($"s{n}").Length > 0));
        var held = alive.Select(n => AddressOf($"s{n}")).ToHashSet(StringComparer.Ordinal);
        Assert.Equal(alive.Count, held.Count);
        Eventually(() => Cluster.Get("ipaddresspools", Ns, "main")!["status"]?["assignedIPv4"]?.GetValue<int>() == alive.Count);

        // 2. Ports for health checks.
        Eventually(() => HealthPorts().SequenceEqual(alive.Where(IsLocal).Select(n => 31000 + n)));

        // 3. Rules: a program that has never seen anything else writes the same on another node.
        await File.WriteAllTextAsync(net.FileNamed("fresh.yaml"), string.Concat(Cluster.List("services").Concat(Cluster.List("endpointslices")).Select(o => o.ToJsonString() + "\n---\n")), TestContext.Current.CancellationToken);
        net.Run("n2", RunningProgram.File, "node", "--once", "--manifests", net.FileNamed("fresh.yaml"), "--node-name", "n1", "--cluster-cidr", "10.1.0.0/16", "--nodeport-addresses", "198.51.100.0/24");
        var fresh = Elements("n2");
        Assert.NotEmpty(fresh);
        Eventually(() => Elements("n1").SequenceEqual(fresh));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{alive.Count} Services of 1000 changes, {fresh.Count} elements of rules, in {clock.ElapsedMilliseconds} ms"));

        // 4. Announcements: of all addresses that were ever handed out, those that are held.
        Eventually(() => Announced().SetEquals(held));
    }

    private const string Site = """
        apiVersion: networking.k8s.io/v1
        kind: IngressClass
        metadata: {name: nginx}
        spec: {controller: k8s.io/ingress-nginx}
        ---
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata: {name: site, namespace: ns1}
        spec: {ingressClassName: nginx, rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: app, port: {number: 80}}}}]}}]}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: app, namespace: ns1}
        spec: {type: ClusterIP, clusterIP: 10.96.0.30, clusterIPs: [10.96.0.30], ports: [{port: 80, targetPort: 8082}]}
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: app-1, namespace: ns1, labels: {kubernetes.io/service-name: app}}
        addressType: IPv4
        ports: [{name: "", port: 8082}]
        endpoints: [{addresses: [10.1.2.2], nodeName: n2, conditions: {ready: true}}]
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: gateway-1, namespace: ns1, labels: {kubernetes.io/service-name: gateway}}
        addressType: IPv4
        ports: [{name: "", port: 8081}]
        endpoints: [{addresses: [10.1.1.2], nodeName: n1, conditions: {ready: true}}, {addresses: [10.1.3.2], nodeName: n3, conditions: {ready: true}}]
        ---

        """;

    private static bool IsLocal(int number) => number % 4 == 0;

    private static string Typed(string name, string type, string clusterIP, string more) => $$$"""
        apiVersion: v1
        kind: Service
        metadata: {name: {{{name}}}, namespace: ns1}
        spec: {type: {{{type}}}, {{{(clusterIP.Length > 0 ? $"clusterIP: {clusterIP}, clusterIPs: [{clusterIP}], ipFamilies: [IPv4], " : "")}}}{{{more}}}}
        """;

    private static string Numbered(int number)
    {
        var local = IsLocal(number) ? string.Create(CultureInfo.InvariantCulture, $"externalTrafficPolicy: Local, healthCheckNodePort: {31000 + number}, ") : "";
        var ports = string.Create(CultureInfo.InvariantCulture, $"ports: [{{port: 80, targetPort: 8080, nodePort: {30000 + number}}}]");
        return Typed($"s{number}", "LoadBalancer", string.Create(CultureInfo.InvariantCulture, $"10.96.{1 + (number / 250)}.{1 + (number % 250)}"), local + ports);
    }

    private static string Endpoints(string service, int port, string node) => string.Create(CultureInfo.InvariantCulture, $$$"""
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: {{{service}}}-1, namespace: ns1, labels: {kubernetes.io/service-name: {{{service}}}}}
        addressType: IPv4
        ports: [{name: "", port: {{{port}}}}]
        endpoints: [{addresses: [10.1.{{{node[1]}}}.2], nodeName: {{{node}}}, conditions: {ready: true}}]
        """);

    private async Task StartAsync(string objects, params string[] nodes)
    {
        (_cluster, _kubeConfig) = await net.StartClusterAsync(objects);
        foreach (var node in nodes)
        {
            _programs[$"{node}/loadbalancer"] = net.Start(
                node, "loadbalancer", "--announce", "--kubeconfig", _kubeConfig, "--namespace", Ns, "--node-name", node, "--exclude-interfaces", "", "--frr-sockets", net.FileNamed("none"));
            _programs[$"{node}/node"] = net.Start(node, "node", "--kubeconfig", _kubeConfig, "--node-name", node, "--cluster-cidr", "10.1.0.0/16", "--nodeport-addresses", "198.51.100.0/24");
        }
    }

    private string AddressOf(string service) => Cluster.Get("services", "ns1", service)?["status"]?["loadBalancer"]?["ingress"]?[0]?["ip"]?.GetValue<string>() ?? "";

    private string Get(string address, int port = 80) => net.Http("lan", address, port, "/", "Connection: close\r\n");

    private bool Said(string node, string text) => _programs[$"{node}/loadbalancer"].Output.Contains(text, StringComparison.Ordinal);

    private string Rules() => net.Execute("n1", "nft", "list", "table", "ip", "portico").Output;

    /// <summary>The addresses for which n1 says that it answers.</summary>
    private HashSet<string> Announced() =>
    [
        .. net.Http("lan", "198.51.100.11", 7472, "/metrics").Split('\n').Where(l => l.StartsWith("metallb_speaker_announced{ip=\"", StringComparison.Ordinal)).Select(l => l.Split('"')[1]),
    ];

    private List<int> HealthPorts() =>
    [
        .. net.Run("n1", "ss", "-Hltn").Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3]).Select(a => int.Parse(a[(a.LastIndexOf(':') + 1)..], CultureInfo.InvariantCulture))
            .Where(p => p is >= 31000 and < 32000).Distinct().Order(),
    ];

    /// <summary>What is in the sets and maps of a node's rules, without the numbers that are given in the order of changes.</summary>
    private List<string> Elements(string node)
    {
        var table = JsonNode.Parse(net.Run(node, "nft", "-j", "list", "table", "ip", "portico"))!["nftables"]!.AsArray();
        return
        [
            .. from item in table
               let set = item!["set"] ?? item["map"]
               where set?["elem"] is JsonArray && set["name"]!.GetValue<string>() is not "ways" and not "affinity"
               from element in set!["elem"]!.AsArray()
               let name = set["name"]!.GetValue<string>()
               let text = element is JsonArray pair ? pair[name.StartsWith("endpoints", StringComparison.Ordinal) ? 1 : 0]!.ToJsonString() : element!.ToJsonString()
               orderby name, text
               select $"{name} {text}",
        ];
    }

    private void Eventually(Func<bool> holds) => Until.True(
        holds,
        () => "it does not come about; the programs say:\n" + string.Join("\n", _programs.Select(s => $"{s.Key}: {s.Value.Output[Math.Max(0, s.Value.Output.Length - 3000)..]}")));
}
