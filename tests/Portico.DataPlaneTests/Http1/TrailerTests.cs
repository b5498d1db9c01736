using Portico.DataPlaneTests.Gateways;
using Portico.DataPlaneTests.Upstream.Http2;
using Portico.TestKit.Backends;
using Portico.TestKit.Http2;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Http1;

/// <summary>Trailers (RFC 9110, 6.5) of either version, in both directions: who gets them, and which ones nobody gets.</summary>
public sealed class TrailerTests(Gateway gateway) : Http2BackendTest(gateway)
{
    private const string Forbidden =
        "Content-Length: 41\r\nTransfer-Encoding: chunked\r\nHost: other.test\r\nAuthorization: Basic eDp5\r\nCookie: a=b\r\nX-Real-IP: 9.9.9.9\r\nX-Forwarded-For: 9.9.9.9\r\nX_Real_IP: 9.9.9.9\r\nConnection: close\r\nProxy-Authorization: x\r\n";

    private static readonly Dictionary<string, string> FlowsThrough = new() { ["proxy-request-buffering"] = "off" };

    [Fact]
    public async Task Those_of_a_request_that_flows_through_reach_a_backend_of_HTTP_1_wherever_they_are_cut()
    {
        var backend = Backend(Scripts.Echo("a"));
        var site = await Gateway.ExposeAsync(new SiteOptions { Endpoints = [Gateway.At(backend)], Annotations = FlowsThrough });
        await using var client = await ConnectAsync();
        var bytes = Text.Bytes(Chunked(site, "X-Sum:  1 \r\nx-two: 2\r\n"));
        for (var at = bytes.Length - 40; at <= bytes.Length; at++)
        {
            await client.SendCutAsync(bytes, Math.Min(at, bytes.Length - 1));
            Assert.Equal("hello", (await client.ReadResponseAsync()).Text);
            Assert.Equal([new Header("X-Sum", "1"), new Header("x-two", "2")], backend.Requests[^1].Trailers);
        }
    }

    [Fact]
    public async Task Those_that_frame_route_or_authenticate_a_request_reach_no_backend()
    {
        var backend = Backend(Scripts.Echo("a"));
        var site = await Gateway.ExposeAsync(new SiteOptions { Endpoints = [Gateway.At(backend)], Annotations = FlowsThrough });
        await using var client = await ConnectAsync();
        await client.SendAsync(Chunked(site, Forbidden + "X-Sum: 1\r\n") + site.Get("/next"));
        Assert.Equal("hello", (await client.ReadResponseAsync()).Text);
        Assert.Equal("/next", (await client.ReadResponseAsync())["X-Target"]);
        Assert.Equal([new Header("X-Sum", "1")], backend.Requests[0].Trailers);
        Assert.Equal(site.Host, backend.Requests[0].Head["Host"]);

        await client.SendAsync(Chunked(site, Forbidden));
        Assert.Equal("hello", (await client.ReadResponseAsync()).Text);
        Assert.Empty(backend.Requests[2].Trailers);
    }

    [Theory]
    [InlineData("X-A: b\r\n c\r\n")]
    [InlineData("X-A : b\r\n")]
    [InlineData("X-A: b\nX-B: c\r\n")]
    [InlineData("X-A: b\rX-B: c\r\n")]
    [InlineData("X-A: \0\r\n")]
    [InlineData("GET /smuggled HTTP/1.1\r\n")]
    [InlineData(": b\r\n")]
    public async Task Malformed_ones_end_the_request_and_its_connection(string trailers)
    {
        var backend = Backend(Scripts.Echo("a"));
        var site = await Gateway.ExposeAsync(new SiteOptions { Endpoints = [Gateway.At(backend)], Annotations = FlowsThrough });
        await using var client = await ConnectAsync();
        await client.SendAsync(Chunked(site, trailers) + site.Get("/next"));
        Assert.Equal(400, (await client.ReadResponseAsync()).Status);
        Assert.Equal(StreamEnd.Closed, await client.ReadEndAsync());
        Assert.DoesNotContain(backend.Requests, r => r.IsComplete);
    }

    [Fact]
    public async Task Eight_kilobytes_of_them_pass_and_more_are_refused()
    {
        var backend = Backend(Scripts.Echo("a"));
        var site = await Gateway.ExposeAsync(new SiteOptions { Endpoints = [Gateway.At(backend)], Annotations = FlowsThrough });
        await using var client = await ConnectAsync();
        var large = string.Concat(Enumerable.Range(100, 400).Select(i => $"X-{i}: 0123456\r\n"));
        await client.SendAsync(Chunked(site, large));
        Assert.Equal("hello", (await client.ReadResponseAsync()).Text);
        Assert.Equal(400, backend.Requests[0].Trailers.Count);
        await client.SendAsync(Chunked(site, large + large));
        Assert.Equal(400, (await client.ReadResponseAsync()).Status);
    }

    [Fact]
    public async Task Those_of_HTTP_1_reach_a_backend_of_HTTP_2_in_lower_case()
    {
        var service = new Http2Service(async (connection, request) =>
        {
            await request.Over;
            await connection.AnswerAsync(request, request.Text);
        });
        var site = await ExposeAsync(service);
        await using var client = await ConnectAsync();
        await client.SendAsync(Chunked(site, Forbidden + "X-Sum: 1\r\n"));
        Assert.Equal("hello", (await client.ReadResponseAsync()).Text);
        Assert.Equal([("x-sum", "1")], service.Requests[0].Trailers);
    }

    [Fact]
    public async Task Those_of_HTTP_2_reach_a_backend_of_HTTP_1_where_the_body_flows_through()
    {
        var backend = Backend(Scripts.Echo("a"));
        var site = await Gateway.ExposeAsync(new SiteOptions { Endpoints = [Gateway.At(backend)], Annotations = FlowsThrough });
        await using var client = await ConnectHttp2Async();
        await client.SendAsync(new Http2Bytes()
            .Headers(1, FrameFlag.EndHeaders, Http2Bytes.Request("POST", "/", site.Host)).Data(1, "hello")
            .Headers(1, Whole, ("x-sum", "1"), ("authorization", "Basic eDp5"), ("x-forwarded-for", "9.9.9.9"), ("host", "other.test")));
        Assert.Equal("hello", (await client.ReadResponseAsync(1)).Text);
        Assert.Equal([new Header("x-sum", "1")], backend.Requests[0].Trailers);
    }

    [Theory]
    [InlineData("x-sum", "1\r\nGET /smuggled HTTP/1.1")]
    [InlineData("x-sum: 1\r\nx", "1")]
    [InlineData(":path", "/smuggled")]
    [InlineData("transfer-encoding", "chunked")]
    [InlineData("content-length", "41")]
    public async Task Those_of_HTTP_2_cannot_start_another_line(string name, string value)
    {
        var backend = Backend(Scripts.Echo("a"));
        var site = await Gateway.ExposeAsync(new SiteOptions { Endpoints = [Gateway.At(backend)], Annotations = FlowsThrough });
        await using var client = await ConnectHttp2Async();
        await client.SendAsync(new Http2Bytes()
            .Headers(1, FrameFlag.EndHeaders, Http2Bytes.Request("POST", "/", site.Host)).Data(1, "hello").Headers(1, Whole, (name, value)));
        Assert.Equal(Http2Error.ProtocolError, (await client.ReadResponseAsync(1)).Reset);
        Assert.DoesNotContain(backend.Requests, r => r.IsComplete);
    }

    [Theory]
    [InlineData("TE: trailers", true)]
    [InlineData("TE: gzip;q=0.5, Trailers", true)]
    [InlineData("TE: trailers2", false)]
    [InlineData("X-A: b", false)]
    public async Task Those_of_a_response_reach_a_client_of_HTTP_1_that_takes_them(string header, bool taken)
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.Answer(Answer("X-Sum: 1\r\nContent-Length: 3\r\nSet-Cookie: a=b\r\nETag: \"e\"\r\nConnection: close\r\nLocation: /x\r\n"))));
        await using var client = await ConnectAsync();
        for (var i = 0; i < 3; i++)
        {
            var response = await client.ExchangeAsync(site.Get("/", header));
            Assert.Equal("hello", response.Text);
            Assert.Equal(taken ? [new Header("X-Sum", "1"), new Header("ETag", "\"e\"")] : [], response.Trailers);
        }
    }

    [Fact]
    public async Task Those_of_a_response_of_HTTP_1_reach_a_client_of_HTTP_2()
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.Answer(Answer("X-Sum: 1\r\nContent-Length: 3\r\n"))));
        await using var client = await ConnectHttp2Async();
        for (var stream = 1; stream <= 5; stream += 2)
        {
            var response = await client.GetAsync(stream, site.Host);
            Assert.Equal("hello", response.Text);
            Assert.Equal([("x-sum", "1")], response.Trailers);
        }
    }

    [Fact]
    public async Task A_response_may_pause_within_its_trailers()
    {
        var answer = Text.Bytes(Answer("X-Sum: 1\r\nX-Two: 2\r\n"));
        var backend = Backend(async connection =>
        {
            await connection.ReadRequestAsync();
            foreach (var b in answer)
            {
                await connection.SendAsync(new[] { b });
            }
        });
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        for (var i = 0; i < 5; i++)
        {
            var response = await client.ExchangeAsync(site.Get("/", "TE: trailers"));
            Assert.Equal("hello", response.Text);
            Assert.Equal([new Header("X-Sum", "1"), new Header("X-Two", "2")], response.Trailers);
        }
        Assert.Equal(1, backend.ConnectionCount);
    }

    [Fact]
    public async Task A_response_whose_trailers_are_malformed_does_not_look_whole()
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.Answer(Answer("X-Sum : 1\r\n"))));
        await using var client = await ConnectHttp2Async();
        Assert.NotNull((await client.GetAsync(1, site.Host)).Reset);
    }

    private static string Chunked(Site site, string trailers) =>
        $"POST / HTTP/1.1\r\nHost: {site.Host}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n{trailers}\r\n";

    private static string Answer(string trailers) => $"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n{trailers}\r\n";
}
