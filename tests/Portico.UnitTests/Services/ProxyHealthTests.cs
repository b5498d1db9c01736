using System.Net.Sockets;
using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Portico.Probes;
using Portico.Services;
using Portico.Services.Health;
using Portico.Services.Observing;
using Xunit;

namespace Portico.UnitTests.Services;

public class ProxyHealthTests
{
    private readonly MovableClock _clock = new();
    private readonly ProxyHealth _health;

    public ProxyHealthTests() => _health = new ProxyHealth([IpFamily.IPv4, IpFamily.IPv6], _clock);

    [Fact]
    public void A_change_that_waits_a_minute_is_a_failure_until_it_is_in_force()
    {
        _health.Queued();
        _clock.Advance(TimeSpan.FromSeconds(59));
        _health.Queued();
        Assert.Equal((200, 200), Codes());
        _health.Updated(IpFamily.IPv4);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((503, 503), Codes());
        Assert.False(_health.IsHealthy);
        Assert.Contains("\"IPv4\":{\"lastUpdated\":", _health.Livez().Body, StringComparison.Ordinal);
        _health.Updated(IpFamily.IPv6);
        Assert.Equal((200, 200), Codes());
    }

    /// <summary>Balancers leave a node whose rules do not follow, whatever its pods are like.</summary>
    [Fact]
    public void The_ports_of_Services_tell_of_a_failure_too()
    {
        var service = ClusterObjects.Web with
        {
            Spec = ClusterObjects.Web.Spec with { Type = "LoadBalancer", ExternalTrafficPolicy = "Local", HealthCheckNodePort = 32000 },
        };
        var cache = new ResourceCache();
        cache.Apply([new ResourceChange(null, service), new ResourceChange(null, ClusterObjects.Slice(ClusterObjects.Endpoint("10.1.1.2")))]);
        Func<string, AddressFamily, Answer>? port = null;
        using var checks = new NodeHealthChecks(() => _health.IsHealthy, (_, _) => { }, (_, answer) =>
        {
            port = answer;
            return new MemoryStream();
        });
        checks.Update("ns1", "web", cache, "node");
        checks.Apply();
        Assert.Equal(200, port!("/", AddressFamily.InterNetwork).Status);
        _health.Queued();
        _clock.Advance(TimeSpan.FromSeconds(61));
        var answer = port("/", AddressFamily.InterNetwork);
        Assert.Equal(503, answer.Status);
        Assert.Contains("\"localEndpoints\": 1,\n\t\"serviceProxyHealthy\": false", answer.Body, StringComparison.Ordinal);
        Assert.Equal((503, 503), Codes());
    }

    [Fact]
    public void Without_changes_it_is_healthy_for_ever()
    {
        _clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal((200, 200), Codes());
    }

    [Fact]
    public void A_node_that_goes_wants_no_traffic_and_is_alive()
    {
        _health.Node(new Node { Taints = ["ToBeDeletedByClusterAutoscaler"] }, isKnown: true);
        Assert.Equal((503, 200), Codes());
        _health.Node(new Node { Taints = ["other"] }, isKnown: true);
        Assert.Equal((200, 200), Codes());
        _health.Node(new Node { Metadata = new ObjectMeta { DeletionTimestamp = DateTimeOffset.UnixEpoch } }, isKnown: true);
        Assert.Equal((503, 200), Codes());
        _health.Node(null, isKnown: true);
        Assert.Equal((503, 200), Codes());
        _health.Node(null, isKnown: false);
        Assert.Equal((200, 200), Codes());
    }

    [Fact]
    public void Metrics_are_in_the_text_format_of_Prometheus()
    {
        var metrics = new ProxyMetrics([IpFamily.IPv4]);
        metrics.Synced(IpFamily.IPv4, full: false, seconds: 0.003, now: 12.5);
        var page = metrics.Page();
        Assert.Contains("# TYPE kubeproxy_sync_partial_proxy_rules_duration_seconds histogram\n", page, StringComparison.Ordinal);
        Assert.Contains("kubeproxy_sync_partial_proxy_rules_duration_seconds_bucket{ip_family=\"IPv4\",le=\"0.002\"} 0\n", page, StringComparison.Ordinal);
        Assert.Contains("kubeproxy_sync_partial_proxy_rules_duration_seconds_bucket{ip_family=\"IPv4\",le=\"0.004\"} 1\n", page, StringComparison.Ordinal);
        Assert.Contains("kubeproxy_sync_partial_proxy_rules_duration_seconds_bucket{ip_family=\"IPv4\",le=\"+Inf\"} 1\n", page, StringComparison.Ordinal);
        Assert.Contains("kubeproxy_sync_proxy_rules_last_timestamp_seconds{ip_family=\"IPv4\"} 12.5\n", page, StringComparison.Ordinal);
        Assert.Contains("kubeproxy_sync_full_proxy_rules_duration_seconds_count{ip_family=\"IPv4\"} 0\n", page, StringComparison.Ordinal);
    }

    private sealed class MovableClock : TimeProvider
    {
        private DateTimeOffset _now = DateTimeOffset.UnixEpoch;

        public void Advance(TimeSpan by) => _now += by;

        public override DateTimeOffset GetUtcNow() => _now;
    }

    private (int Healthz, int Livez) Codes() => (_health.Healthz().Status, _health.Livez().Status);
}
