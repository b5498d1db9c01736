using System.Text.Json.Nodes;
using Portico.Kubernetes.Api;
using Portico.Kubernetes.Api.Configuration;
using Portico.Kubernetes.Api.Watching;
using Portico.Kubernetes.Leadership;
using Portico.LoadBalancer.Controlling;
using Portico.LoadBalancer.Observing;
using Portico.LoadBalancer.Reporting;
using Portico.TestKit.Cluster;
using Xunit;

namespace Portico.UnitTests.LoadBalancer;

/// <summary>The controller against an API server: what it reads, and what stands in the objects afterwards.</summary>
public sealed class ClusterControllerTests : IAsyncDisposable
{
    private const string Pool = """
        apiVersion: metallb.io/v1beta1
        kind: IPAddressPool
        metadata: {name: main, namespace: metallb-system}
        spec: {addresses: [192.0.2.10-192.0.2.11]}
        """;

    /// <summary>Far beyond what anything here takes.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _stop = new(Limit);
    private readonly List<string> _log = [];
    private readonly List<Task> _running = [];
    private readonly BalancerObservers _observers = BalancerObservers.None;
    private FakeApiServer? _server;
    private ApiClient? _client;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running);
        _client?.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        _stop.Dispose();
    }

    [Fact]
    public async Task A_service_gets_address_pool_annotation_and_event_and_the_next_one_waits_until_it_goes()
    {
        await StartAsync(Pool, Service("a"), Service("b"), Service("c"));
        _ = Run("one", new AddressControllerOptions(), Stop);

        await UntilAsync(() => StatusOf("a") == "192.0.2.10" && StatusOf("b") == "192.0.2.11" && AnnotationOf("b") == "main");
        Assert.Equal("", StatusOf("c"));
        await UntilAsync(() => Reasons("c").Contains("AllocationFailed") && Reasons("a").Contains("IPAllocated"));

        _server!.Delete("services", "default", "a");

        await UntilAsync(() => StatusOf("c") == "192.0.2.10");
    }

    [Fact]
    public async Task A_pool_that_comes_goes_and_changes_is_followed()
    {
        await StartAsync(Service("a"));
        _ = Run("one", new AddressControllerOptions(), Stop);
        await UntilAsync(() => Reasons("a").Contains("AllocationFailed"));

        _server!.Put(Pool);
        await UntilAsync(() => StatusOf("a") == "192.0.2.10");

        _server.Put(Pool.Replace("192.0.2.10-192.0.2.11", "192.0.2.77/32", StringComparison.Ordinal));
        await UntilAsync(() => StatusOf("a") == "192.0.2.77");

        _server.Delete("ipaddresspools", "metallb-system", "main");
        await UntilAsync(() => StatusOf("a").Length == 0 && AnnotationOf("a").Length == 0);
    }

    [Fact]
    public async Task A_cluster_without_the_custom_resources_is_no_problem_when_there_are_other_pools()
    {
        await StartAsync(Service("a"), """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: pools, namespace: metallb-system}
            data: {spare: "192.0.2.99/32"}
            """);
        _server!.Fault = request => request.Resource == "ipaddresspools" ? new FakeFault.Status(404) : null;
        _ = Run("one", new AddressControllerOptions
        {
            PoolMap = new(Portico.Kubernetes.Resources.ResourceKind.ConfigMap, "metallb-system", "pools"),
            Pools = FlagPool.ParseAll(["main=192.0.2.10-192.0.2.10"]),
        }, Stop);

        await UntilAsync(() => StatusOf("a") == "192.0.2.10");
        _server.Put(Service("b"));
        await UntilAsync(() => StatusOf("b") == "192.0.2.99" && AnnotationOf("b") == "spare");
        lock (_log)
        {
            Assert.DoesNotContain(_log, line => line.Contains("ipaddresspools", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task The_next_leader_keeps_what_the_last_one_gave()
    {
        await StartAsync(Pool, Service("z"));
        using var first = new CancellationTokenSource();
        var running = Run("one", new AddressControllerOptions(), first.Token);
        await UntilAsync(() => StatusOf("z") == "192.0.2.10" && AnnotationOf("z") == "main");
        await first.CancelAsync();
        await running;

        // By name it would come first, and by age as well.
        _server!.Put(Service("a", created: "2020-01-01T00:00:00Z"));
        _ = Run("two", new AddressControllerOptions(), Stop);

        await UntilAsync(() => StatusOf("a") == "192.0.2.11");
        Assert.Equal("192.0.2.10", StatusOf("z"));
    }

    [Fact]
    public async Task A_writing_that_fails_is_made_again()
    {
        await StartAsync(Pool, Service("a"));
        var refused = 0;
        _server!.Fault = request => request is { Verb: "patch", Resource: "services" } && Interlocked.Increment(ref refused) <= 2 ? new FakeFault.Status(500) : null;
        _ = Run("one", new AddressControllerOptions { RetryPause = TimeSpan.FromMilliseconds(10) }, Stop);

        await UntilAsync(() => StatusOf("a") == "192.0.2.10");
        Assert.True(refused > 2);
        Assert.True(HasMetric("metallb_k8s_client_update_errors_total 2"));
        Assert.True(HasMetric("metallb_allocator_addresses_in_use_total{pool=\"main\"} 1"));
        Assert.True(HasMetric("metallb_allocator_services_allocated_total{pool=\"main\"} 1"));
    }

    [Fact]
    public async Task What_an_older_MetalLB_wrote_is_kept_under_the_present_name_and_pools_of_other_namespaces_are_nobodys()
    {
        await StartAsync(Pool, Pool.Replace("metallb-system", "elsewhere", StringComparison.Ordinal).Replace("192.0.2.10-192.0.2.11", "192.0.2.77/32", StringComparison.Ordinal));
        _server!.Put(Service("a", annotations: "metallb.universe.tf/ip-allocated-from-pool: main") + "\nstatus: {loadBalancer: {ingress: [{ip: 192.0.2.11}]}}");
        _server.Put(Service("b", annotations: "metallb.universe.tf/address-pool: main"));
        _server.Put(Service("c", annotations: "metallb.io/loadBalancerIPs: 192.0.2.77"));
        _ = Run("one", new AddressControllerOptions(), Stop);

        await UntilAsync(() => AnnotationOf("a") == "main" && _server.Get("services", "default", "a")!["metadata"]!["annotations"]!.AsObject().Count == 1);
        Assert.Equal("192.0.2.11", StatusOf("a"));
        await UntilAsync(() => StatusOf("b") == "192.0.2.10" && Reasons("b").Contains("deprecatedAnnotation") && Reasons("c").Contains("AllocationFailed"));
    }

    [Fact]
    public async Task A_pool_says_how_much_of_it_is_used_and_a_shared_address_counts_once()
    {
        const string Shared = "metallb.io/allow-shared-ip: k";
        await StartAsync(Pool, Service("a", annotations: Shared), Service("b", port: 81, annotations: Shared));
        _ = Run("one", new AddressControllerOptions(), Stop);

        await UntilAsync(() => PoolUse() == "1 0 1 0");
        Assert.Equal(("192.0.2.10", "192.0.2.10"), (StatusOf("a"), StatusOf("b")));

        _server!.Put(Service("c"));
        await UntilAsync(() => PoolUse() == "2 0 0 0");
        var written = PoolWritings();

        // What says the same is not written: neither when a Service changes that has its address, nor when the writing itself is heard of.
        _server.Put(Service("c", port: 82));
        _server.Put(Service("d"));
        await UntilAsync(() => Reasons("d").Contains("AllocationFailed"));
        Assert.Equal(written, PoolWritings());

        _server.Put(Pool.Replace("192.0.2.10-192.0.2.11", "192.0.2.10-192.0.2.11, '2001:db8::/126'", StringComparison.Ordinal));
        await UntilAsync(() => PoolUse() == "2 0 0 4");
        _server.Delete("services", "default", "a");
        _server.Delete("services", "default", "b");
        await UntilAsync(() => StatusOf("d") == "192.0.2.10");
        _server.Delete("services", "default", "d");
        await UntilAsync(() => PoolUse() == "1 0 1 4");
    }

    [Theory]
    [InlineData(403, "grant the verbs")]
    [InlineData(404, "has no status")]
    public async Task A_pool_whose_status_cannot_be_written_gives_addresses_all_the_same_and_one_line(int code, string message)
    {
        await StartAsync(Pool, Service("a"));
        _server!.Fault = request => request is { Resource: "ipaddresspools", Subresource: "status" } ? new FakeFault.Status(code) : null;
        _ = Run("one", new AddressControllerOptions(), Stop);
        await UntilAsync(() => StatusOf("a") == "192.0.2.10" && Said(message) == 1);

        _server.Put(Service("b"));
        await UntilAsync(() => StatusOf("b") == "192.0.2.11");
        Assert.Equal(1, Said(message));
    }

    [Fact]
    public async Task A_pool_that_is_wrong_leaves_the_last_one_in_force_and_the_state_of_the_configuration_says_so()
    {
        await StartAsync(Pool, Service("a"));
        _ = Run("one", new AddressControllerOptions(), Stop);
        await UntilAsync(() => Configuration() == "Valid ");

        _server!.Put(Pool.Replace("192.0.2.10-192.0.2.11", "192.0.2.10-192.0.2.1", StringComparison.Ordinal));
        await UntilAsync(() => Configuration() == "Invalid pool main: addresses: '192.0.2.10-192.0.2.1' ends before it begins; its last good version stays in force");
        await UntilAsync(() => HasMetric("metallb_k8s_client_config_stale_bool 1"));
        _server.Put(Service("b"));
        await UntilAsync(() => StatusOf("b") == "192.0.2.11");
        await UntilAsync(() => Reasons("main").SequenceEqual(["ConfigurationError"]));
        Assert.Equal("metallb.io/v1beta1", _server.List("events").Single(e => e["involvedObject"]!["name"]!.GetValue<string>() == "main")["involvedObject"]!["apiVersion"]!.GetValue<string>());

        _server.Put(Pool);
        await UntilAsync(() => Configuration() == "Valid " && HasMetric("metallb_k8s_client_config_stale_bool 0") && HasMetric("metallb_k8s_client_config_loaded_bool 1"));
        Assert.Equal("controller", _server.Get("configurationstates", "metallb-system", "controller")!["metadata"]!["labels"]!["metallb.io/component-type"]!.GetValue<string>());
    }

    private static string Service(string name, string created = "2024-01-01T00:00:00Z", int port = 80, string annotations = "") =>
        $$"""
        apiVersion: v1
        kind: Service
        metadata: {name: {{name}}, namespace: default, creationTimestamp: "{{created}}", annotations: { {{annotations}} } }
        spec: {type: LoadBalancer, clusterIP: 10.96.0.10, clusterIPs: [10.96.0.10], ports: [{port: {{port}}}]}
        """;

    private async Task StartAsync(params string[] manifests)
    {
        _server = await FakeApiServer.StartAsync();
        _client = new ApiClient(new ApiConnection { Server = _server.Address, Origin = "the test" });
        foreach (var manifest in manifests)
        {
            _server.Put(manifest);
        }
    }

    private Task Run(string identity, AddressControllerOptions options, CancellationToken stop)
    {
        var election = new LeaderElectionOptions { Namespace = "metallb-system", Name = "portico-loadbalancer", Identity = identity, Ttl = TimeSpan.FromSeconds(15) };
        async Task RunAsync()
        {
            using var end = CancellationTokenSource.CreateLinkedTokenSource(stop, _stop.Token);
            await ClusterController.RunAsync(
                _client!,
                election,
                options,
                new ReportingPod("metallb-system", "", ""),
                _observers,
                ns => ClusterController.Watches(ns) with { Times = new WatchTimes { Coalescing = TimeSpan.FromMilliseconds(1) } },
                Log,
                end.Token,
                times: new ReportTimes { Pause = TimeSpan.FromMilliseconds(1) });
        }

        var running = RunAsync();
        _running.Add(running);
        return running;
    }

    private void Log(string line)
    {
        lock (_log)
        {
            _log.Add(line);
        }
    }

    private string StatusOf(string service) => string.Join(
        ' ', (_server!.Get("services", "default", service)?["status"]?["loadBalancer"]?["ingress"] as JsonArray ?? []).Select(entry => entry!["ip"]!.GetValue<string>()));

    private string AnnotationOf(string service) =>
        _server!.Get("services", "default", service)?["metadata"]?["annotations"]?["metallb.io/ip-allocated-from-pool"]?.GetValue<string>() ?? "";

    private string PoolUse() => _server!.Get("ipaddresspools", "metallb-system", "main")?["status"] is { } s
        ? $"{s["assignedIPv4"]} {s["assignedIPv6"]} {s["availableIPv4"]} {s["availableIPv6"]}"
        : "";

    private bool HasMetric(string line) => _observers.Metrics.Page().Contains(line + "\n", StringComparison.Ordinal);

    private int PoolWritings() => _server!.Requests.Count(r => r is { Resource: "ipaddresspools", Verb: "patch" });

    private string Configuration() =>
        _server!.Get("configurationstates", "metallb-system", "controller")?["status"] is { } s ? $"{s["result"]} {s["errorSummary"]}" : "";

    private int Said(string text)
    {
        lock (_log)
        {
            return _log.Count(line => line.Contains(text, StringComparison.Ordinal));
        }
    }

    private List<string> Reasons(string service) =>
        [.. _server!.List("events").Where(e => e["involvedObject"]!["name"]!.GetValue<string>() == service).Select(e => e["reason"]!.GetValue<string>())];

    private async Task UntilAsync(Func<bool> holds)
    {
        while (!holds())
        {
            await Task.Delay(5, _stop.Token);
        }
    }
}
