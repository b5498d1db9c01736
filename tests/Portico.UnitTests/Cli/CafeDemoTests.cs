using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Portico.Demo;
using Portico.Flags;
using Spectre.Console;
using Xunit;

namespace Portico.UnitTests.Cli;

public class CafeDemoTests
{
    [Fact]
    public async Task A_back_end_names_itself_and_shows_what_the_gateway_said()
    {
        await using var backend = new DemoBackend("coffee");
        await backend.StartAsync();
        using var client = new HttpClient();
        client.DefaultRequestHeaders.Add("X-Forwarded-For", "192.0.2.7");
        client.DefaultRequestHeaders.Add("X-Request-ID", "abc");

        var page = await client.GetStringAsync(new Uri($"http://127.0.0.1:{backend.Port}/coffee/1?milk=yes"), TestContext.Current.CancellationToken);

        Assert.Equal(
            $"coffee answers GET /coffee/1?milk=yes\n  Host: 127.0.0.1:{backend.Port}\n  X-Request-ID: abc\n  X-Forwarded-For: 192.0.2.7\n",
            page);
    }

    [Fact]
    public void The_certificate_of_the_demo_is_valid_for_the_cafe_and_signed_by_its_authority()
    {
        var made = CafeCertificate.Create(CafeFolder.Host);
        using var authority = X509Certificate2.CreateFromPem(made.Authority);
        using var certificate = X509Certificate2.CreateFromPem(made.Certificate, made.Key);
        using var chain = new X509Chain { ChainPolicy = { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck } };
        chain.ChainPolicy.CustomTrustStore.Add(authority);

        Assert.True(chain.Build(certificate));
        Assert.True(certificate.MatchesHostname(CafeFolder.Host));
    }

    [Fact]
    public async Task The_manifests_name_the_ports_of_the_running_back_ends()
    {
        await using var coffee = new DemoBackend("coffee");
        await using var tea = new DemoBackend("tea");
        await Task.WhenAll(coffee.StartAsync(), tea.StartAsync());
        using var folder = new CafeFolder();

        folder.Write([coffee, tea]);

        var files = Directory.GetFiles(folder.Manifests).Select(f => Path.GetFileName(f)!).Order();
        Assert.Equal(["cafe-tls.yaml", "class.yaml", "coffee.yaml", "ingress.yaml", "settings.yaml", "tea.yaml"], files);
        Assert.Contains($"port: {coffee.Port}\n", File.ReadAllText(Path.Combine(folder.Manifests, "coffee.yaml")), StringComparison.Ordinal);
        Assert.Contains($"port: {tea.Port}\n", File.ReadAllText(Path.Combine(folder.Manifests, "tea.yaml")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_demo_shows_requests_and_leaves_nothing_behind()
    {
        using var stop = new CancellationTokenSource();
        using var shown = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(shown) });
        console.Profile.Width = 200;
        string? folder = null;

        var demo = new CafeDemo(
            async (options, stopping) =>
            {
                folder = Path.GetDirectoryName(options.Manifests[0]);
                await AnswerOnceAsync(options, stopping);
                await File.AppendAllTextAsync(Path.Combine(folder!, "access.log"), "308 0.001 - 0123 GET /coffee HTTP/1.1\n", stopping);
                await stop.CancelAsync();
                return 0;
            },
            console);
        var code = await demo.RunAsync(httpPort: null, httpsPort: null, stop.Token);

        Assert.Equal(0, code);
        Assert.Contains("308 GET /coffee HTTP/1.1 -  0.001 s  0123", shown.ToString(), StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public async Task A_gateway_that_ends_before_it_is_ready_ends_the_demo_with_its_code()
    {
        var demo = new CafeDemo((_, _) => Task.FromResult(7), AnsiConsole.Console);

        Assert.Equal(7, await demo.RunAsync(null, null, TestContext.Current.CancellationToken));
    }

    /// <summary>Plays the gateway's administrative port: says ready once.</summary>
    private static async Task AnswerOnceAsync(ServeOptions options, CancellationToken stop)
    {
        using var listener = new TcpListener(IPAddress.Loopback, options.HealthzPort);
        listener.Start();
        using var client = await listener.AcceptTcpClientAsync(stop);
        await using var stream = client.GetStream();
        await stream.ReadAtLeastAsync(new byte[4096], 16, cancellationToken: stop);
        await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray(), stop);
    }
}
