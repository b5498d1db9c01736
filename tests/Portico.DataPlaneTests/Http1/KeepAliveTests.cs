using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Http1;

/// <summary>How long a client's connection lives, and in which order requests on it are answered (RFC 9112 section 9).</summary>
public sealed class KeepAliveTests(Gateway gateway) : GatewayTest<Gateway>(gateway)
{
    [Fact]
    public async Task A_connection_serves_one_request_after_another()
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.Echo("a")));
        await using var client = await ConnectAsync();
        for (var i = 0; i < 50; i++)
        {
            var response = await client.ExchangeAsync(site.Get($"/{i}"));
            Assert.Equal(200, response.Status);
            Assert.Equal($"/{i}", response["X-Target"]);
            Assert.False(response.AnnouncesClose);
        }
    }

    [Fact]
    public async Task Three_requests_in_one_segment_are_answered_in_order()
    {
        var backend = Backend(Scripts.Echo("a"));
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        await client.SendAsync(site.Get("/1") + site.Post("/2", "two") + site.Get("/3"));
        foreach (var (target, body) in new[] { ("/1", ""), ("/2", "two"), ("/3", "") })
        {
            var response = await client.ReadResponseAsync();
            Assert.Equal((200, target, body), (response.Status, response["X-Target"], response.Text));
        }
        Assert.Equal(["/1", "/2", "/3"], backend.Requests.Select(r => r.Target));
    }

    [Fact]
    public async Task Pipelined_requests_may_be_cut_anywhere()
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.Echo("a")));
        var bytes = Text.Bytes(site.Get("/1", "X-Some: value") + $"POST /2 HTTP/1.1\r\nHost: {site.Host}\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n" + site.Post("/3", "3"));
        for (var at = 1; at < bytes.Length; at++)
        {
            await using var client = await ConnectAsync();
            await client.SendCutAsync(bytes, at);
            foreach (var (target, body) in new[] { ("/1", ""), ("/2", "two"), ("/3", "3") })
            {
                var response = await client.ReadResponseAsync();
                Assert.True((200, target, body) == (response.Status, response["X-Target"], response.Text), $"cut at {at}: {response}");
            }
        }
    }

    [Fact]
    public async Task Requests_may_come_byte_by_byte()
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.Echo("a")));
        await using var client = await ConnectAsync();
        await client.SendByteByByteAsync(Text.Bytes(site.Get("/1") + site.Post("/2", "two")));
        Assert.Equal("/1", (await client.ReadResponseAsync())["X-Target"]);
        Assert.Equal("two", (await client.ReadResponseAsync()).Text);
    }

    [Fact]
    public async Task Connection_close_of_the_client_ends_the_connection_after_the_response()
    {
        var backend = Backend(Scripts.Echo("a"));
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        var response = await client.ExchangeAsync(site.Get("/", "Connection: close"));
        Assert.Equal(200, response.Status);
        Assert.True(response.AnnouncesClose);
        Assert.Equal(StreamEnd.Closed, await client.ReadEndAsync());
        Assert.DoesNotContain("close", backend.Requests[0]["Connection"] ?? "", StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("Connection: Close")]
    [InlineData("Connection: keep-alive, close")]
    [InlineData("Connection: x-y , close")]
    public async Task The_close_option_is_found_in_any_case_and_place(string line)
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.Echo("a")));
        await using var client = await ConnectAsync();
        Assert.Equal(200, (await client.ExchangeAsync(site.Get("/", line))).Status);
        await client.ReadEndAsync();
    }

    [Fact]
    public async Task Nothing_after_a_request_with_connection_close_is_looked_at()
    {
        var backend = Backend(Scripts.Echo("a"));
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        await client.SendAsync(site.Get("/1", "Connection: close") + site.Get("/2"));
        Assert.Equal("/1", (await client.ReadResponseAsync())["X-Target"]);
        await client.ReadEndAsync();
        Assert.Single(backend.Requests);
    }

    [Fact]
    public async Task Connection_close_of_the_backend_does_not_end_the_clients_connection()
    {
        var backend = Backend(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
            connection.Close();
        });
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        for (var i = 0; i < 3; i++)
        {
            var response = await client.ExchangeAsync(site.Get());
            Assert.Equal((200, "ok"), (response.Status, response.Text));
            Assert.False(response.AnnouncesClose);
        }
        Assert.Equal(3, backend.ConnectionCount);
    }

    [Fact]
    public async Task Http_1_0_closes_after_the_response()
    {
        var backend = Backend(Scripts.Body("hello"));
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        var response = await client.ExchangeAsync($"GET / HTTP/1.0\r\nHost: {site.Host}\r\n\r\n");
        Assert.Equal((200, "hello"), (response.Status, response.Text));
        await client.ReadEndAsync();
        Assert.Equal("HTTP/1.1", backend.Requests[0].Version);
    }

    [Fact]
    public async Task Http_1_0_with_keep_alive_keeps_the_connection_and_says_so()
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.Body("hello")));
        await using var client = await ConnectAsync();
        for (var i = 0; i < 2; i++)
        {
            var response = await client.ExchangeAsync($"GET / HTTP/1.0\r\nHost: {site.Host}\r\nConnection: keep-alive\r\n\r\n");
            Assert.Equal((200, "hello"), (response.Status, response.Text));
            Assert.Equal("keep-alive", response["Connection"], ignoreCase: true);
        }
    }

    [Fact]
    public async Task Http_1_0_gets_no_chunked_body()
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.Answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")));
        await using var client = await ConnectAsync();
        var response = await client.ExchangeAsync($"GET / HTTP/1.0\r\nHost: {site.Host}\r\nConnection: keep-alive\r\n\r\n");
        Assert.Equal("abcde", response.Text);
        Assert.Null(response["Transfer-Encoding"]);
        Assert.Equal(BodyFraming.UntilClose, response.Framing);
    }

    [Fact]
    public async Task A_client_that_ends_its_side_still_gets_its_answer()
    {
        var answer = new TaskCompletionSource();
        var backend = Backend(Scripts.AnswerAfter(answer.Task, Scripts.Ok("late")));
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        await client.SendAsync(site.Get());
        await backend.WaitForRequestsAsync(1);
        client.FinishSending();
        answer.SetResult();
        Assert.Equal("late", (await client.ReadResponseAsync()).Text);
        await client.ReadEndAsync();
    }

    [Fact]
    public async Task A_request_and_the_end_of_the_clients_side_may_come_together()
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.Echo("a")));
        for (var i = 0; i < 20; i++)
        {
            await using var client = await ConnectAsync();
            await client.SendAsync(site.Post("/1", "one") + site.Get("/2"));
            client.FinishSending();
            Assert.Equal("one", (await client.ReadResponseAsync()).Text);
            Assert.Equal("/2", (await client.ReadResponseAsync())["X-Target"]);
            await client.ReadEndAsync();
        }
    }
}
