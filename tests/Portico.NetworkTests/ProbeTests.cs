using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;
using static Portico.NetworkTests.Manifest;

namespace Portico.NetworkTests;

/// <summary>What load balancers and monitoring ask: ports of Services' health checks, kube-proxy's health pages and metrics.</summary>
public sealed partial class ProbeTests(OneNode net) : IClassFixture<OneNode>
{
    private const string Local = "type: LoadBalancer, externalTrafficPolicy: Local, healthCheckNodePort: 32000";

    [Fact]
    public void A_health_check_port_tells_how_many_endpoints_this_node_has()
    {
        using var program = net.StartLive(Service(ports: "[{name: http, port: 80}, {name: other, port: 81}]", more: Local)
            + Slice("1 2 3@", ports: "[{name: http, port: 8080}, {name: other, port: 9090}]"));
        var answer = net.Http("cli", "192.0.2.1", 32000, "/any/path");
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nContent-Type: application/json\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nX-Content-Type-Options: nosniff\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nX-Load-Balancing-Endpoint-Weight: 2\r\n", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n{\n\t\"service\": {\n\t\t\"namespace\": \"ns1\",\n\t\t\"name\": \"web\"\n\t},\n\t\"localEndpoints\": 2,\n\t\"serviceProxyHealthy\": true\n}", answer, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_an_endpoint_here_it_answers_503_and_ending_ones_do_not_count_while_they_still_serve()
    {
        using var program = net.StartLive(Service(ports: NodePorts, more: Local, status: "{ip: 198.51.100.10}") + Slice("1"));
        Until.Is("200 1", Health);
        net.Change(Service(ports: NodePorts, more: Local, status: "{ip: 198.51.100.10}") + Slice("1~ 3@"));
        Until.Is("503 0", Health);
        Assert.Contains("\r\nX-Load-Balancing-Endpoint-Weight: 0\r\n", net.Http("cli", "192.0.2.1", 32000, "/"), StringComparison.Ordinal);
        Assert.Equal("p1 203.0.113.2", net.Tcp("cli", "198.51.100.10", 80));

        // A Service that another proxy has is none of this one's business.
        net.Change(Service(ports: NodePorts, more: Local).Replace("namespace: ns1", "namespace: ns1, labels: {service.kubernetes.io/service-proxy-name: other}", StringComparison.Ordinal) + Slice("1"));
        Until.Is("rejected", Health);
    }

    [Fact]
    public void The_port_moves_with_the_Service_and_goes_with_its_policy()
    {
        using var program = net.StartLive(Service(more: Local) + Slice("1"));
        Until.Is("200 1", Health);
        net.Change(Service(more: Local.Replace("32000", "32001", StringComparison.Ordinal)) + Slice("1"));
        Until.Is("200 1", () => HealthAt(32001));
        Until.Is("rejected", Health);
        net.Change(Service(more: "type: LoadBalancer, healthCheckNodePort: 32001") + Slice("1"));
        Until.Is("rejected", () => HealthAt(32001));
    }

    [Fact]
    public void A_port_that_somebody_else_has_is_reported_and_taken_once_it_is_free()
    {
        var other = net.InNode(() =>
        {
            var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
            socket.Bind(new IPEndPoint(IPAddress.IPv6Any, 32000));
            socket.Listen();
            return socket;
        });
        using var program = net.StartLive(Service(more: Local) + Slice("1"));
        program.WaitFor("Service ns1/web: ");
        Assert.Contains("failed to start healthcheck \"ns1/web\" on port 32000", program.Output, StringComparison.Ordinal);
        Assert.StartsWith("p1 ", net.Tcp("p3", "10.96.0.10", 80), StringComparison.Ordinal);
        other.Dispose();
        Until.Is("200 1", Health);
    }

    [Fact]
    public void Healthz_and_livez_answer_as_those_of_kube_proxy_do()
    {
        using var program = net.StartLive(Service() + Slice("1"));
        foreach (var (path, fields) in ((string, string)[])[("/healthz", "lastUpdated currentTime nodeEligible healthy status"), ("/livez", "lastUpdated currentTime healthy status")])
        {
            var answer = net.Http("cli", "192.0.2.1", 10256, path);
            Assert.StartsWith("HTTP/1.1 200 OK\r\n", answer, StringComparison.Ordinal);
            Assert.Contains("\r\nContent-Type: application/json\r\n", answer, StringComparison.Ordinal);
            var body = JsonDocument.Parse(answer[answer.IndexOf('{', StringComparison.Ordinal)..]).RootElement;
            Assert.Equal(fields, string.Join(' ', body.EnumerateObject().Select(p => p.Name)));
            Assert.Equal(["IPv4", "IPv6"], body.GetProperty("status").EnumerateObject().Select(p => p.Name));
            Assert.True(body.GetProperty("status").GetProperty("IPv4").GetProperty("healthy").GetBoolean());
        }

        Assert.StartsWith("HTTP/1.1 404 ", net.Http("cli", "192.0.2.1", 10256, "/other"), StringComparison.Ordinal);
        Assert.Equal("rejected", net.Http("cli", "192.0.2.1", 10249, "/metrics"));
    }

    [Fact]
    public void A_node_that_an_autoscaler_takes_away_wants_no_more_traffic_and_is_alive()
    {
        const string Tainted = "apiVersion: v1\nkind: Node\nmetadata: {name: node}\nspec: {taints: [{key: ToBeDeletedByClusterAutoscaler, effect: NoSchedule}]}\n---\n";
        using var program = net.StartLive(Service() + Slice("1"));
        net.Change(Tainted + Service() + Slice("1"));
        Until.Is("503", () => Status(net.Http("cli", "192.0.2.1", 10256, "/healthz")));
        Assert.Contains("\"nodeEligible\":false", net.Http("cli", "192.0.2.1", 10256, "/healthz"), StringComparison.Ordinal);
        Assert.Equal("200", Status(net.Http("cli", "192.0.2.1", 10256, "/livez")));
    }

    [Fact]
    public void Metrics_have_the_names_of_kube_proxy()
    {
        using var program = net.StartLive(Service(more: "internalTrafficPolicy: Local") + Slice("1"));
        net.Change(Service(more: "internalTrafficPolicy: Local") + Slice("3@"));
        Until.Is("1", () => Metric("kubeproxy_sync_proxy_rules_no_local_endpoints_total{ip_family=\"IPv4\",traffic_policy=\"internal\"}"));
        Assert.Equal("2", Metric("kubeproxy_sync_proxy_rules_duration_seconds_count{ip_family=\"IPv4\"}"));
        Assert.Equal("1", Metric("kubeproxy_sync_full_proxy_rules_duration_seconds_count{ip_family=\"IPv4\"}"));
        Assert.Equal("1", Metric("kubeproxy_sync_partial_proxy_rules_duration_seconds_count{ip_family=\"IPv4\"}"));
        Assert.Equal("0", Metric("kubeproxy_sync_proxy_rules_endpoint_changes_pending{ip_family=\"IPv4\"}"));
        Assert.Equal("2", Metric("kubeproxy_sync_proxy_rules_endpoint_changes_total{ip_family=\"IPv4\"}"));
        Assert.NotEqual("", Metric("kubeproxy_sync_proxy_rules_last_timestamp_seconds{ip_family=\"IPv4\"}"));
        Assert.EndsWith("nftables", net.Http("node", "127.0.0.1", 10249, "/proxyMode"), StringComparison.Ordinal);
    }

    [Fact]
    public void Each_of_them_is_on_the_page_for_each_family()
    {
        using var program = net.StartLive(Service() + Slice("1"));
        foreach (var path in (string[])["/healthz", "/livez"])
        {
            Assert.Equal("200", Status(net.Http("cli", "192.0.2.1", 10256, path)));
            Assert.Equal("1", Metric($"kubeproxy_proxy_{path[1..]}_total{{code=\"200\"}}"));
        }

        foreach (var family in (string[])["IPv4", "IPv6"])
        {
            foreach (var name in (string[])
            [
                "sync_proxy_rules_duration_seconds_count", "sync_full_proxy_rules_duration_seconds_count", "sync_partial_proxy_rules_duration_seconds_count",
                "sync_proxy_rules_last_timestamp_seconds", "sync_proxy_rules_last_queued_timestamp_seconds", "network_programming_duration_seconds_count",
                "sync_proxy_rules_endpoint_changes_pending", "sync_proxy_rules_endpoint_changes_total", "sync_proxy_rules_service_changes_pending",
                "sync_proxy_rules_service_changes_total", "sync_proxy_rules_nftables_sync_failures_total", "sync_proxy_rules_nftables_cleanup_failures_total",
                "conntrack_reconciler_sync_duration_seconds_count", "conntrack_reconciler_deleted_entries_total",
            ])
            {
                Assert.NotEqual("", Metric($"kubeproxy_{name}{{ip_family=\"{family}\"}}"));
            }

            foreach (var policy in (string[])["internal", "external"])
            {
                Assert.Equal("0", Metric($"kubeproxy_sync_proxy_rules_no_local_endpoints_total{{ip_family=\"{family}\",traffic_policy=\"{policy}\"}}"));
            }
        }
    }

    [Fact]
    public void The_time_from_a_pods_change_to_its_rule_is_measured_from_what_the_slice_says()
    {
        using var program = net.StartLive(Service() + Slice("1"));
        net.Change(Service() + Slice("2").Replace(
            "namespace: ns1, labels",
            $"namespace: ns1, annotations: {{endpoints.kubernetes.io/last-change-trigger-time: \"{DateTime.UtcNow:yyyy-MM-ddTHH:mm:ss.fffZ}\"}}, labels",
            StringComparison.Ordinal));
        Until.Is("1", () => Metric("kubeproxy_network_programming_duration_seconds_count{ip_family=\"IPv4\"}"));
        Assert.Equal("0", Metric("kubeproxy_network_programming_duration_seconds_count{ip_family=\"IPv6\"}"));
        net.Change(Service() + Slice("3"));
        Until.Is("p3 10.1.2.2", () => net.Tcp("p2", "10.96.0.10", 80));
        Assert.Equal("1", Metric("kubeproxy_network_programming_duration_seconds_count{ip_family=\"IPv4\"}"));
    }

    [Fact]
    public void A_node_port_outside_of_the_range_is_open_and_reported_once_and_one_that_two_Services_want_is_the_firsts()
    {
        const string Odd = "[{name: http, port: 80, nodePort: 20080}]";
        using var program = net.StartLive(Service(ports: Odd, more: "type: NodePort") + Slice("1")
            + Service("zeb", "10.96.0.11", Odd, "type: NodePort") + Slice("2", "zeb"));
        Assert.StartsWith("p1 ", net.Tcp("cli", "192.0.2.1", 20080), StringComparison.Ordinal);
        Assert.Contains("Service ns1/web: node port 20080 is outside of 30000-32767; it is open all the same", program.Output, StringComparison.Ordinal);
        Assert.Contains("Service ns1/zeb:http: tcp 20080 is the entry of Service ns1/web:http already; it leads there", program.Output, StringComparison.Ordinal);
        net.Change(Service(ports: Odd, more: "type: NodePort") + Slice("3"));
        Until.Is("p3 10.1.3.1", () => net.Tcp("cli", "192.0.2.1", 20080));
        Assert.Single(Regex.Matches(program.Output, "Service ns1/web: node port"));
    }

    private string Health() => HealthAt(32000);

    private string HealthAt(int port)
    {
        var answer = net.Http("cli", "192.0.2.1", port, "/");
        return answer.StartsWith("HTTP", StringComparison.Ordinal) ? $"{Status(answer)} {LocalEndpoints().Match(answer).Groups[1].Value}" : answer;
    }

    private string Metric(string name) => net.Http("node", "127.0.0.1", 10249, "/metrics").Split('\n')
        .Where(l => l.StartsWith(name + " ", StringComparison.Ordinal)).Select(l => l[(name.Length + 1)..]).FirstOrDefault("");

    private static string Status(string answer) => answer.Split(' ')[1];

    [GeneratedRegex("\"localEndpoints\": ([0-9]+)")]
    private static partial Regex LocalEndpoints();
}
