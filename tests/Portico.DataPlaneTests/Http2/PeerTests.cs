using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Http2;

/// <summary>Programs that others wrote: curl, nghttp, h2load and .NET's own client.</summary>
public sealed class PeerTests(Gateway gateway) : GatewayTest<Gateway>(gateway)
{
    [Theory]
    [InlineData("--http2-prior-knowledge", false)]
    [InlineData("--http2", true)]
    public async Task Curl_is_served(string version, bool tls)
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.Echo("a")));
        var output = await RunAsync(
            "curl", "-sk", version, "-w", "|%{http_version}|%{http_code}", "-H", $"Host: {site.Host}", "-d", "posted", Url(tls));
        Assert.Equal("posted|2|200", output);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nghttp_is_served(bool tls)
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.Body("from the backend")));
        Assert.Equal("from the backend", (await RunAsync("nghttp", "-H", $":authority: {site.Host}", Url(tls))).Trim());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task H2load_gets_an_answer_to_everything(bool tls)
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.Body(new string('x', 100))));
        var output = await RunAsync("h2load", "-n", "3000", "-c", "4", "-m", "50", "-H", $":authority: {site.Host}", Url(tls));
        Assert.Contains("3000 succeeded, 0 failed, 0 errored, 0 timeout", output, StringComparison.Ordinal);
        Assert.Contains("3000 2xx", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_frameworks_client_is_served_with_bodies_both_ways_at_once()
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.Echo("a")));
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false };
        using var client = new HttpClient(handler);
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(async i =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Url(tls: false)))
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = new StringContent(new string((char)('a' + (i % 26)), 10_000 + i)),
            };
            request.Headers.Host = site.Host;
            request.Headers.UserAgent.Add(new ProductInfoHeaderValue("test", "1"));
            using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
            return (response.Version.Major, response.StatusCode, (await response.Content.ReadAsStringAsync()).Length);
        })).Within("all answers");
        Assert.Equal(Enumerable.Range(0, 50).Select(i => (2, HttpStatusCode.OK, 10_000 + i)), answers);
    }

    private string Url(bool tls) => tls
        ? string.Create(CultureInfo.InvariantCulture, $"https://127.0.0.1:{Gateway.Process.HttpsEndPoint.Port}/")
        : string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Gateway.Process.HttpEndPoint.Port}/");

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync(TestContext.Current.CancellationToken).Within($"{program} ends");
        }
        catch (TimeoutException)
        {
            process.Kill();
            throw;
        }
        Assert.True(process.ExitCode == 0, $"{program}: {process.ExitCode} {await errors}");
        return await output;
    }
}
