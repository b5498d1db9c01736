using System.Diagnostics;
using Portico.TestKit.Cluster;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.PeerTests.Kubectl;

/// <summary>
/// kubectl with a fake API server as its cluster, and a folder for its files. It validates nothing itself: the schemas for that are the
/// server's, which the fake one does not have.
/// </summary>
public sealed class KubectlProgram : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("portico-kubectl-").FullName;

    public KubectlProgram(FakeApiServer server) => File.WriteAllText(Path.Combine(_folder, "kubeconfig"), server.KubeConfig());

    /// <summary>Standard output of a call that has to end well.</summary>
    public async Task<string> RunAsync(params string[] arguments)
    {
        var (code, output, errors) = await TryAsync(arguments);
        Assert.True(code == 0, $"kubectl {string.Join(' ', arguments)}: {errors}");
        return output;
    }

    /// <summary>A call with a manifest: <c>create</c>, <c>replace</c>, <c>apply</c>.</summary>
    public Task<string> WithManifestAsync(string verb, string manifest, params string[] arguments)
    {
        var file = Path.Combine(_folder, "manifest.yaml");
        File.WriteAllText(file, manifest);
        return RunAsync([verb, "--validate=false", "-f", file, .. arguments]);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<(int Code, string Output, string Errors)> TryAsync(string[] arguments)
    {
        var start = new ProcessStartInfo("kubectl", ["--kubeconfig", Path.Combine(_folder, "kubeconfig"), "--cache-dir", Path.Combine(_folder, "cache"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _folder,
        };
        using var process = Process.Start(start)!;
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            limit.CancelAfter(Limits.Condition);
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, await output, await errors);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }
}
