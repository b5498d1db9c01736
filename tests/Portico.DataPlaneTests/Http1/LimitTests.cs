using System.Globalization;
using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Http1;

/// <summary>Sizes and times that a client may not exceed (ingress-nginx's defaults unless the gateway below says otherwise).</summary>
public sealed class LimitTests(LimitTests.LimitedGateway gateway) : GatewayTest<LimitTests.LimitedGateway>(gateway)
{
    private const int BodyLimit = 10 * 1024;

    [Fact]
    public async Task A_body_of_exactly_the_limit_passes()
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.Echo("a")));
        await using var client = await ConnectAsync();
        var body = new string('x', BodyLimit);
        Assert.Equal(body, (await client.ExchangeAsync(site.Post("/", body))).Text);
        Assert.Equal(body, (await client.ExchangeAsync(Chunked(site, body, 1000))).Text);
    }

    [Fact]
    public async Task An_announced_body_over_the_limit_is_413_and_the_backend_sees_nothing()
    {
        var backend = Backend(Scripts.Echo("a"));
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        await client.SendAsync(string.Create(CultureInfo.InvariantCulture, $"POST / HTTP/1.1\r\nHost: {site.Host}\r\nContent-Length: {BodyLimit + 1}\r\n\r\n"));
        Assert.Equal(413, (await client.ReadResponseAsync()).Status);
        Assert.Equal(0, backend.ByteCount);
    }

    [Fact]
    public async Task The_413_is_read_even_by_a_client_that_sends_its_whole_body_first()
    {
        var backend = Backend(Scripts.Echo("a"));
        var site = await Gateway.ExposeAsync(backend);
        for (var i = 0; i < 10; i++)
        {
            await using var client = await ConnectAsync();
            await client.TrySendAsync(Text.Bytes(site.Post("/", new string('x', 500_000))));
            Assert.Equal(413, (await client.ReadResponseAsync()).Status);
        }
        Assert.Equal(0, backend.ByteCount);
    }

    [Fact]
    public async Task A_chunked_body_over_the_limit_is_413_and_no_whole_request_reaches_the_backend()
    {
        var backend = Backend(Scripts.Echo("a"));
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        await client.TrySendAsync(Text.Bytes(Chunked(site, new string('x', BodyLimit + 1), 1000)));
        var response = await client.ReadResponseAsync();
        Assert.Equal(413, response.Status);
        await client.ReadEndAsync();
        Assert.DoesNotContain(backend.Requests, r => r.IsComplete);
    }

    [Fact]
    public async Task A_request_line_longer_than_a_buffer_is_414()
    {
        var backend = Backend(Scripts.Echo("a"));
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        await client.TrySendAsync(Text.Bytes(site.Get("/" + new string('a', 9000))));
        Assert.Equal(414, (await client.ReadResponseAsync()).Status);
        await client.ReadEndAsync();
        Assert.Equal(0, backend.ByteCount);
    }

    [Fact]
    public async Task A_header_line_longer_than_a_buffer_is_400()
    {
        var backend = Backend(Scripts.Echo("a"));
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        await client.TrySendAsync(Text.Bytes(site.Get("/", "X-Long: " + new string('a', 9000))));
        var response = await client.ReadResponseAsync();
        Assert.Equal(400, response.Status);
        Assert.Contains("Request Header Or Cookie Too Large", response.Text, StringComparison.Ordinal);
        await client.ReadEndAsync();
        Assert.Equal(0, backend.ByteCount);
    }

    [Fact]
    public async Task A_head_longer_than_all_buffers_is_400()
    {
        var backend = Backend(Scripts.Echo("a"));
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        var lines = Enumerable.Range(0, 10).Select(i => $"X-Long-{i}: " + new string('a', 4500)).ToArray();
        await client.TrySendAsync(Text.Bytes(site.Get("/", lines)));
        Assert.Equal(400, (await client.ReadResponseAsync()).Status);
        await client.ReadEndAsync();
        Assert.Equal(0, backend.ByteCount);
    }

    [Fact]
    public async Task A_head_that_fits_passes_whole()
    {
        var backend = Backend(Scripts.Body("fits"));
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        var lines = Enumerable.Range(0, 6).Select(i => $"X-Long-{i}: " + new string('a', 4000)).ToArray();
        Assert.Equal(200, (await client.ExchangeAsync(site.Get("/" + new string('p', 7000), lines))).Status);
        Assert.All(Enumerable.Range(0, 6), i => Assert.Equal(4000, backend.Requests[0][$"X-Long-{i}"]!.Length));
    }

    [Fact]
    public async Task A_client_that_never_ends_its_head_gets_408()
    {
        var backend = Backend(Scripts.Echo("a"));
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        await client.SendAsync($"GET / HTTP/1.1\r\nHost: {site.Host}\r\nX-Slow");
        // nginx closes without a word before the first byte of a request and answers 408 within one; both end the connection.
        var all = Text.Of(await client.ReadAllAsync());
        Assert.True(all.Length == 0 || all.StartsWith("HTTP/1.1 408 ", StringComparison.Ordinal), all);
        Assert.Equal(0, backend.ByteCount);
    }

    [Fact]
    public async Task A_client_that_drips_its_head_is_ended_too()
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.Echo("a")));
        await using var client = await ConnectAsync();
        await client.SendAsync($"GET / HTTP/1.1\r\nHost: {site.Host}\r\nX-Slow: ");
        // The limit is for the whole head: bytes that keep coming do not extend it.
        var ended = client.ReadAllAsync();
        while (!ended.IsCompleted)
        {
            await client.TrySendAsync(Text.Bytes("a"));
            await Task.WhenAny(ended, Task.Delay(100, TestContext.Current.CancellationToken));
        }
        await ended;
    }

    [Fact]
    public async Task A_connection_ends_after_its_number_of_requests()
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.Echo("a")));
        await using var client = await ConnectAsync();
        for (var i = 1; i <= LimitedGateway.RequestsPerConnection; i++)
        {
            var response = await client.ExchangeAsync(site.Get($"/{i}"));
            Assert.Equal(200, response.Status);
            Assert.Equal(i == LimitedGateway.RequestsPerConnection, response.AnnouncesClose);
        }
        await client.ReadEndAsync();
    }

    [Fact]
    public async Task An_idle_connection_is_closed_in_order()
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.Echo("a")));
        await using var client = await ConnectAsync();
        Assert.Equal(200, (await client.ExchangeAsync(site.Get())).Status);
        Assert.Equal(StreamEnd.Closed, await client.ReadEndAsync());
    }

    [Fact]
    public async Task A_silent_backend_is_504_after_every_try()
    {
        var backend = Backend(Scripts.Silence);
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        Assert.Equal(504, (await client.ExchangeAsync(site.Get())).Status);
        Assert.Equal(3, backend.Requests.Count);
    }

    [Fact]
    public async Task A_silent_backend_gets_a_POST_only_once()
    {
        var backend = Backend(Scripts.Silence);
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        Assert.Equal(504, (await client.ExchangeAsync(site.Post("/", "x"))).Status);
        Assert.Single(backend.Requests);
    }

    [Fact]
    public async Task A_backend_that_falls_silent_within_its_response_cuts_the_clients()
    {
        var backend = Backend(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
            await connection.WaitForEndAsync();
        });
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        await client.SendAsync(site.Get());
        await Assert.ThrowsAsync<EndOfStreamException>(() => client.ReadResponseAsync());
    }

    private static string Chunked(Site site, string body, int chunk)
    {
        var chunks = body.Chunk(chunk).Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Length:x}\r\n{new string(c)}\r\n"));
        return $"POST / HTTP/1.1\r\nHost: {site.Host}\r\nTransfer-Encoding: chunked\r\n\r\n{string.Concat(chunks)}0\r\n\r\n";
    }

    public sealed class LimitedGateway : Gateway
    {
        public const int RequestsPerConnection = 5;

        protected override IReadOnlyDictionary<string, string> ConfigMap => new Dictionary<string, string>
        {
            ["proxy-body-size"] = "10k",
            ["client-header-timeout"] = "1",
            ["keep-alive"] = "1",
            ["keep-alive-requests"] = "5",
            ["proxy-read-timeout"] = "1",
        };
    }
}
