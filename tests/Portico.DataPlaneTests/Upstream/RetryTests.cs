using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Upstream;

/// <summary>When a failed attempt goes to another endpoint (proxy-next-upstream: error timeout, three tries), and what the client gets when all fail.</summary>
public sealed class RetryTests(Gateway gateway) : GatewayTest<Gateway>(gateway)
{
    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task A_refused_connection_goes_to_the_next_endpoint_for_every_method(string method)
    {
        var backend = Backend(Scripts.Echo("alive"));
        var site = await Gateway.ExposeAsync(new SiteOptions { Endpoints = [Gateway.Nobody, Gateway.At(backend)] });
        await using var client = await ConnectAsync();
        for (var i = 0; i < 20; i++)
        {
            await client.SendAsync(site.Request(method, "/", "payload"));
            var response = await client.ReadResponseAsync();
            Assert.Equal((200, "payload"), (response.Status, response.Text));
        }
        Assert.Equal(20, backend.Requests.Count);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    [InlineData("OPTIONS")]
    public async Task A_reset_after_an_idempotent_request_goes_to_the_next_endpoint(string method)
    {
        var broken = Backend(Scripts.ResetAt(0, ""), "broken");
        var alive = Backend(Scripts.Echo("alive"), "alive");
        var site = await Gateway.ExposeAsync(broken, alive);
        await using var client = await ConnectAsync();
        for (var i = 0; i < 10; i++)
        {
            await client.SendAsync(site.Request(method, "/", method == "PUT" ? "payload" : ""));
            var response = await client.ReadResponseAsync(method);
            Assert.Equal((200, "alive"), (response.Status, response["X-Backend"]));
        }
        Assert.NotEmpty(broken.Requests);
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PATCH")]
    [InlineData("LOCK")]
    public async Task A_reset_after_a_request_that_is_not_idempotent_is_not_repeated(string method)
    {
        var broken = Backend(Scripts.ResetAt(0, ""), "broken");
        var site = await Gateway.ExposeAsync(broken, broken);
        await using var client = await ConnectAsync();
        for (var i = 1; i <= 3; i++)
        {
            await client.SendAsync(site.Request(method, "/", "x"));
            Assert.Equal(502, (await client.ReadResponseAsync()).Status);
            Assert.Equal(i, broken.Requests.Count);
        }
    }

    [Fact]
    public async Task A_GET_is_tried_three_times_in_all()
    {
        var broken = Backend(Scripts.CloseAt(0, ""), "broken");
        var site = await Gateway.ExposeAsync(broken);
        await using var client = await ConnectAsync();
        Assert.Equal(502, (await client.ExchangeAsync(site.Get())).Status);
        Assert.Equal(3, broken.Requests.Count);
        // The gateway answered by itself: the client's connection lives on.
        Assert.Equal(502, (await client.ExchangeAsync(site.Get())).Status);
    }

    [Fact]
    public async Task A_repeated_request_carries_its_whole_body_again()
    {
        var body = new string('b', 60_000);
        var broken = Backend(Scripts.ResetAt(0, ""), "broken");
        var alive = Backend(Scripts.Echo("alive"), "alive");
        var site = await Gateway.ExposeAsync(broken, alive);
        await using var client = await ConnectAsync();
        for (var i = 0; i < 6; i++)
        {
            await client.SendAsync(site.Request("PUT", "/", body));
            Assert.Equal(body, (await client.ReadResponseAsync()).Text);
        }
    }

    [Fact]
    public async Task Refused_everywhere_is_502()
    {
        var site = await Gateway.ExposeAsync(new SiteOptions { Endpoints = [Gateway.Nobody, Gateway.Nobody] });
        await using var client = await ConnectAsync();
        Assert.Equal(502, (await client.ExchangeAsync(site.Get())).Status);
        Assert.Equal(502, (await client.ExchangeAsync(site.Post("/", "x"))).Status);
    }

    [Fact]
    public async Task No_endpoint_at_all_is_503()
    {
        var site = await Gateway.ExposeAsync(new SiteOptions());
        await using var client = await ConnectAsync();
        Assert.Equal(503, (await client.ExchangeAsync(site.Get())).Status);
        Assert.Equal(503, (await client.ExchangeAsync(site.Post("/", "x"))).Status);
    }

    [Fact]
    public async Task Nothing_is_repeated_once_the_client_has_seen_a_byte()
    {
        var half = Backend(Scripts.CloseAt(Scripts.Ok("0123456789").Length - 3, Scripts.Ok("0123456789")), "half");
        var site = await Gateway.ExposeAsync(half, half);
        await using var client = await ConnectAsync();
        await client.SendAsync(site.Get());
        await Assert.ThrowsAsync<EndOfStreamException>(() => client.ReadResponseAsync());
        Assert.Single(half.Requests);
    }

    [Theory]
    [InlineData("\0\x01garbage\r\n\r\n")]
    [InlineData("HTTP/1.1 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 99 Too Low\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 2000 Too Long\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0x3\r\n\r\nabc")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nX-A: b\0c\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nX A: b\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nX-A : b\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nNo-Colon\r\nContent-Length: 0\r\n\r\n")]
    public async Task An_answer_that_is_no_HTTP_is_502_and_nothing_of_it_reaches_the_client(string garbage)
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.Answer(garbage)));
        await using var client = await ConnectAsync();
        var response = await client.ExchangeAsync(site.Get());
        Assert.Equal(502, response.Status);
        Assert.Equal(502, (await client.ExchangeAsync(site.Post("/", "x"))).Status);
    }

    [Fact]
    public async Task A_response_head_beyond_proxy_buffer_size_is_502()
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.Answer($"HTTP/1.1 200 OK\r\nX-Long: {new string('x', 4200)}\r\nContent-Length: 0\r\n\r\n")));
        await using var client = await ConnectAsync();
        Assert.Equal(502, (await client.ExchangeAsync(site.Get())).Status);
        Assert.Equal(200, (await client.ExchangeAsync((await Gateway.ExposeAsync(Backend(Scripts.Answer($"HTTP/1.1 200 OK\r\nX-Long: {new string('x', 3900)}\r\nContent-Length: 0\r\n\r\n")))).Get())).Status);
    }
}
