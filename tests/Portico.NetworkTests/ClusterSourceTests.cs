using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Portico.TestKit.Cluster;
using Xunit;
using static Portico.NetworkTests.Manifest;

namespace Portico.NetworkTests;

/// <summary>The program follows an API server: Services, their endpoints, and its own Node object.</summary>
public sealed class ClusterSourceTests(OneNode net) : IClassFixture<OneNode>, IAsyncDisposable
{
    private const string Address = "10.96.0.10";
    private FakeApiServer? _cluster;
    private Func<FakeRequest, FakeFault?>? _fault;

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
    }

    [Fact]
    public async Task Changes_of_a_cluster_become_rules_and_what_goes_is_gone()
    {
        using var program = await StartAsync(Service() + Slice("1"));
        Assert.StartsWith("p1 ", net.Tcp("p3", Address, 80), StringComparison.Ordinal);
        _cluster!.Put(Slice("2"));
        Until.Is("p2 10.1.3.2", () => net.Tcp("p3", Address, 80));
        _cluster.Put(Service("late", "10.96.0.20") + Slice("1", "late"));
        Until.Is("p1 10.1.3.2", () => net.TcpForASecond("p3", "10.96.0.20", 80));
        _cluster.Delete("services", "ns1", "late");
        Until.Is("dropped", () => net.TcpForASecond("p3", "10.96.0.20", 80));
    }

    [Fact]
    public async Task Rules_stay_while_the_API_server_is_away_and_follow_it_when_it_is_back()
    {
        using var program = await StartAsync(Service() + Slice("1"));
        _cluster!.GoAway();
        Assert.StartsWith("p1 ", net.Tcp("p3", Address, 80), StringComparison.Ordinal);
        _cluster.Put(Slice("2"));
        Assert.StartsWith("p1 ", net.Tcp("p3", Address, 80), StringComparison.Ordinal);
        _cluster.ComeBack();
        Until.Is("p2 10.1.3.2", () => net.Tcp("p3", Address, 80));
    }

    [Fact]
    public async Task The_Node_object_says_the_zone_the_address_of_node_ports_and_where_pods_are()
    {
        var node = NodeObject("a", "203.0.113.1");
        using var program = await StartAsync(Service(ports: NodePorts, more: "type: NodePort") + ZonedSlice + node, "--service-cidr", "10.96.0.0/16");
        Assert.Equal(["p1 10.1.3.2"], net.Many("p3", Address, 80, 20));
        Assert.Equal("p1 10.1.1.1", net.Tcp("cli", Address, 80));
        Assert.Equal("p1 10.1.1.1", net.Tcp("cli", "203.0.113.1", 30080));
        Assert.Equal("rejected", net.Tcp("cli", "192.0.2.1", 30080));
        _cluster!.Put(NodeObject("b", "203.0.113.1"));
        Until.Is("p2 10.1.3.2", () => string.Join(' ', net.Many("p3", Address, 80, 20)));
        _cluster.Put(NodeObject("b", "192.0.2.1"));
        Until.Is("rejected", () => net.Tcp("cli", "203.0.113.1", 30080));
        Assert.Equal("p2 10.1.2.1", net.Tcp("cli", "192.0.2.1", 30080));
    }

    [Fact]
    public async Task A_port_of_health_checks_that_cannot_be_had_is_an_event_of_its_Service()
    {
        Assert.SkipWhen(NetworkNamespace.Lacking is not null, NetworkNamespace.Lacking ?? "");
        using var other = net.InNode(() =>
        {
            var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
            socket.Bind(new IPEndPoint(IPAddress.IPv6Any, 32000));
            socket.Listen();
            return socket;
        });
        const string Local = "type: LoadBalancer, externalTrafficPolicy: Local, healthCheckNodePort: 32000";
        using var program = await StartAsync(Service(more: Local) + Slice("1") + Service("next", "10.96.0.20", more: Local.Replace("32000", "32001", StringComparison.Ordinal)) + Slice("2", "next"));
        Until.True(() => _cluster!.List("events", "ns1").Count > 0, () => program.Output);
        var written = _cluster!.List("events", "ns1")[0];
        Assert.Equal(("Warning", "FailedToStartServiceHealthcheck"), (written["type"]!.GetValue<string>(), written["reason"]!.GetValue<string>()));
        Assert.Equal(("Service", "web"), (written["involvedObject"]!["kind"]!.GetValue<string>(), written["involvedObject"]!["name"]!.GetValue<string>()));
        Assert.StartsWith("HTTP/1.1 200 ", net.Http("cli", "192.0.2.1", 32001, "/"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ServiceCIDR_objects_say_which_addresses_are_silent_while_no_Service_has_them()
    {
        Assert.SkipWhen(NetworkNamespace.Lacking is not null, NetworkNamespace.Lacking ?? "");
        using var balancer = net.ServeIn("net");
        net.Configure("net", "address replace 10.97.0.10/32 dev lo");
        using var program = await StartAsync(Service() + Slice("1") + Cidr("kubernetes", "10.96.0.0/16"), "--cluster-cidr", "10.1.0.0/16");
        Assert.Equal("p1 10.1.3.2", net.Tcp("p3", Address, 80));
        Assert.Equal(["dropped"], net.Silence(("p3", "10.96.9.9", 80)));
        Assert.Equal("net 10.1.3.2", net.Tcp("p3", "10.97.0.10", 8080));
        _cluster!.Put(Cidr("more", "10.97.0.0/16"));
        Until.Is("dropped", () => net.TcpForASecond("p3", "10.97.0.10", 8080));
        _cluster.Delete("servicecidrs", "", "more");
        Until.Is("net 10.1.3.2", () => net.TcpForASecond("p3", "10.97.0.10", 8080));
    }

    [Theory]
    [InlineData(404, false)]
    [InlineData(403, true)]
    public async Task A_cluster_that_knows_no_such_objects_or_does_not_show_them_is_followed_all_the_same(int status, bool isReported)
    {
        _fault = request => request.Resource == "servicecidrs" ? new FakeFault.Status(status, status == 404 ? "NotFound" : "Forbidden") : null;
        using var program = await StartAsync(Service() + Slice("1"), "--cluster-cidr", "10.1.0.0/16");
        Assert.Equal("p1 10.1.3.2", net.Tcp("p3", Address, 80));
        Assert.Equal(isReported, program.Output.Contains("servicecidrs", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Once_reads_a_cluster_once_and_ends()
    {
        using var program = await StartAsync(Service() + Slice("1"), "--once");
        Until.True(() => net.Tcp("p3", Address, 80) == "p1 10.1.3.2", () => program.Output);
        Assert.Equal(0, program.WaitForExit());
    }

    [Fact]
    public async Task A_thousand_changes_at_once_are_a_few_transactions()
    {
        using var program = await StartAsync(Service() + Slice("1"));
        using var monitor = new RuleMonitor(net);
        var time = Stopwatch.StartNew();
        for (var i = 0; i < 1000; i++)
        {
            _cluster!.Put(Slice(i % 2 == 0 ? "2" : "3"));
        }

        Until.Is("p3", () => net.Tcp("p1", Address, 80).Split(' ')[0]);

        // One at once, one for all that came meanwhile, and one more for each pause that passed until then.
        Assert.InRange(monitor.Transactions(), 1, 2 + (int)(time.Elapsed / TimeSpan.FromMilliseconds(100)));
    }

    [Fact]
    public async Task Objects_that_make_no_sense_are_named_and_the_others_are_in_force()
    {
        var wrong = Service("noaddress", "10.96.0.300") + Slice("1", "noaddress")
            + Service("ports", "10.96.0.21", "[{name: none, port: 0}, {name: many, port: 70000}, {name: http, port: 80, nodePort: 70000}, {name: good, port: 81}]", "type: NodePort")
            + Slice("2", "ports", ports: "[{name: good, port: 8080}, {name: http, port: 70000}]")
            + Slice("1", name: "addresses").Replace("10.1.1.2", "10.1.1.999", StringComparison.Ordinal)
            + Slice("1", name: "octal").Replace("10.1.1.2", "010.1.1.2", StringComparison.Ordinal);
        using var program = await StartAsync(Service() + Slice("1") + wrong);
        Assert.Equal(["p1 10.1.3.2"], net.Many("p3", Address, 80));
        Assert.Equal("p2 10.1.3.2", net.Tcp("p3", "10.96.0.21", 81));
        foreach (var text in (string[])["ports: port none", "ports: port many", "ports: port http"])
        {
            Assert.Contains(text, program.Output, StringComparison.Ordinal);
        }

        _cluster!.Put(Service("late", "10.96.0.20") + Slice("3", "late"));
        Until.Is("p3 10.1.2.2", () => net.TcpForASecond("p2", "10.96.0.20", 80));
    }

    [Fact]
    public void Without_any_source_it_says_which_there_are()
    {
        Assert.SkipWhen(NetworkNamespace.Lacking is not null, NetworkNamespace.Lacking ?? "");
        var (code, output) = net.Program("node");
        Assert.Equal(2, code);
        Assert.Contains("--kubeconfig", output, StringComparison.Ordinal);
        Assert.Contains("--manifests", output, StringComparison.Ordinal);
    }

    private const string ZonedSlice = """
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: web-1, namespace: ns1, labels: {kubernetes.io/service-name: web}}
        addressType: IPv4
        ports: [{name: http, port: 8080}]
        endpoints:
        - {addresses: ["10.1.1.2"], nodeName: node, conditions: {ready: true}, hints: {forZones: [{name: a}]}}
        - {addresses: ["10.1.2.2"], nodeName: node, conditions: {ready: true}, hints: {forZones: [{name: b}]}}
        ---

        """;

    private static string Cidr(string name, string cidr) =>
        $"apiVersion: networking.k8s.io/v1\nkind: ServiceCIDR\nmetadata: {{name: {name}}}\nspec: {{cidrs: [{cidr}]}}\n---\n";

    private static string NodeObject(string zone, string address) => $$$"""
        apiVersion: v1
        kind: Node
        metadata: {name: node, labels: {topology.kubernetes.io/zone: {{{zone}}}}}
        spec: {podCIDR: 10.1.0.0/16, podCIDRs: [10.1.0.0/16]}
        status: {addresses: [{type: InternalIP, address: {{{address}}}}]}
        ---

        """;

    /// <summary>The program on the node beside an API server there, with its first rules in force.</summary>
    private async Task<RunningProgram> StartAsync(string objects, params string[] flags)
    {
        Assert.SkipWhen(NetworkNamespace.Lacking is not null, NetworkNamespace.Lacking ?? "");
        var listener = net.InNode(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            socket.Listen();
            return socket;
        });
        _cluster = await FakeApiServer.StartAsync(new FakeApiServerOptions { Listener = listener });
        _cluster.Fault = _fault;
        _cluster.Put(objects);
        await File.WriteAllTextAsync(net.FileNamed("kubeconfig"), _cluster.KubeConfig());
        var program = net.Start("node", ["node", "--kubeconfig", net.FileNamed("kubeconfig"), .. flags.Any(f => f is "--service-cidr" or "--cluster-cidr") ? ["--node-name", "node", .. flags] : OneNode.Flags(flags)]);
        if (!flags.Contains("--once"))
        {
            program.WaitFor("the rules are in force");
        }

        return program;
    }
}
