using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Portico.TestKit.Http2;
using Portico.TestKit.Manifests;
using Xunit;

namespace Portico.DataPlaneTests.Tls;

/// <summary>HTTP/2 lets a client use one connection for several hosts (RFC 9113, section 9.1.1): each request is judged by its own host's rules.</summary>
public class SharedConnectionTests(Gateway gateway) : GatewayTest<Gateway>(gateway), IClassFixture<Gateway>
{
    private readonly TestCertificate _served = TestCertificate.For("*.test");
    private readonly TestCertificate _authority = TestCertificate.Authority("shared-one");
    private readonly TestCertificate _otherAuthority = TestCertificate.Authority("shared-two");

    [Fact]
    public async Task Each_stream_is_judged_by_the_rules_of_its_own_host()
    {
        Gateway.Process.Manifests.RenameInto("authorities.yaml", Authority("shared-one", _authority), Authority("shared-two", _otherAuthority));
        var backend = Backend(Scripts.Body("guarded"));
        var guarded = await ExposeAsync(backend, "shared-one");
        var alike = await ExposeAsync(Backend(Scripts.Body("alike")), "shared-one");
        var other = await ExposeAsync(Backend(Scripts.Body("other")), "shared-two");
        var open = await ExposeAsync(Backend(Scripts.Body("open")), null);

        await using (var client = await ConnectAsync(guarded, _authority.Issue("client")))
        {
            Assert.Equal("guarded", (await client.GetAsync(1, guarded.Host)).Text);
            Assert.Equal(421, (await client.GetAsync(3, other.Host)).Status);
            Assert.Equal("alike", (await client.GetAsync(5, alike.Host)).Text);
            Assert.Equal("open", (await client.GetAsync(7, open.Host)).Text);
            Assert.Equal("guarded", (await client.GetAsync(9, guarded.Host)).Text);
            Assert.All(backend.Requests, request => Assert.Equal("SUCCESS", request["ssl-client-verify"]));
        }

        await using (var client = await ConnectAsync(open, _authority.Issue("client")))
        {
            Assert.Equal(421, (await client.GetAsync(1, guarded.Host)).Status);
            Assert.Equal("open", (await client.GetAsync(3, open.Host)).Text);
        }

        await using (var client = await ConnectAsync(guarded, null))
        {
            Assert.Equal(400, (await client.GetAsync(1, guarded.Host)).Status);
            Assert.Equal("open", (await client.GetAsync(3, open.Host)).Text);
        }

        await using (var client = await ConnectAsync(guarded, _otherAuthority.Issue("client")))
        {
            Assert.Equal(400, (await client.GetAsync(1, guarded.Host)).Status);
            Assert.Equal(421, (await client.GetAsync(3, other.Host)).Status);
        }

        Assert.Equal(2, backend.Requests.Count);
    }

    [Fact]
    public async Task Curl_shows_its_certificate()
    {
        Gateway.Process.Manifests.RenameInto("authorities.yaml", Authority("shared-one", _authority), Authority("shared-two", _otherAuthority));
        var guarded = await ExposeAsync(Backend(Scripts.Body("guarded")), "shared-one");
        Assert.Equal("guarded|2|200", await Peers.CurlAsync(Gateway.Process.HttpsEndPoint, guarded.Host, _authority.Issue("client")));
        Assert.EndsWith("|2|400", await Peers.CurlAsync(Gateway.Process.HttpsEndPoint, guarded.Host, null), StringComparison.Ordinal);
    }

    private static string Authority(string name, TestCertificate authority) =>
        Manifest.Secret(name, "Opaque", new Dictionary<string, string> { ["ca.crt"] = authority.CertificatePem });

    private Task<Site> ExposeAsync(ScriptedBackend backend, string? authority) => Gateway.ExposeAsync(new SiteOptions
    {
        Endpoints = [Gateways.Gateway.At(backend)],
        Certificate = _served,
        Annotations = authority is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["nginx.ingress.kubernetes.io/auth-tls-secret"] = "default/" + authority },
    });

    private async Task<RawHttp2Client> ConnectAsync(Site site, TestCertificate? certificate)
    {
        var client = new RawHttp2Client(await Gateway.Process.ConnectTlsAsync(site.Host, certificate, "h2"));
        await client.OpenAsync();
        return client;
    }
}
