using System.Text.Json.Nodes;
using Portico.Kubernetes.Resources;
using Portico.Kubernetes.Status;
using Portico.TestKit.Cluster;
using Portico.TestKit.Wire;
using Portico.UnitTests.Kubernetes.Api;
using Xunit;

namespace Portico.UnitTests.Kubernetes.Writing;

public class StatusWriterTests
{
    private static readonly ObjectKey One = new(ResourceKind.Ingress, "default", "one");
    private readonly List<string> _warnings = [];

    [Fact]
    public async Task A_new_Ingress_gets_the_addresses_that_the_flag_lists_sorted_and_once()
    {
        await using var cluster = await WritingCluster.StartAsync(ClusterObjects.Ingress("one", "one.test"));
        await using var writer = Run(cluster, new StatusOptions { PublishStatusAddress = "10.0.0.2, lb.test,10.0.0.1,10.0.0.2" });
        writer.Writer.Serve(One, []);

        await Eventually.TrueAsync(() => cluster.AddressesOf("one") == "10.0.0.1,10.0.0.2,lb.test", "the status is written");
    }

    [Fact]
    public async Task The_status_has_a_field_manager_of_its_own_and_takes_the_list_from_others()
    {
        await using var cluster = await WritingCluster.StartAsync(ClusterObjects.Ingress("one", "one.test"));
        await cluster.Client.PatchAsync(
            "apis/networking.k8s.io/v1/namespaces/default/ingresses/one/status?fieldManager=nginx",
            """{"status":{"loadBalancer":{"ingress":[{"ip":"9.9.9.9"}]}}}"""u8.ToArray(), "application/merge-patch+json", TestContext.Current.CancellationToken);
        await using var writer = Run(cluster, new StatusOptions { PublishStatusAddress = "10.0.0.1" });
        writer.Writer.Serve(One, [new("9.9.9.9", "")]);
        await Eventually.TrueAsync(() => cluster.AddressesOf("one") == "10.0.0.1", "the status is written");

        var managers = (JsonArray)cluster.Server.Get("ingresses", "default", "one")!["metadata"]!["managedFields"]!;
        var own = managers.Single(m => m!["subresource"]?.GetValue<string>() == "status")!;
        Assert.Equal(("portico", "Apply"), (own["manager"]!.GetValue<string>(), own["operation"]!.GetValue<string>()));
    }

    [Fact]
    public async Task What_is_right_already_is_not_written()
    {
        await using var cluster = await WritingCluster.StartAsync(ClusterObjects.Ingress("one", "one.test"), ClusterObjects.Ingress("two", "two.test"));
        await using var writer = Run(cluster, new StatusOptions { PublishStatusAddress = "10.0.0.1", Interval = TimeSpan.FromMilliseconds(20) });
        writer.Writer.Serve(One, [new("10.0.0.1", "")]);
        writer.Writer.Serve(One with { Name = "two" }, []);
        await Eventually.TrueAsync(() => cluster.AddressesOf("two") == "10.0.0.1", "the other one is written");

        Assert.Equal(1, cluster.Count("patch", "ingresses"));
    }

    [Fact]
    public async Task Who_does_not_lead_writes_nothing_until_he_does()
    {
        await using var cluster = await WritingCluster.StartAsync(ClusterObjects.Ingress("one", "one.test"));
        var leads = false;
        await using var writer = Run(cluster, new StatusOptions { PublishStatusAddress = "10.0.0.1" }, () => leads);
        writer.Writer.Serve(One, []);
        writer.Writer.LookAgain();
        Assert.Equal("", cluster.AddressesOf("one"));

        leads = true;
        writer.Writer.LookAgain();
        await Eventually.TrueAsync(() => cluster.AddressesOf("one") == "10.0.0.1", "the leader writes");
    }

    [Theory]
    [InlineData("type: ExternalName, externalName: lb.test", "", "lb.test")]
    [InlineData("type: ClusterIP, clusterIP: 10.96.0.9", "", "10.96.0.9")]
    [InlineData("type: NodePort, clusterIP: 10.96.0.9", "", "10.96.0.9")]
    [InlineData("type: NodePort, clusterIP: 10.96.0.9, externalIPs: [1.2.3.4]", "", "1.2.3.4")]
    [InlineData("type: LoadBalancer, clusterIP: 10.96.0.9, externalIPs: [1.2.3.4]", "{ip: 5.6.7.8}, {hostname: elb.test}", "1.2.3.4,5.6.7.8,elb.test")]
    public async Task The_published_Service_gives_its_addresses_by_its_type(string spec, string status, string expected)
    {
        await using var cluster = await WritingCluster.StartAsync(
            ClusterObjects.Ingress("one", "one.test"),
            "apiVersion: v1\nkind: Service\nmetadata: {name: front, namespace: gateways}\nspec: {" + spec + "}\nstatus: {loadBalancer: {ingress: [" + status + "]}}");
        await using var writer = Run(cluster, new StatusOptions { PublishService = ("gateways", "front") });
        writer.Writer.Serve(One, []);

        await Eventually.TrueAsync(() => cluster.AddressesOf("one") == expected, $"the status is {expected}");
    }

    [Theory]
    [InlineData(false, "10.1.0.2,203.0.113.1")]
    [InlineData(true, "10.1.0.1,10.1.0.2")]
    public async Task Without_flags_the_nodes_of_running_and_ready_peers_count(bool internalOnly, string expected)
    {
        await using var cluster = await WritingCluster.StartAsync(
            ClusterObjects.Ingress("one", "one.test"),
            Node("a", "203.0.113.1", "10.1.0.1"), Node("b", "", "10.1.0.2"), Node("c", "203.0.113.3", "10.1.0.3"), Node("d", "203.0.113.4", "10.1.0.4"),
            Pod("gateway-0", "a", "Running", "True", "x"), Pod("gateway-1", "b", "Running", "True", "y"), Pod("gateway-2", "c", "Pending", "False", "x"),
            Pod("gateway-3", "c", "Running", "False", "x"), Pod("gateway-4", "a", "Running", "True", "x"), Pod("other", "d", "Running", "True", "x", app: "other"));
        await using var writer = Run(cluster, new StatusOptions { PodName = "gateway-0", PodNamespace = "gateways", ReportNodeInternalIpAddress = internalOnly });
        writer.Writer.Serve(One, []);

        await Eventually.TrueAsync(() => cluster.AddressesOf("one") == expected, $"the status is {expected}");
    }

    [Fact]
    public async Task At_the_end_the_status_is_cleared_unless_another_pod_or_address_is_left()
    {
        await using var cluster = await WritingCluster.StartAsync(
            ClusterObjects.Ingress("one", "one.test"), Pod("gateway-0", "a", "Running", "True", "x"), Pod("gateway-1", "a", "Pending", "False", "y"));
        await using var writer = Run(cluster, new StatusOptions { PublishStatusAddress = "10.0.0.1", PodName = "gateway-0", PodNamespace = "gateways" });
        writer.Writer.Serve(One, []);
        await Eventually.TrueAsync(() => cluster.AddressesOf("one") == "10.0.0.1", "the status is written");

        await writer.Writer.ClearAsync(TestContext.Current.CancellationToken);
        Assert.Equal("10.0.0.1", cluster.AddressesOf("one"));

        cluster.Server.Delete("pods", "gateways", "gateway-1");
        await writer.Writer.ClearAsync(TestContext.Current.CancellationToken);
        Assert.Equal("", cluster.AddressesOf("one"));
    }

    [Fact]
    public async Task A_process_beside_the_cluster_clears_the_status_because_no_pod_is_its_peer()
    {
        await using var cluster = await WritingCluster.StartAsync(ClusterObjects.Ingress("one", "one.test"), Pod("other", "a", "Running", "True", "x"));
        await using var writer = Run(cluster, new StatusOptions { PublishStatusAddress = "10.0.0.1", PodName = "gateway-0", PodNamespace = "gateways" });
        writer.Writer.Serve(One, []);
        await Eventually.TrueAsync(() => cluster.AddressesOf("one") == "10.0.0.1", "the status is written");

        await writer.Writer.ClearAsync(TestContext.Current.CancellationToken);
        Assert.Equal("", cluster.AddressesOf("one"));
    }

    [Fact]
    public async Task Where_nothing_says_an_address_the_status_of_others_stays()
    {
        await using var cluster = await WritingCluster.StartAsync(
            ClusterObjects.Ingress("one", "one.test") + "\nstatus: {loadBalancer: {ingress: [{ip: 9.9.9.9}]}}\n");
        await using var writer = Run(cluster, new StatusOptions());
        writer.Writer.Serve(One, [new("9.9.9.9", "")]);
        await writer.Writer.ClearAsync(TestContext.Current.CancellationToken);

        Assert.Contains("--publish-service", Assert.Single(_warnings), StringComparison.Ordinal);
        Assert.Equal("9.9.9.9", cluster.AddressesOf("one"));
        Assert.Equal(0, cluster.Count("patch", "ingresses"));
    }

    [Fact]
    public async Task A_refusal_is_told_once_with_the_permission_and_tried_again()
    {
        await using var cluster = await WritingCluster.StartAsync(ClusterObjects.Ingress("one", "one.test"));
        cluster.Server.Fault = request => request.Subresource == "status" ? new FakeFault.Status(403, "Forbidden") : null;
        await using var writer = Run(cluster, new StatusOptions { PublishStatusAddress = "10.0.0.1", Interval = TimeSpan.FromMilliseconds(20) });
        writer.Writer.Serve(One, []);
        await Eventually.TrueAsync(() => cluster.Count("patch", "ingresses") > 2, "it is tried several times");

        Assert.Contains("grant the verb patch on ingresses/status.networking.k8s.io", Assert.Single(_warnings), StringComparison.Ordinal);
        cluster.Server.Fault = null;
        await Eventually.TrueAsync(() => cluster.AddressesOf("one") == "10.0.0.1", "it succeeds at last");
    }

    private Running Run(WritingCluster cluster, StatusOptions options, Func<bool>? leads = null) =>
        new(new StatusWriter(cluster.Client, options, leads ?? (() => true), _warnings.Add));

    private static string Node(string name, string external, string inside) =>
        $"apiVersion: v1\nkind: Node\nmetadata: {{name: {name}}}\nspec: {{}}\nstatus:\n  addresses:\n  - {{type: Hostname, address: {name}}}\n"
        + (external.Length > 0 ? $"  - {{type: ExternalIP, address: {external}}}\n" : "") + $"  - {{type: InternalIP, address: {inside}}}\n";

    private static string Pod(string name, string node, string phase, string ready, string hash, string app = "gateway") =>
        $"apiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}\n  namespace: gateways\n  labels: {{app: {app}, pod-template-hash: {hash}}}\n"
        + $"spec: {{nodeName: {node}}}\nstatus:\n  phase: {phase}\n  conditions:\n  - {{type: Ready, status: \"{ready}\"}}\n";

    /// <summary>A writer whose task ends with the test.</summary>
    private sealed class Running : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _task;

        public Running(StatusWriter writer)
        {
            Writer = writer;
            _task = writer.RunAsync(_stop.Token);
        }

        public StatusWriter Writer { get; }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _task;
            _stop.Dispose();
        }
    }
}
