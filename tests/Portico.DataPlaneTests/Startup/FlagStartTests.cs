using System.Diagnostics;
using Portico.TestKit.Flags;
using Portico.TestKit.Processes;
using Xunit;

namespace Portico.DataPlaneTests.Startup;

/// <summary>What becomes of the flags of ingress-nginx when the program is started with them.</summary>
public sealed class FlagStartTests
{
    /// <summary>Given by the test's own start, files that would have to be there, or what ends the program or excludes another one.</summary>
    private static readonly string[] Apart =
    [
        "http-port", "https-port", "healthz-port", "healthz-host", "kubeconfig", "apiserver-host", "certificate-authority", "version", "watch-namespace",
        "publish-status-address", "validating-webhook", "validating-webhook-certificate", "validating-webhook-key",
    ];

    [Fact]
    public async Task The_program_serves_with_all_of_them_set_and_names_those_without_effect()
    {
        var given = NginxFlag.All.Where(flag => !Apart.Contains(flag.Name)).ToList();
        await using var process = await PorticoProcess.StartAsync(new PorticoOptions { Arguments = [.. given.Select(flag => $"--{flag.Name}={flag.Good}")] });

        Assert.Equal(200, await process.StatusOfAsync("/alive"));
        Assert.Contains("--sync-rate-limit has no effect", process.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("[error]", process.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_values_that_make_no_sense_it_ends_with_2_and_says_all_that_is_wrong()
    {
        var bad = NginxFlag.All.Where(flag => flag.Bad is { Length: > 0 }).ToList();
        var (code, output) = await RunAsync(["serve", .. bad.Select(flag => $"--{flag.Name}={flag.Bad}")]);

        Assert.Equal(2, code);
        Assert.All(bad, flag => Assert.Contains($"--{flag.Name}={flag.Bad}: expected ", output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Asked_for_its_version_it_says_that_and_ends()
    {
        var (code, output) = await RunAsync(["serve", "--version"]);

        Assert.Equal(0, code);
        Assert.NotEmpty(output.Trim());
    }

    private static async Task<(int Code, string Output)> RunAsync(string[] arguments)
    {
        var start = new ProcessStartInfo(PorticoProcess.BinaryPath()) { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        var (error, output) = (process.StandardError.ReadToEndAsync(), process.StandardOutput.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await error + await output);
    }
}
