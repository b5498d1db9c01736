using Portico.TestKit.Cluster;
using Portico.TestKit.Manifests;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Cluster;

public class ClusterSourceTests
{
    [Fact]
    public async Task Objects_of_the_cluster_serve_and_their_changes_follow()
    {
        await using var gateway = await ClusterGateway.StartAsync(g => g.Expose("one", "one.test"));
        Assert.Equal(200, await gateway.StatusOfAsync("one.test"));

        gateway.Expose("two", "two.test");
        await gateway.AnswersAsync("two.test", 200);
        gateway.Server.Delete("endpointslices", "default", "hello-0");
        await gateway.AnswersAsync("one.test", 503);
        gateway.Server.Delete("ingresses", "default", "two");
        await gateway.AnswersAsync("two.test", 404);
    }

    [Fact]
    public async Task While_the_API_server_is_away_traffic_goes_on_and_the_gateway_stays_ready()
    {
        await using var gateway = await ClusterGateway.StartAsync(g => g.Expose("one", "one.test"));
        gateway.Server.GoAway();
        await Eventually.TrueAsync(async () => (await gateway.Process.ReadMetricsAsync()).Sum("portico_source_in_contact") == 0, "a metric says so");
        await Eventually.TrueAsync(() => gateway.Process.Output.Contains("what serves goes on serving", StringComparison.Ordinal), "a line says so");

        Assert.Equal(200, await gateway.StatusOfAsync("one.test"));
        Assert.Equal(200, await gateway.Process.StatusOfAsync("/readyz"));

        gateway.Expose("two", "two.test");
        gateway.Server.ComeBack();
        await gateway.AnswersAsync("two.test", 200);
        await Eventually.TrueAsync(async () => (await gateway.Process.ReadMetricsAsync()).Sum("portico_source_in_contact") == 1, "the metric is up again");
    }

    [Fact]
    public async Task Namespaces_are_let_in_and_out_by_their_labels()
    {
        await using var gateway = await ClusterGateway.StartAsync(
            g =>
            {
                g.Server.Put("apiVersion: v1\nkind: Namespace\nmetadata: {name: default, labels: {tier: gold}}\n");
                g.Expose("one", "one.test");
            },
            "--watch-namespace-selector=tier in (gold,silver)");
        Assert.Equal(200, await gateway.StatusOfAsync("one.test"));

        gateway.Server.Put("apiVersion: v1\nkind: Namespace\nmetadata: {name: default, labels: {tier: lead}}\n");
        await gateway.AnswersAsync("one.test", 404);
        gateway.Server.Put("apiVersion: v1\nkind: Namespace\nmetadata: {name: default, labels: {tier: silver}}\n");
        await gateway.AnswersAsync("one.test", 200);
    }

    [Fact]
    public async Task A_gateway_that_cannot_read_everything_is_not_ready()
    {
        var server = await FakeApiServer.StartAsync();
        await using var cluster = server;
        server.Put(Manifest.IngressClass);
        server.Fault = request => request.Resource == "endpointslices" ? new FakeFault.Status(503, "ServiceUnavailable") : null;
        var starting = TestKit.Processes.PorticoProcess.StartAsync(new TestKit.Processes.PorticoOptions { KubeConfig = server.KubeConfig() });
        await Eventually.TrueAsync(() => server.Requests.Count(r => r.Resource == "endpointslices") >= 3, "it has asked several times");
        Assert.False(starting.IsCompleted);

        server.Fault = null;
        await using var process = await starting;
        Assert.Equal(200, await process.StatusOfAsync("/readyz"));
    }

    [Fact]
    public async Task A_certificate_serves_from_the_first_snapshot_on_and_follows_its_Secret()
    {
        var (first, second) = (TestCertificate.For("tls.test"), TestCertificate.For("tls.test"));
        await using var gateway = await ClusterGateway.StartAsync(g =>
        {
            g.Server.Put(Manifest.TlsSecret("tls", first));
            g.Expose("one", "tls.test", "tls");
        });
        Assert.Equal(first.Thumbprint, await ThumbprintAsync(gateway));

        gateway.Server.Put(Manifest.TlsSecret("tls", second));
        await Eventually.TrueAsync(async () => await ThumbprintAsync(gateway) == second.Thumbprint, "the new certificate serves");
    }

    [Fact]
    public async Task An_Ingress_that_changes_its_Secret_never_shows_another_certificate()
    {
        var (first, second) = (TestCertificate.For("tls.test"), TestCertificate.For("tls.test"));
        await using var gateway = await ClusterGateway.StartAsync(g =>
        {
            g.Server.Put(Manifest.TlsSecret("first", first));
            g.Server.Put(Manifest.TlsSecret("second", second));
            g.Expose("one", "tls.test", "first");
            g.Server.Fault = request => request.Resource == "secrets" && request.Query["fieldSelector"].EndsWith("second", StringComparison.Ordinal)
                ? new FakeFault.Delay(TimeSpan.FromMilliseconds(300)) : null;
        });
        gateway.Expose("one", "tls.test", "second");
        var seen = new HashSet<string>();
        await Eventually.TrueAsync(
            async () =>
            {
                seen.Add(await ThumbprintAsync(gateway));
                return seen.Contains(second.Thumbprint);
            },
            "the second certificate serves");

        Assert.Empty(seen.Except([first.Thumbprint, second.Thumbprint]));
    }

    [Fact]
    public async Task A_configuration_that_names_another_ConfigMap_waits_for_it()
    {
        await using var gateway = await ClusterGateway.StartAsync(
            g =>
            {
                g.Expose("one", "one.test");
                g.Server.Put(Manifest.ConfigMap("first", new Dictionary<string, string> { ["X-Turn"] = "first" }));
                g.Server.Put(Manifest.ConfigMap("second", new Dictionary<string, string> { ["X-Turn"] = "second" }));
                g.Server.Put(Manifest.ConfigMap("portico", new Dictionary<string, string> { ["add-headers"] = "default/first" }));
                g.Server.Fault = request => request.Resource == "configmaps" && request.Query["fieldSelector"].EndsWith("second", StringComparison.Ordinal)
                    ? new FakeFault.Delay(TimeSpan.FromMilliseconds(300)) : null;
            },
            "--configmap=default/portico");
        gateway.Server.Put(Manifest.ConfigMap("portico", new Dictionary<string, string> { ["add-headers"] = "default/second" }));
        var seen = new HashSet<string>();
        await Eventually.TrueAsync(
            async () =>
            {
                await using var client = await gateway.Process.ConnectAsync();
                var answer = await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: one.test\r\nConnection: close\r\n\r\n");
                seen.Add(answer["X-Turn"] ?? "none");
                return seen.Contains("second");
            },
            "the headers of the second ConfigMap are sent");

        Assert.Empty(seen.Except(["first", "second"]));
    }

    [Fact]
    public async Task A_kubeconfig_that_cannot_be_used_ends_the_program_with_a_line_that_says_why()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => TestKit.Processes.PorticoProcess.StartAsync(
            new TestKit.Processes.PorticoOptions { KubeConfig = "apiVersion: v1\nkind: Config\n" }));

        Assert.Contains("current-context is not set; give --context", error.Message, StringComparison.Ordinal);
    }

    private static async Task<string> ThumbprintAsync(ClusterGateway gateway)
    {
        await using var client = await gateway.Process.ConnectTlsAsync("tls.test");
        return client.ServerCertificate!.Thumbprint;
    }
}
