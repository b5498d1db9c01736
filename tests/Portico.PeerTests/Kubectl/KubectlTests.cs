using Portico.DataPlaneTests.Cluster;
using Portico.TestKit.Backends;
using Portico.TestKit.Manifests;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.PeerTests.Kubectl;

/// <summary>A user's hand on the cluster: kubectl creates, changes, shows and deletes, and the gateway follows.</summary>
public class KubectlTests
{
    [Fact]
    public async Task An_Ingress_that_kubectl_makes_serves_and_goes_again()
    {
        await using var gateway = await ClusterGateway.StartAsync();
        using var kubectl = new KubectlProgram(gateway.Server);

        Assert.Contains("one created", await kubectl.WithManifestAsync("create", Ingress("one", "one.test")), StringComparison.Ordinal);
        await gateway.AnswersAsync("one.test", 200);
        await kubectl.WithManifestAsync("replace", Ingress("one", "other.test"));
        await gateway.AnswersAsync("other.test", 200);
        await gateway.AnswersAsync("one.test", 404);
        await kubectl.RunAsync("annotate", "ingress", "one", "nginx.ingress.kubernetes.io/permanent-redirect=https://elsewhere.test");
        await gateway.AnswersAsync("other.test", 301);
        await kubectl.RunAsync("delete", "--wait=false", "ingress", "one");
        await gateway.AnswersAsync("other.test", 404);
    }

    [Fact]
    public async Task Services_and_their_endpoints_come_change_and_go()
    {
        await using var green = new ScriptedBackend(Scripts.Body("green"), "green");
        await using var blue = new ScriptedBackend(Scripts.Body("blue"), "blue");
        await using var gateway = await ClusterGateway.StartAsync(g => g.Server.Put(Manifest.Ingress("shop", "shop.test", [new IngressPath("shop")])));
        using var kubectl = new KubectlProgram(gateway.Server);
        await gateway.AnswersAsync("shop.test", 503);

        await kubectl.WithManifestAsync("create", Manifest.Service("shop", 80, EndpointOf(green)));
        await ShowsAsync(gateway, "green");
        await kubectl.WithManifestAsync("replace", Manifest.EndpointSlice("shop", 0, EndpointOf(blue)));
        await ShowsAsync(gateway, "blue");
        await kubectl.RunAsync("delete", "--wait=false", "endpointslice", "shop-0");
        await gateway.AnswersAsync("shop.test", 503);
        await kubectl.WithManifestAsync("create", Manifest.EndpointSlice("shop", 0, EndpointOf(green)));
        await ShowsAsync(gateway, "green");
        await kubectl.RunAsync("patch", "service", "shop", "--type=merge", "-p", """{"spec":{"ports":[{"name":"http","port":81,"targetPort":"http","protocol":"TCP"}]}}""");
        await gateway.AnswersAsync("shop.test", 503);
        await kubectl.RunAsync("delete", "--wait=false", "service", "shop");
        await gateway.AnswersAsync("shop.test", 503);
    }

    [Fact]
    public async Task A_certificate_comes_with_its_Secret_and_follows_it()
    {
        var (first, second) = (TestCertificate.For("tls.test"), TestCertificate.For("tls.test"));
        await using var gateway = await ClusterGateway.StartAsync(g => g.Expose("one", "tls.test", "tls"));
        using var kubectl = new KubectlProgram(gateway.Server);

        await kubectl.WithManifestAsync("create", Manifest.TlsSecret("tls", first));
        await ShowsAsync(gateway, first);
        await kubectl.WithManifestAsync("replace", Manifest.TlsSecret("tls", second));
        await ShowsAsync(gateway, second);
        await kubectl.RunAsync("delete", "--wait=false", "secret", "tls");
        await Eventually.TrueAsync(async () => await ThumbprintAsync(gateway) != second.Thumbprint, "a certificate that was deleted serves no longer");
    }

    [Fact]
    public async Task Get_shows_the_address_and_describe_the_events()
    {
        await using var gateway = await ClusterGateway.StartAsync(
            g => g.Expose("bad", "bad.test", null, ("load-balance", "bogus")), "--publish-status-address=203.0.113.7,gateway.example.com");
        using var kubectl = new KubectlProgram(gateway.Server);
        await kubectl.WithManifestAsync("create", Ingress("one", "one.test"));

        await Eventually.TrueAsync(
            async () => Words(await kubectl.RunAsync("get", "ingress", "one"))[1][..5] is ["one", "nginx", "one.test", "203.0.113.7,gateway.example.com", "80"], "get shows the address");
        await Eventually.TrueAsync(async () => EventsOf(await kubectl.RunAsync("describe", "ingress", "one"), "Normal", "Sync", "nginx-ingress-controller"), "describe shows that it was taken");
        await Eventually.TrueAsync(
            async () => EventsOf(await kubectl.RunAsync("describe", "ingress", "bad"), "Warning", "AnnotationParsingFailed", "load-balance"), "describe shows what is wrong");
    }

    private static string Ingress(string name, string host) => Manifest.Ingress(name, host, [new IngressPath("hello")]);

    private static ServiceEndpoint EndpointOf(ScriptedBackend backend) => new(backend.EndPoint.Address.ToString(), backend.Port);

    private static string[][] Words(string table) => [.. table.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))];

    private static bool EventsOf(string description, params string[] words) =>
        description[description.IndexOf("Events:", StringComparison.Ordinal)..].Split('\n').Any(line => words.All(word => line.Contains(word, StringComparison.Ordinal)));

    private static Task ShowsAsync(ClusterGateway gateway, string body) => Eventually.TrueAsync(
        async () =>
        {
            await using var client = await gateway.Process.ConnectAsync();
            return (await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n")).Text == body;
        },
        $"shop.test shows {body}");

    private static Task ShowsAsync(ClusterGateway gateway, TestCertificate certificate) =>
        Eventually.TrueAsync(async () => await ThumbprintAsync(gateway) == certificate.Thumbprint, "the certificate of the Secret serves");

    private static async Task<string> ThumbprintAsync(ClusterGateway gateway)
    {
        await using var client = await gateway.Process.ConnectTlsAsync("tls.test");
        return client.ServerCertificate!.Thumbprint;
    }
}
