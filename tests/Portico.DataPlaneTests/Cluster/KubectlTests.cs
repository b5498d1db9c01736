using System.Diagnostics;
using Portico.TestKit.Cluster;
using Portico.TestKit.Manifests;
using Xunit;

namespace Portico.DataPlaneTests.Cluster;

/// <summary>A user's hand on the fake API server: kubectl creates, changes and deletes, and the gateway follows.</summary>
public class KubectlTests
{
    [Fact]
    public async Task An_Ingress_that_kubectl_makes_serves_and_goes_again()
    {
        await using var gateway = await ClusterGateway.StartAsync();
        var folder = Directory.CreateTempSubdirectory("portico-kubectl-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "kubeconfig"), gateway.Server.KubeConfig());
            File.WriteAllText(Path.Combine(folder, "ingress.yaml"), Manifest.Ingress("one", "one.test", [new IngressPath("hello")]));

            Assert.Contains("one created", await RunAsync(folder, "create", "--validate=false", "-f", "ingress.yaml"), StringComparison.Ordinal);
            await gateway.AnswersAsync("one.test", 200);

            Assert.Contains("one", await RunAsync(folder, "get", "ingress", "-o", "name"), StringComparison.Ordinal);
            await RunAsync(folder, "annotate", "ingress", "one", "nginx.ingress.kubernetes.io/permanent-redirect=https://elsewhere.test");
            await gateway.AnswersAsync("one.test", 301);

            await RunAsync(folder, "delete", "--wait=false", "ingress", "one");
            await gateway.AnswersAsync("one.test", 404);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<string> RunAsync(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("kubectl", ["--kubeconfig", Path.Combine(folder, "kubeconfig"), "--cache-dir", Path.Combine(folder, "cache"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, $"kubectl {string.Join(' ', arguments)}: {await errors}");
        return await output;
    }
}
