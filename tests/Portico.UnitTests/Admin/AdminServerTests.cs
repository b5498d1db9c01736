using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Portico.Admin;
using Portico.Model;
using Xunit;

namespace Portico.UnitTests.Admin;

public sealed class AdminServerTests : IAsyncLifetime
{
    private readonly FakeState _state = new();
    private readonly HttpClient _client = new();
    private AdminServer _server;

    public AdminServerTests() => _server = new AdminServer(new AdminOptions { Host = "127.0.0.1", Port = 0 }, _state);

    public async ValueTask InitializeAsync()
    {
        await _server.StartAsync(CancellationToken.None);
        _client.BaseAddress = new Uri($"http://127.0.0.1:{_server.Port}");
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.StopAsync(CancellationToken.None);
        _server.Dispose();
    }

    private async Task<(int Status, string Body)> GetAsync(string path)
    {
        using var answer = await _client.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("/healthz", 200, "ok")]
    [InlineData("/healthz?verbose", 200, "[+]ping ok\n[+]nginx-ingress-controller ok\nhealthz check passed\n")]
    [InlineData("/healthz/ping", 200, "ok")]
    [InlineData("/healthz/nginx-ingress-controller", 200, "ok")]
    [InlineData("/readyz", 200, "ok")]
    [InlineData("/metrics", 200, "a_metric 1\n")]
    [InlineData("/nothing", 404, "404 page not found\n")]
    [InlineData("/healthz/", 404, "404 page not found\n")]
    [InlineData("/Healthz", 404, "404 page not found\n")]
    public async Task Pages_of_a_gateway_that_works(string path, int status, string body) =>
        Assert.Equal((status, body), await GetAsync(path));

    [Theory]
    [InlineData("/healthz", "[+]ping ok\n[-]nginx-ingress-controller failed: reason withheld\nhealthz check failed\n")]
    [InlineData("/healthz?verbose", "[+]ping ok\n[-]nginx-ingress-controller failed: reason withheld\nhealthz check failed\n")]
    [InlineData("/healthz/nginx-ingress-controller", "internal server error: the gateway is not loaded or is shutting down\n")]
    public async Task Health_fails_with_its_checks(string path, string body)
    {
        _state.IsHealthy = false;

        Assert.Equal((500, body), await GetAsync(path));
        Assert.Equal((200, "ok"), await GetAsync("/healthz/ping"));
    }

    [Fact]
    public async Task Readiness_says_what_is_missing()
    {
        _state.MissingForReadiness = ["the folder m has not been read", "no snapshot serves"];

        Assert.Equal((503, "not ready\n[-]the folder m has not been read\n[-]no snapshot serves\n"), await GetAsync("/readyz"));
    }

    [Fact]
    public async Task The_index_lists_the_pages()
    {
        var (status, body) = await GetAsync("/");

        Assert.Equal(200, status);
        Assert.All(["/healthz", "/readyz", "/metrics", "/configuration"], path => Assert.Contains(path, body, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_health_path_can_be_chosen()
    {
        using var server = new AdminServer(new AdminOptions { Host = "127.0.0.1", Port = 0, HealthCheckPath = "/live" }, _state);
        await server.StartAsync(CancellationToken.None);
        _client.CancelPendingRequests();
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{server.Port}") };

        Assert.Equal("ok", await client.GetStringAsync(new Uri("/live", UriKind.Relative), TestContext.Current.CancellationToken));
        Assert.Equal("ok", await client.GetStringAsync(new Uri("/live/ping", UriKind.Relative), TestContext.Current.CancellationToken));
        using var other = await client.GetAsync(new Uri("/healthz", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
        await server.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Only_reading_is_allowed()
    {
        using var answer = await _client.PostAsync(new Uri("/healthz", UriKind.Relative), null, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        Assert.Equal(["GET", "HEAD"], answer.Content.Headers.Allow);
    }

    [Fact]
    public async Task A_page_that_fails_is_reported_and_answered_with_500()
    {
        _state.FailMetrics = true;

        Assert.Equal(500, (await GetAsync("/metrics")).Status);
        Assert.Equal(("/metrics", "broken"), Assert.Single(_state.Failures));
    }

    [Fact]
    public async Task HTTP_1_0_is_understood_and_the_content_types_are_right()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _server.Port, TestContext.Current.CancellationToken);
        var stream = client.GetStream();
        await stream.WriteAsync("GET /healthz HTTP/1.0\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        var answer = await new StreamReader(stream).ReadToEndAsync(TestContext.Current.CancellationToken);

        Assert.StartsWith("HTTP/1.1 200 OK\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("Content-Type: text/plain; charset=utf-8\r\n", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("Server:", answer, StringComparison.Ordinal);
        using var metrics = await _client.GetAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal("text/plain; version=0.0.4", metrics.Content.Headers.ContentType!.ToString());
    }

    [Fact]
    public async Task A_port_that_is_taken_is_told()
    {
        using var second = new AdminServer(new AdminOptions { Host = "127.0.0.1", Port = _server.Port }, _state);

        await Assert.ThrowsAsync<IOException>(() => second.StartAsync(CancellationToken.None));
    }

    [Fact]
    public async Task The_configuration_is_JSON_without_secrets()
    {
        _state.Model = SampleModel.Full;
        var (status, body) = await GetAsync("/configuration");

        Assert.Equal(200, status);
        using var page = JsonDocument.Parse(body);
        Assert.DoesNotContain("PRIVATE", body, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", body, StringComparison.Ordinal);
        Assert.Contains("\n", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_big_configuration_arrives_whole()
    {
        var hosts = Enumerable.Range(0, 2000).Select(i => SampleModel.Host with { Name = $"h{i}.test" });
        _state.Model = SampleModel.Full with
        {
            Listeners = [SampleModel.Full.Listeners[0] with { Hosts = SampleModel.TableOf([.. hosts]) }],
        };

        using var page = JsonDocument.Parse((await GetAsync("/configuration")).Body);

        Assert.Equal(2000, page.RootElement.GetProperty("hostTables")[0].GetArrayLength());
    }

    private sealed class FakeState : IAdminState
    {
        public List<(string, string)> Failures { get; } = [];

        public bool FailMetrics { get; set; }

        public bool IsHealthy { get; set; } = true;

        public IReadOnlyList<string> MissingForReadiness { get; set; } = [];

        public GatewayModel Model { get; set; } = GatewayModel.Empty;

        public string MetricsContentType => "text/plain; version=0.0.4";

        public async ValueTask WriteMetricsAsync(PipeWriter output, CancellationToken cancellation)
        {
            if (FailMetrics)
            {
                throw new InvalidOperationException("broken");
            }

            await output.WriteAsync(Encoding.ASCII.GetBytes("a_metric 1\n"), cancellation);
        }

        public void PageFailed(string path, Exception error) => Failures.Add((path, error.Message));
    }
}
