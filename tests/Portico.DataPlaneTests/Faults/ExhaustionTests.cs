using System.Net;
using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Portico.TestKit.Manifests;
using Portico.TestKit.Processes;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Faults;

/// <summary>What happens when file descriptors or the manifests' disk run out.</summary>
[Collection(Alone.Name)]
public sealed class ExhaustionTests
{
    private const int Descriptors = 400;

    /// <summary>
    /// The machine allows a process 20,000 descriptors: client and backend peers live in this one, so 9,000 clients
    /// (each one descriptor here, one in the gateway) leave room on both sides. They come from several loopback addresses.
    /// </summary>
    private const int ManyClients = 9_000;

    [Fact]
    public async Task Out_of_descriptors_the_gateway_stops_accepting_and_recovers()
    {
        await using var backend = new ScriptedBackend(Scripts.Body("fine"));
        await using var process = await PorticoProcess.StartAsync(Options(backend) with { OpenFiles = Descriptors });
        var atStart = process.OpenFileCount;
        var clients = new List<RawClient>();
        try
        {
            // More than can be accepted: the rest waits in the listening socket's queue.
            for (var i = 0; i < Descriptors + 100; i++)
            {
                clients.Add(await process.ConnectAsync());
            }
            await Eventually.TrueAsync(() => process.OpenFileCount >= Descriptors - 10, "the gateway has used up its descriptors");
            Assert.False(process.HasExited);
            Assert.True(await ProcessorShareAsync(process) < 0.5, "a full gateway waits instead of spinning");
        }
        finally
        {
            foreach (var client in clients)
            {
                await client.DisposeAsync();
            }
        }
        await Eventually.TrueAsync(() => process.OpenFileCount <= atStart + 10, "descriptors are given back");
        for (var i = 0; i < 20; i++)
        {
            await using var client = await process.ConnectAsync();
            Assert.Equal("fine", (await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: h.test\r\n\r\n")).Text);
        }
    }

    [Fact]
    public async Task Nine_thousand_clients_are_served_at_once()
    {
        await using var backend = new ScriptedBackend(Scripts.Body("fine"));
        await using var process = await PorticoProcess.StartAsync(Options(backend));
        var clients = new List<RawClient>();
        try
        {
            for (var i = 0; i < ManyClients; i++)
            {
                clients.Add(await process.ConnectAsync(new IPAddress([127, 0, 0, (byte)(2 + (i % 8))])));
            }
            // Every one is really served, and stays open while the others are.
            for (var round = 0; round < 2; round++)
            {
                await Parallel.ForEachAsync(clients, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (client, _) =>
                    Assert.Equal("fine", (await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: h.test\r\n\r\n")).Text));
            }
            var active = (await process.ReadMetricsAsync()).Sum("nginx_ingress_controller_nginx_process_connections", "state=\"active\"");
            Assert.Equal(ManyClients, active);
        }
        finally
        {
            foreach (var client in clients)
            {
                await client.DisposeAsync();
            }
        }
        await Eventually.TrueAsync(
            async () => (await process.ReadMetricsAsync()).Sum("nginx_ingress_controller_nginx_process_connections", "state=\"active\"") == 0,
            "all connections are forgotten");
    }

    [Fact]
    public async Task A_vanished_manifests_folder_takes_no_route_away_that_was_served()
    {
        await using var backend = new ScriptedBackend(Scripts.Body("fine"));
        await using var process = await PorticoProcess.StartAsync(Options(backend));
        Directory.Move(process.Manifests.Path, process.Manifests.Path + "-away");
        for (var i = 0; i < 50; i++)
        {
            Assert.True(await IsServedAsync(process, "h.test"), "a lost source is no order to forget");
        }
        // When the folder is back, changes in it count again.
        Directory.Move(process.Manifests.Path + "-away", process.Manifests.Path);
        process.Manifests.WriteFile("other.yaml", Manifest.Service("other", 80, Gateway.At(backend)), Manifest.Ingress("other", "other.test", [new IngressPath("other")]));
        await Eventually.TrueAsync(() => IsServedAsync(process, "other.test"), "the folder that came back is read");
    }

    [Fact]
    public async Task A_full_disk_under_the_manifests_harms_nothing_that_is_served()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "a mount needs root");
        var mount = Directory.CreateTempSubdirectory("portico-full-").FullName;
        Assert.Equal(0, await RunAsync("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", mount));
        try
        {
            await using var backend = new ScriptedBackend(Scripts.Body("fine"));
            await using var process = await PorticoProcess.StartAsync(Options(backend) with { Folder = mount });
            FillUp(Path.Combine(mount, "ballast.bin"));
            // The half of a file that still fits is what an editor leaves behind on a full disk.
            var half = Manifest.Join(Manifest.Service("other", 80, Gateway.At(backend)), Manifest.Ingress("other", "other.test", [new IngressPath("other")]));
            Assert.Throws<IOException>(() => process.Manifests.WriteFile("other.yaml", half, new string('#', 70_000)));
            Assert.True(await IsServedAsync(process, "h.test"));
            File.Delete(Path.Combine(mount, "ballast.bin"));
            process.Manifests.WriteFile("other.yaml", half);
            await Eventually.TrueAsync(() => IsServedAsync(process, "other.test"), "the file that fits again is served");
            Assert.True(await IsServedAsync(process, "h.test"));
        }
        finally
        {
            Assert.Equal(0, await RunAsync("umount", mount));
            Directory.Delete(mount);
        }
    }

    private static PorticoOptions Options(ScriptedBackend backend) => new()
    {
        Arguments = ["--enable-metrics"],
        Files = new Dictionary<string, string>
        {
            ["h.yaml"] = Manifest.Join(Manifest.Service("h", 80, Gateway.At(backend)), Manifest.Ingress("h", "h.test", [new IngressPath("h")])),
        },
    };

    private static async Task<bool> IsServedAsync(PorticoProcess process, string host)
    {
        await using var client = await process.ConnectAsync();
        return (await client.ExchangeAsync($"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")).Text == "fine";
    }

    private static void FillUp(string path)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        try
        {
            while (true)
            {
                file.Write(new byte[4096]);
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }

    // The share of one processor that the process uses over a fixed span: a measurement, not a wait for something.
    private static async Task<double> ProcessorShareAsync(PorticoProcess process)
    {
        using var observed = System.Diagnostics.Process.GetProcessById(process.Id);
        var (used, since) = (observed.TotalProcessorTime, System.Diagnostics.Stopwatch.GetTimestamp());
        await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        observed.Refresh();
        return (observed.TotalProcessorTime - used) / System.Diagnostics.Stopwatch.GetElapsedTime(since);
    }

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        using var process = System.Diagnostics.Process.Start(program, arguments);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return process.ExitCode;
    }
}
