using System.Net;
using Portico.Flags;
using Portico.Ingress;
using Portico.Serving;
using Spectre.Console;

namespace Portico.Demo;

/// <summary>
/// <c>portico demo</c>: two back ends, the cafe Ingress with TLS, and the gateway, all in this process. Leaves nothing behind.
/// </summary>
internal sealed class CafeDemo(RunGateway gateway, IAnsiConsole console)
{
    private const int PreferredHttpPort = 8080;
    private const int PreferredHttpsPort = 8443;
    private const int PreferredHealthzPort = 10254;

    public async Task<int> RunAsync(int? httpPort, int? httpsPort, CancellationToken stop)
    {
        using var folder = new CafeFolder();
        await using var coffee = new DemoBackend("coffee");
        await using var tea = new DemoBackend("tea");
        await Task.WhenAll(coffee.StartAsync(), tea.StartAsync());
        folder.Write([coffee, tea]);

        var options = OptionsFor(folder, httpPort, httpsPort);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var running = gateway(options, stop);
        if (await BecomesReadyAsync(options, running))
        {
            Explain(options, folder);
            var shown = LogTail.FollowAsync(folder.AccessLog, line => RequestLine.Show(line, console), ended.Token);
            await running;
            await ended.CancelAsync();
            await shown;
        }

        return await running;
    }

    private static ServeOptions OptionsFor(CafeFolder folder, int? httpPort, int? httpsPort) => new()
    {
        Manifests = [folder.Manifests],
        ConfigMap = NamespacedName.TryParse(CafeFolder.SettingsName, out var settings) ? settings : null,
        BindAddress = IPAddress.Loopback,
        HealthzHost = IPAddress.Loopback,
        HttpPort = httpPort ?? FreePort.Find(PreferredHttpPort),
        HttpsPort = httpsPort ?? FreePort.Find(PreferredHttpsPort),
        HealthzPort = FreePort.Find(PreferredHealthzPort),
        PostShutdownGracePeriod = TimeSpan.Zero,
        EnableMetrics = true,
    };

    /// <summary>Asks until the gateway says that it serves; false when it ends before.</summary>
    private static async Task<bool> BecomesReadyAsync(ServeOptions options, Task<int> running)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        var readyz = new Uri($"http://127.0.0.1:{options.HealthzPort}/readyz");
        while (!running.IsCompleted)
        {
            try
            {
                using var answer = await client.GetAsync(readyz);
                if (answer.IsSuccessStatusCode)
                {
                    return true;
                }
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                // Not listening yet.
            }

            await Task.WhenAny(running, Task.Delay(50));
        }

        return false;
    }

    /// <summary>The lines to paste are written as they are: a console that wraps or colours them would break them.</summary>
    private void Explain(ServeOptions options, CafeFolder folder)
    {
        var https = $"--resolve {CafeFolder.Host}:{options.HttpsPort}:127.0.0.1 --cacert {folder.AuthorityFile} https://{CafeFolder.Host}:{options.HttpsPort}";
        var http = $"--resolve {CafeFolder.Host}:{options.HttpPort}:127.0.0.1 http://{CafeFolder.Host}:{options.HttpPort}";
        var raw = console.Profile.Out.Writer;
        console.MarkupLine($"[bold]{CafeFolder.Host}[/] is served, HTTPS on port {options.HttpsPort}, HTTP on port {options.HttpPort}. Try:");
        console.WriteLine();
        raw.WriteLine($"  curl {https}/coffee");
        raw.WriteLine($"  curl {https}/tea");
        console.WriteLine();
        console.WriteLine("The host has a certificate, so plain HTTP is answered 308:");
        console.WriteLine();
        raw.WriteLine($"  curl -i {http}/coffee");
        console.WriteLine();
        console.WriteLine("No Ingress names this path, so it is 404:");
        console.WriteLine();
        raw.WriteLine($"  curl -i {https}/none");
        console.WriteLine();
        raw.WriteLine($"Manifests, watched: change them   {folder.Manifests}");
        raw.WriteLine($"Metrics                           http://127.0.0.1:{options.HealthzPort}/metrics");
        raw.WriteLine($"What runs, as JSON                http://127.0.0.1:{options.HealthzPort}/configuration");
        console.WriteLine();
        console.MarkupLine("[grey]Requests as they come; Ctrl-C ends the demo and removes its files.[/]");
    }
}
