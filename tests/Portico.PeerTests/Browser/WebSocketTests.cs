using Microsoft.Playwright;
using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.PeerTests.Browser;

/// <summary>WebSockets of Chromium: over a stream of its HTTP/2 connection (RFC 8441) and over a connection of their own.</summary>
public sealed class WebSocketTests(Gateway gateway, Chromium chromium) : BrowserTest(gateway, chromium)
{
    [Fact]
    public async Task Over_HTTP_2_a_socket_lives_until_the_browser_closes_it()
    {
        var (site, page) = await ConnectAsync(secure: true);
        await LiveThroughChangesAsync(site, page);
        Assert.Equal("1000 true", await page.EvaluateAsync<string>("() => { socket.close(1000); return ended; }").Within("the socket closes"));
        await IsLoggedAsync("/socket HTTP/2.0\"");
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task Over_HTTP_1_a_socket_lives_until_the_backend_closes_it()
    {
        var (site, page) = await ConnectAsync(secure: false);
        await LiveThroughChangesAsync(site, page);
        Assert.Equal("1000 true", await page.EvaluateAsync<string>("() => { socket.send('bye'); return ended; }").Within("the socket closes"));
        await IsLoggedAsync("\"GET /socket HTTP/1.1\" 101 ");
        await page.Context.CloseAsync();
    }

    private async Task<(Site Site, IPage Page)> ConnectAsync(bool secure)
    {
        var site = await ExposeAsync(secure);
        var page = await Chromium.OpenAsync(AddressOf(site, secure, "/"));
        await page.EvaluateAsync("url => connect(url)", AddressOf(site, secure, "/socket").Replace("http", "ws", StringComparison.Ordinal)).Within("the socket opens");
        return (site, page);
    }

    /// <summary>Messages come back whole during a hundred changes, and after nothing leads to the backend any more.</summary>
    private async Task LiveThroughChangesAsync(Site site, IPage page)
    {
        await EchoesAsync(page, "good day");
        var other = await Gateway.ExposeAsync();
        for (var i = 1; i <= 100; i++)
        {
            await other.PublishAsync();
            if (i % 20 == 0)
            {
                await EchoesAsync(page, $"after {i} changes");
            }
        }

        await site.PublishAsync();
        await using var client = await ConnectAsync();
        Assert.NotEqual(200, (await client.ExchangeAsync(site.Get())).Status);
        await EchoesAsync(page, "after the end of the endpoint");
    }

    private static async Task EchoesAsync(IPage page, string message)
    {
        Assert.Equal(message, await page.EvaluateAsync<string>("message => say(message)", message).Within($"'{message}' comes back"));
        Assert.True(await page.EvaluateAsync<bool>("length => sayBytes(length)", 200_000).Within("bytes come back"));
    }

    private Task IsLoggedAsync(string part) => Eventually.TrueAsync(() => Gateway.Process.Output.Contains(part, StringComparison.Ordinal), $"the log tells of {part}");
}
