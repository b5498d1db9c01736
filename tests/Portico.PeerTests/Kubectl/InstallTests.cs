using Portico.DataPlaneTests.Cluster;
using Portico.PeerTests.Programs;
using Portico.TestKit.Cluster;
using Portico.TestKit.Manifests;
using Portico.TestKit.Processes;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.PeerTests.Kubectl;

/// <summary>
/// What <c>portico install</c> prints is taken by kubectl; and a gateway that is started with the printed arguments, and may do what the
/// printed roles allow, does everything that a gateway does.
/// </summary>
public class InstallTests
{
    private const string Token = "token-of-the-gateway";

    [Theory]
    [InlineData("loadbalancer")]
    [InlineData("hostnetwork")]
    [InlineData("nodeport")]
    public async Task Kubectl_accepts_every_manifest_and_creates_it(string mode)
    {
        await using var server = await FakeApiServer.StartAsync();
        using var kubectl = new KubectlProgram(server);
        var manifests = await PrintAsync(mode, "--set", "controller.autoscaling.enabled=true", "--set", "tcp.9000=default/redis:6379", "--set", "udp.53=default/dns:53");
        var objects = ManifestJson.Read(manifests).Count;

        var dry = await kubectl.WithManifestAsync("apply", manifests, "--dry-run=client");
        Assert.Equal(objects, Lines(dry).Count(line => line.EndsWith(" created (dry run)", StringComparison.Ordinal)));
        Assert.Null(server.Get("serviceaccounts", "portico", "portico"));

        Assert.Equal(objects, Lines(await kubectl.WithManifestAsync("apply", manifests)).Count(line => line.EndsWith(" created", StringComparison.Ordinal)));
        Assert.DoesNotContain(Lines(await kubectl.WithManifestAsync("apply", manifests)), line => line.EndsWith(" created", StringComparison.Ordinal));
        Assert.NotNull(server.Get(mode == "hostnetwork" ? "daemonsets" : "deployments", "portico", "portico-controller"));
    }

    [Theory]
    [InlineData("loadbalancer", "192.0.2.1")]
    [InlineData("hostnetwork", "10.0.0.5")]
    [InlineData("nodeport", "10.0.0.5")]
    [InlineData("loadbalancer", "192.0.2.1", "rbac.secretAccess=cluster", "controller.extraArgs.watch-all-secrets=true")]
    [InlineData("nodeport", "203.0.113.9", "controller.extraArgs.publish-status-address=203.0.113.9", "controller.scope.namespaceSelector=team=shop")]
    [InlineData("loadbalancer", "192.0.2.1", "controller.scope.enabled=true", "controller.scope.namespace=shop")]
    public async Task A_gateway_does_its_work_with_the_arguments_and_permissions_that_are_printed(string mode, string address, params string[] sets)
    {
        await using var server = await FakeApiServer.StartAsync();
        using var kubectl = new KubectlProgram(server);
        await kubectl.WithManifestAsync("apply", await PrintAsync(mode, [.. sets.SelectMany(s => new[] { "--set", s }), "--set", "rbac.secretNamespaces={shop}", "--set", "tcp.9000=shop/redis:6379"]));
        var certificate = TestCertificate.For("shop.test");
        server.Put(Cluster(certificate));
        var permissions = FakePermissions.Of(server, "portico", "portico");
        server.Fault = request => request.Token == Token && !permissions.Allows(request) ? new FakeFault.Status(403, "Forbidden") : null;

        await using (var process = await StartAsync(server, mode))
        {
            await using var client = await process.ConnectTlsAsync("shop.test");
            Assert.Equal(certificate.Thumbprint, client.ServerCertificate!.Thumbprint);
            await Eventually.TrueAsync(() => AddressOf(server) == address, $"the status says {address}");
            await Eventually.TrueAsync(() => Reasons(server, "sells").Contains("Sync"), "it was told that the Ingress is served");
            await Eventually.TrueAsync(() => Reasons(server, "wrong").Contains("AnnotationParsingFailed"), "and what is wrong with another");
            await Eventually.TrueAsync(() => BundleOf(server).Length > 0, "the webhook is believed");
            Assert.Equal("", process.Output.Contains("grant the verb", StringComparison.Ordinal) ? process.Output : "");
            Assert.Equal(0, await process.StopAsync());
        }

        Assert.Equal("", server.Get("leases", "portico", "portico-leader")!["spec"]!["holderIdentity"]!.GetValue<string>());
        Assert.Empty(server.Requests.Where(r => r.Token == Token && !permissions.Allows(r)).Select(r => $"{r.Verb} {r.Group}/{r.Resource}/{r.Subresource} {r.Namespace} {r.Name}"));
    }

    private static async Task<string> PrintAsync(string mode, params string[] arguments) =>
        Text.Of(await PeerProgram.RunAsync(PorticoProcess.BinaryPath(), ["install", "--mode", mode, .. arguments]));

    private static string[] Lines(string output) => output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The container's own arguments, with the ports of the test and the variables as the kubelet fills them in.</summary>
    private static Task<PorticoProcess> StartAsync(FakeApiServer server, string mode)
    {
        var workload = server.Get(mode == "hostnetwork" ? "daemonsets" : "deployments", "portico", "portico-controller")!;
        var arguments = workload["spec"]!["template"]!["spec"]!["containers"]![0]!["args"]!.AsArray().Select(a => a!.GetValue<string>()).ToList();
        Assert.Equal("serve", arguments[0]);
        string[] ofTheTest = ["--http-port=", "--https-port=", "--healthz-port=", "--shutdown-grace-period="];
        return PorticoProcess.StartAsync(new PorticoOptions
        {
            KubeConfig = server.KubeConfig($"{{token: {Token}}}"),
            Arguments =
            [
                .. arguments.Skip(1).Where(a => !ofTheTest.Any(own => a.StartsWith(own, StringComparison.Ordinal)))
                    .Select(a => a.Replace("$(POD_NAMESPACE)", "portico", StringComparison.Ordinal)
                        .Replace("--validating-webhook=:8443", $"--validating-webhook=127.0.0.1:{FreePorts.Next()}", StringComparison.Ordinal)),
                "--post-shutdown-grace-period=0",
            ],
            Environment = new Dictionary<string, string> { ["POD_NAME"] = "portico-controller-0", ["POD_NAMESPACE"] = "portico" },
        });
    }

    /// <summary>What is there beside the installation: a node, our pod, the balancer's address, and a shop.</summary>
    private static string Cluster(TestCertificate certificate) => Manifest.Join(
        """
        apiVersion: v1
        kind: Node
        metadata: {name: node-1}
        status: {addresses: [{type: InternalIP, address: 10.0.0.5}]}
        """,
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: portico-controller-0, namespace: portico, labels: {app.kubernetes.io/name: portico}}
        spec: {nodeName: node-1}
        status: {phase: Running, conditions: [{type: Ready, status: "True"}]}
        """,
        """
        apiVersion: v1
        kind: Namespace
        metadata: {name: shop, labels: {team: shop}}
        """,
        """
        apiVersion: v1
        kind: Service
        metadata: {name: portico-controller, namespace: portico}
        spec: {type: LoadBalancer}
        status: {loadBalancer: {ingress: [{ip: 192.0.2.1}]}}
        """,
        Manifest.TlsSecret("certificate", certificate).Replace("namespace: default", "namespace: shop", StringComparison.Ordinal),
        Manifest.Ingress("sells", "shop.test", [new IngressPath("shop")], tlsSecret: "certificate").Replace("namespace: default", "namespace: shop", StringComparison.Ordinal),
        Manifest.Ingress("wrong", "wrong.test", [new IngressPath("shop")], new Dictionary<string, string> { ["load-balance"] = "bogus" })
            .Replace("namespace: default", "namespace: shop", StringComparison.Ordinal));

    private static string AddressOf(FakeApiServer server) =>
        server.Get("ingresses", "shop", "sells")?["status"]?["loadBalancer"]?["ingress"]?[0]?["ip"]?.GetValue<string>() ?? "";

    private static string BundleOf(FakeApiServer server) =>
        server.Get("validatingwebhookconfigurations", "", "portico-admission")?["webhooks"]?[0]?["clientConfig"]?["caBundle"]?.GetValue<string>() ?? "";

    private static string[] Reasons(FakeApiServer server, string ingress) =>
        [.. server.List("events").Where(e => e["involvedObject"]!["name"]!.GetValue<string>() == ingress).Select(e => e["reason"]!.GetValue<string>())];
}
