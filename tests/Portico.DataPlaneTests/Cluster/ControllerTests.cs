using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Portico.TestKit.Manifests;
using Portico.TestKit.Processes;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Cluster;

public class ControllerTests
{
    private const string Published = "--publish-status-address=203.0.113.7";

    [Fact]
    public async Task The_address_appears_and_goes_when_the_last_gateway_ends()
    {
        await using var gateway = await ClusterGateway.StartAsync(g => g.Expose("one", "one.test"), Published);
        await Eventually.TrueAsync(() => AddressOf(gateway, "one") == "203.0.113.7", "kubectl get shows the address");
        gateway.Expose("two", "two.test");
        await Eventually.TrueAsync(() => AddressOf(gateway, "two") == "203.0.113.7", "a new Ingress gets it at once");

        // The gateway may see its own writing, and must not answer it with another.
        await gateway.AnswersAsync("two.test", 200);
        Assert.Equal(2, gateway.Server.Requests.Count(r => r is { Verb: "patch", Subresource: "status" }));

        Assert.Equal(0, await gateway.Process.StopAsync());
        Assert.Equal("", AddressOf(gateway, "one"));
        Assert.Equal("", gateway.Server.Get("leases", "gateways", "ingress-controller-leader")!["spec"]!["holderIdentity"]!.GetValue<string>());
    }

    [Fact]
    public async Task In_the_shadow_nothing_is_written_into_the_status()
    {
        await using var gateway = await ClusterGateway.StartAsync(g => g.Expose("one", "one.test"), Published, "--update-status=false");
        await Eventually.TrueAsync(() => gateway.Server.List("leases").Count == 1, "the gateway leads");
        await gateway.Process.StopAsync();

        Assert.DoesNotContain(gateway.Server.Requests, r => r.Subresource == "status");
    }

    [Fact]
    public async Task When_the_leader_is_killed_the_other_one_takes_the_Lease()
    {
        await using var gateway = await ClusterGateway.StartAsync(g => g.Expose("one", "one.test"), Published, "--election-ttl=2s");
        await Eventually.TrueAsync(() => AddressOf(gateway, "one") == "203.0.113.7", "the first one leads");
        await using var second = await gateway.StartProcessAsync("gateway-1", Published, "--election-ttl=2s");
        await gateway.KillAsync();
        await Eventually.TrueAsync(
            () => gateway.Server.Get("leases", "gateways", "ingress-controller-leader")!["spec"]!["holderIdentity"]!.GetValue<string>() == "gateway-1",
            "the second one has the Lease");

        gateway.Expose("two", "two.test");
        await Eventually.TrueAsync(() => AddressOf(gateway, "two") == "203.0.113.7", "and writes");
    }

    [Fact]
    public async Task Events_say_what_became_of_an_Ingress()
    {
        await using var gateway = await ClusterGateway.StartAsync(g => g.Expose("one", "one.test"));
        gateway.Expose("bad", "bad.test", null, ("load-balance", "bogus"));
        await Eventually.TrueAsync(() => Events(gateway, "bad").Contains("AnnotationParsingFailed"), "the refusal is an event");

        await Eventually.TrueAsync(() => Events(gateway, "one").Contains("Sync") && Events(gateway, "bad").Contains("Sync"), "and so is each change");
    }

    [Fact]
    public async Task Without_events_there_are_none()
    {
        await using var gateway = await ClusterGateway.StartAsync(g => g.Expose("bad", "bad.test", null, ("load-balance", "bogus")), Published, "--disable-sync-events");
        gateway.Expose("one", "one.test");
        await Eventually.TrueAsync(() => AddressOf(gateway, "one") == "203.0.113.7", "the status is written");

        Assert.Empty(gateway.Server.List("events"));
    }

    [Fact]
    public async Task The_webhook_refuses_what_another_Ingress_has_and_survives_garbage()
    {
        var certificate = TestCertificate.For("webhook.test");
        using var files = new CertificateFiles(certificate);
        var port = FreePorts.Next();
        await using var gateway = await ClusterGateway.StartAsync(
            g => g.Expose("one", "one.test"),
            $"--validating-webhook=127.0.0.1:{port}", $"--validating-webhook-certificate={files.Certificate}", $"--validating-webhook-key={files.Key}", "--enable-metrics");
        using var client = Client(certificate);
        var address = new Uri($"https://127.0.0.1:{port}/networking/v1/ingresses");

        Assert.Equal(HttpStatusCode.BadRequest, (await client.PostAsync(address, new StringContent("nonsense"), TestContext.Current.CancellationToken)).StatusCode);
        using var large = new ByteArrayContent(new byte[(9 * 1024 * 1024) + 1]);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await client.PostAsync(address, large, TestContext.Current.CancellationToken)).StatusCode);

        var refused = await ReviewAsync(client, address, "other", "one.test");
        Assert.False(refused["allowed"]!.GetValue<bool>());
        Assert.Equal("host \"one.test\" and path \"/\" is already defined in ingress default/one", refused["status"]!["message"]!.GetValue<string>());
        Assert.Equal(400, refused["status"]!["code"]!.GetValue<int>());

        var allowed = await ReviewAsync(client, address, "other", "free.test");
        Assert.True(allowed["allowed"]!.GetValue<bool>());
        Assert.Equal("the-uid", allowed["uid"]!.GetValue<string>());

        var metrics = await gateway.Process.ReadMetricsAsync();
        Assert.Equal(1, metrics.Sum("nginx_ingress_controller_check_errors", "ingress=\"other\""));
        Assert.Equal(1, metrics.Sum("nginx_ingress_controller_check_success", "ingress=\"other\""));
    }

    private static async Task<JsonNode> ReviewAsync(HttpClient client, Uri address, string name, string host)
    {
        var review = $$$"""
            {"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"the-uid","kind":{"group":"networking.k8s.io","version":"v1","kind":"Ingress"},
            "operation":"CREATE","namespace":"default","name":"{{{name}}}","object":{"apiVersion":"networking.k8s.io/v1","kind":"Ingress",
            "metadata":{"name":"{{{name}}}","namespace":"default","uid":"7c5c1b1e-0d7e-4f3c-9a1b-3d5e7f9a1b2c"},
            "spec":{"ingressClassName":"nginx","rules":[{"host":"{{{host}}}","http":{"paths":[{"path":"/","pathType":"Prefix","backend":{"service":{"name":"hello","port":{"number":80} } } }]} }]} } } }
            """;
        using var content = new StringContent(review, Encoding.UTF8, "application/json");
        using var response = await client.PostAsync(address, content, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["response"]!;
    }

    private static string AddressOf(ClusterGateway gateway, string ingress) =>
        gateway.Server.Get("ingresses", "default", ingress)?["status"]?["loadBalancer"]?["ingress"]?[0]?["ip"]?.GetValue<string>() ?? "";

    private static string[] Events(ClusterGateway gateway, string ingress) =>
        [.. gateway.Server.List("events").Where(e => e["involvedObject"]!["name"]!.GetValue<string>() == ingress).Select(e => e["reason"]!.GetValue<string>())];

    private static HttpClient Client(TestCertificate certificate)
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) => shown is System.Security.Cryptography.X509Certificates.X509Certificate2 known && known.Thumbprint == certificate.Thumbprint;
        return new HttpClient(handler);
    }

    private sealed class CertificateFiles : IDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("portico-webhook-").FullName;

        public CertificateFiles(TestCertificate certificate)
        {
            File.WriteAllText(Certificate, certificate.CertificatePem);
            File.WriteAllText(Key, certificate.KeyPem);
        }

        public string Certificate => Path.Combine(_folder, "tls.crt");

        public string Key => Path.Combine(_folder, "tls.key");

        public void Dispose() => Directory.Delete(_folder, recursive: true);
    }
}
