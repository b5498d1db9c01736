using System.Diagnostics;
using Portico.TestKit.Manifests;
using Portico.TestKit.Processes;
using Xunit;

namespace Portico.PeerTests.Container;

/// <summary>
/// The program where the image puts it: another user, a read-only root, one privilege, and no libraries but those that the Dockerfile
/// names. Images cannot be built where the tests run, so the namespaces that a container consists of are made by <c>container.sh</c>.
/// </summary>
public sealed class ContainerTests
{
    /// <summary>In every image of the runtime: the C library, the compiler's, OpenSSL, and the name service modules that the C library opens.</summary>
    private static readonly string[] OfTheRuntimeImage =
    [
        "ld-linux", "libc.so", "libdl.so", "libm.so", "libpthread.so", "librt.so", "libresolv.so", "libnss_", "libgcc_s.so", "libstdc++.so", "libssl.so.3", "libcrypto.so.3",
    ];

    /// <summary>What the Dockerfile brings besides.</summary>
    private static readonly string[] OfTheDockerfile = ["libnghttp2.so.14", "libcrypt.so.1", "libz.so.1"];

    [Fact]
    public async Task It_serves_on_low_ports_as_another_user_with_nothing_writable_but_tmp()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess && await CanUnshareAsync(), "namespaces need root");
        var data = Directory.CreateTempSubdirectory("portico-container-");
        try
        {
            // Readable for the user in the container.
            File.SetUnixFileMode(data.FullName, (UnixFileMode)0b111_101_101);
            var protectedByPassword = new Dictionary<string, string> { ["nginx.ingress.kubernetes.io/auth-type"] = "basic", ["nginx.ingress.kubernetes.io/auth-secret"] = "users" };
            await File.WriteAllTextAsync(Path.Combine(data.FullName, "all.yaml"), Manifest.Join(
                Manifest.IngressClass,
                Manifest.Service("h", 80, new ServiceEndpoint("127.0.0.1", 1)),
                Manifest.Ingress("h", "h.test", [new IngressPath("h")], protectedByPassword),
                "apiVersion: v1\nkind: Secret\nmetadata: {name: users, namespace: default}\nstringData: {auth: 'user:$6$abcdefgh$invalid'}\n",
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: default}\ndata: {use-gzip: 'true'}\n"), TestContext.Current.CancellationToken);
            var asked = string.Join("; ", [
                "curl -s -o /dev/null -w 'http %{http_code}\\n' http://127.0.0.1/",
                "curl -s -o /dev/null -w 'h2c %{http_version} %{http_code}\\n' --http2-prior-knowledge http://127.0.0.1/",
                "curl -sk -o /dev/null -w 'https %{http_version} %{http_code}\\n' --http2 https://127.0.0.1/",
                "curl -s -o /dev/null -w 'password %{http_code}\\n' -u user:wrong -H 'Host: h.test' http://127.0.0.1/"]);
            var output = await RunAsync(Path.GetDirectoryName(PorticoProcess.BinaryPath())!, data.FullName, "bash", "-c", asked);

            Assert.Contains("Uid:\t10001\t10001\t10001\t10001", output, StringComparison.Ordinal);
            Assert.Contains("CapEff:\t0000000000000400", output, StringComparison.Ordinal);
            Assert.Contains("NoNewPrivs:\t1", output, StringComparison.Ordinal);
            Assert.Contains("http 404", output, StringComparison.Ordinal);
            Assert.Contains("h2c 2 404", output, StringComparison.Ordinal);
            Assert.Contains("https 2 404", output, StringComparison.Ordinal);
            Assert.Contains("password 401", output, StringComparison.Ordinal);
            Assert.Contains("ended with 0", output, StringComparison.Ordinal);
            var libraries = output.Split('\n').Where(line => line.StartsWith("library ", StringComparison.Ordinal)).Select(Path.GetFileName).ToList();
            Assert.Contains(libraries, library => library!.StartsWith("libnghttp2.so.14", StringComparison.Ordinal));
            Assert.DoesNotContain(libraries, library => !OfTheRuntimeImage.Concat(OfTheDockerfile).Any(known => library!.StartsWith(known, StringComparison.Ordinal)));
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    private static async Task<bool> CanUnshareAsync()
    {
        using var process = Process.Start(new ProcessStartInfo("unshare", ["--mount", "--net", "--pid", "--fork", "true"]) { RedirectStandardError = true })!;
        await process.WaitForExitAsync();
        return process.ExitCode == 0;
    }

    private static async Task<string> RunAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "container.sh"), arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"container.sh ended with {process.ExitCode}: {await error} {await output}");
        return await output;
    }
}
