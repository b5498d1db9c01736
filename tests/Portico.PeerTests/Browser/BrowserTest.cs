using System.Globalization;
using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Manifests;
using Xunit;

namespace Portico.PeerTests.Browser;

/// <summary>Base of the browser tests: a site of its own for each, reached over HTTP/2 (https) or HTTP/1.1 (http).</summary>
public abstract class BrowserTest(Gateway gateway, Chromium chromium) : GatewayTest<Gateway>(gateway), IClassFixture<Gateway>, IClassFixture<Chromium>, IAsyncLifetime
{
    private protected BrowserSite Pages { get; private set; } = null!;

    protected Chromium Chromium { get; } = chromium;

    public async ValueTask InitializeAsync() => Pages = await BrowserSite.StartAsync();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Pages.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected Task<Site> ExposeAsync(bool secure) => Gateway.ExposeAsync(new SiteOptions
    {
        Endpoints = [Pages.Endpoint],
        Certificate = secure ? TestCertificate.For("*.test") : null,
    });

    protected string AddressOf(Site site, bool secure, string path) => secure
        ? string.Create(CultureInfo.InvariantCulture, $"https://{site.Host}:{Gateway.Process.HttpsEndPoint.Port}{path}")
        : string.Create(CultureInfo.InvariantCulture, $"http://{site.Host}:{Gateway.Process.HttpEndPoint.Port}{path}");
}
