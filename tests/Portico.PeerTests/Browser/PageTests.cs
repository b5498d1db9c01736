using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.PeerTests.Browser;

/// <summary>Pages as Chromium loads them.</summary>
public sealed class PageTests(Gateway gateway, Chromium chromium) : BrowserTest(gateway, chromium)
{
    [Theory]
    [InlineData(true, "h2")]
    [InlineData(false, "http/1.1")]
    public async Task A_page_with_two_hundred_images_arrives_whole(bool secure, string protocol)
    {
        var site = await ExposeAsync(secure);
        var page = await Chromium.OpenAsync(AddressOf(site, secure, "/gallery"));
        Assert.Equal(
            Enumerable.Range(1, BrowserSite.Images),
            await page.EvaluateAsync<int[]>("() => [...document.images].map(image => image.complete ? image.naturalWidth : 0)"));
        var protocols = await page.EvaluateAsync<string[]>("() => performance.getEntriesByType('resource').filter(r => r.name.includes('/image/')).map(r => r.nextHopProtocol)");
        Assert.Equal(Enumerable.Repeat(protocol, BrowserSite.Images), protocols);
        await page.Context.CloseAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Events_arrive_one_by_one(bool secure)
    {
        var site = await ExposeAsync(secure);
        var page = await Chromium.OpenAsync(AddressOf(site, secure, "/"));
        Assert.Equal("1 2 3 4 5 6 7 8 9 10", await page.EvaluateAsync<string>("() => listen(10)").Within("ten events arrive"));
        await page.Context.CloseAsync();
    }
}
