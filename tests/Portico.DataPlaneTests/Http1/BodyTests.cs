using System.Globalization;
using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Http1;

/// <summary>Bodies in both directions and in every framing (RFC 9112 sections 6 and 7).</summary>
public sealed class BodyTests(Gateway gateway) : GatewayTest<Gateway>(gateway)
{
    [Fact]
    public async Task A_chunked_request_body_that_is_held_back_arrives_whole_and_its_trailers_are_dropped()
    {
        var backend = Backend(Scripts.Echo("a"));
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        var response = await client.ExchangeAsync($"POST / HTTP/1.1\r\nHost: {site.Host}\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\nwiki\r\n5\r\npedia\r\n0\r\nX-Sum: 1\r\n\r\n");
        Assert.Equal("wikipedia", response.Text);
        Assert.Equal("wikipedia", Text.Of(backend.Requests[0].Body));
        Assert.Empty(backend.Requests[0].Trailers);
    }

    [Fact]
    public async Task A_chunked_request_may_be_cut_anywhere()
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.Echo("a")));
        var bytes = Text.Bytes($"POST / HTTP/1.1\r\nHost: {site.Host}\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\nwiki\r\n5\r\npedia\r\n0\r\nX-Sum: 1\r\n\r\n");
        await using var client = await ConnectAsync();
        for (var at = 1; at < bytes.Length; at++)
        {
            await client.SendCutAsync(bytes, at);
            Assert.Equal("wikipedia", (await client.ReadResponseAsync()).Text);
        }
    }

    [Fact]
    public async Task A_chunked_response_arrives_whole()
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.Answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwiki\r\n5;e=1\r\npedia\r\n0\r\nX-Sum: 1\r\n\r\n")));
        await using var client = await ConnectAsync();
        for (var i = 0; i < 3; i++)
        {
            var response = await client.ExchangeAsync(site.Get());
            Assert.Equal(("wikipedia", BodyFraming.Chunked), (response.Text, response.Framing));
        }
    }

    [Fact]
    public async Task A_response_may_come_byte_by_byte()
    {
        const string Response = "HTTP/1.1 200 OK\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwiki\r\n5\r\npedia\r\n0\r\n\r\n";
        var backend = Backend(async connection =>
        {
            await connection.ReadRequestAsync();
            foreach (var b in Text.Bytes(Response))
            {
                await connection.SendAsync(new[] { b });
            }
        });
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal("wikipedia", (await client.ExchangeAsync(site.Get())).Text);
        }
    }

    [Fact]
    public async Task A_response_that_ends_with_its_connection_arrives_whole_and_the_client_can_tell_its_end()
    {
        var backend = Backend(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\nX-A: b\r\n\r\nuntil the end");
            connection.Close();
        });
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        Assert.Equal("until the end", (await client.ExchangeAsync(site.Get())).Text);
    }

    [Fact]
    public async Task A_streamed_response_reaches_the_client_while_the_backend_still_writes()
    {
        var firstSeen = new TaskCompletionSource();
        var backend = Backend(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
            await firstSeen.Task.WaitAsync(connection.Stopping);
            await connection.SendAsync("6\r\nsecond\r\n0\r\n\r\n");
        });
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        await client.SendAsync(site.Get());
        var (_, framing, length) = await client.ReadResponseHeadAsync();
        var body = "";
        await client.ReadBodyAsync(framing, length, piece =>
        {
            body += Text.Of(piece.Span);
            firstSeen.TrySetResult();
            return Task.CompletedTask;
        });
        Assert.Equal("firstsecond", body);
    }

    [Theory]
    [InlineData("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n")]
    [InlineData("HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")]
    [InlineData("HEAD", "HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 204 No Content\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 1234\r\nETag: \"a\"\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 304 Not Modified\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")]
    public async Task Responses_without_a_body_end_at_their_head(string method, string answer)
    {
        var backend = Backend(Scripts.Answer(answer));
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        for (var i = 0; i < 3; i++)
        {
            var response = await client.ExchangeAsync(site.Request(method, "/", ""));
            Assert.Equal(answer[9..12], response.Status.ToString(CultureInfo.InvariantCulture));
            Assert.Empty(response.Body);
        }
        Assert.Equal(3, backend.Requests.Count);
    }

    [Fact]
    public async Task The_length_of_a_HEAD_response_is_passed_on()
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.Answer("HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n")));
        await using var client = await ConnectAsync();
        Assert.Equal("1234", (await client.ExchangeAsync(site.Request("HEAD", "/", "")))["Content-Length"]);
    }

    [Theory]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\n")]
    [InlineData("HTTP/1.1 102 Processing\r\n\r\n", 102)]
    [InlineData("HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n", 103)]
    [InlineData("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n", 103, 103)]
    public async Task Interim_responses_of_the_backend_reach_the_client_but_for_100(string interim, params int[] expected)
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.Answer(interim + Scripts.Ok("final"))));
        await using var client = await ConnectAsync();
        for (var i = 0; i < 2; i++)
        {
            var response = await client.ExchangeAsync(site.Get());
            Assert.Equal((200, "final"), (response.Status, response.Text));
            Assert.Equal(expected, response.Interim);
        }
    }

    [Fact]
    public async Task Expect_100_continue_is_answered_here_and_not_forwarded()
    {
        var backend = Backend(Scripts.Echo("a"));
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        await client.SendAsync($"POST / HTTP/1.1\r\nHost: {site.Host}\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
        Assert.Equal(100, await client.ReadInterimAsync());
        await client.SendAsync("body");
        Assert.Equal("body", (await client.ReadResponseAsync()).Text);
        Assert.Null(backend.Requests[0]["Expect"]);
        Assert.Equal(200, (await client.ExchangeAsync(site.Get())).Status);
    }

    [Fact]
    public async Task Expect_100_continue_with_the_body_already_there_needs_no_100()
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.Echo("a")));
        await using var client = await ConnectAsync();
        var response = await client.ExchangeAsync(site.Post("/", "body", "Expect: 100-continue"));
        Assert.Equal("body", response.Text);
        Assert.Equal("/2", (await client.ExchangeAsync(site.Get("/2")))["X-Target"]);
    }

    [Fact]
    public async Task Http_1_0_gets_no_100()
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.Echo("a")));
        await using var client = await ConnectAsync();
        var response = await client.ExchangeAsync($"POST / HTTP/1.0\r\nHost: {site.Host}\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\nbody");
        Assert.Equal("body", response.Text);
        Assert.Empty(response.Interim);
    }

    [Fact]
    public async Task A_refusal_comes_instead_of_the_100()
    {
        var backend = Backend(Scripts.Echo("a"));
        await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        var response = await client.ExchangeAsync("POST / HTTP/1.1\r\nHost: nobody.test\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
        Assert.Equal(404, response.Status);
    }

    [Fact]
    public async Task A_request_body_arrives_whole_whatever_its_length()
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.Echo("a")));
        await using var client = await ConnectAsync();
        foreach (var length in new[] { 1, 2, 1023, 1024, 4095, 4096, 4097, 8191, 8192, 8193, 16383, 16384, 16385, 32768, 65535, 65536, 65537, 200_000 })
        {
            var body = new string('x', length - 1) + "y";
            var response = await client.ExchangeAsync(site.Post("/", body));
            Assert.True(response.Text == body, $"{length} bytes: got {response.Text.Length}");
        }
    }

    [Fact]
    public async Task A_response_head_and_body_may_end_at_any_buffer_border()
    {
        var backend = Backend(async connection =>
        {
            var request = await connection.ReadRequestAsync();
            await connection.SendAsync(Scripts.Ok(new string('z', int.Parse(request.Target.AsSpan(1), CultureInfo.InvariantCulture))));
        });
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        foreach (var border in new[] { 4096, 8192, 16384, 32768, 65536 })
        {
            for (var length = border - 70; length <= border + 2; length++)
            {
                var response = await client.ExchangeAsync(site.Get($"/{length}"));
                Assert.Equal(length, response.Body.Length);
            }
        }
    }
}
