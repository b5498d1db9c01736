using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Portico.TestKit.Http2;
using Portico.TestKit.Manifests;
using Xunit;

namespace Portico.DataPlaneTests.Upstream.Http2;

/// <summary>What a Service port says about itself (KEP-3726) decides how it is spoken to, unless the Ingress says otherwise.</summary>
public sealed class AppProtocolTests(Gateway gateway) : Http2BackendTest(gateway)
{
    private const string Switching = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n";

    [Theory]
    [InlineData("http", false)]
    [InlineData("https", true)]
    [InlineData("kubernetes.io/ws", false)]
    [InlineData("kubernetes.io/wss", true)]
    [InlineData("something.example/else", false)]
    public async Task Requests_and_upgrades_go_over_HTTP_1_with_or_without_TLS(string appProtocol, bool secure)
    {
        await using var backend = new ScriptedBackend(
            async connection =>
            {
                var request = await connection.ReadRequestAsync();
                if (request["Upgrade"] is null)
                {
                    await connection.SendAsync(Scripts.Ok("plain"));
                    return;
                }
                await connection.SendAsync(Switching + "welcome");
                await connection.ReadUntilEndAsync(piece => connection.SendAsync(piece));
            })
        {
            Certificate = secure ? TestCertificate.For("backend.test") : null,
        };
        var site = await ExposeAsync(appProtocol, backend);
        await using var client = await ConnectAsync();
        Assert.Equal((200, "plain"), await AskAsync(client, site));
        await client.SendAsync(site.Get("/socket", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="));
        var (head, _, _) = await client.ReadResponseHeadAsync();
        Assert.StartsWith("HTTP/1.1 101 ", head.StartLine, StringComparison.Ordinal);
        Assert.Equal("welcome"u8.ToArray(), await client.ReadBytesAsync(7));
        await client.SendAsync("echo");
        Assert.Equal("echo"u8.ToArray(), await client.ReadBytesAsync(4));
        Assert.Equal(["HTTP/1.1", "HTTP/1.1"], backend.Requests.Select(r => r.Version));
    }

    [Fact]
    public async Task H2c_is_HTTP_2_with_prior_knowledge_also_for_clients_of_HTTP_1()
    {
        var service = new Http2Service(Http2Service.EchoAsync);
        var site = await ExposeAsync("kubernetes.io/h2c", Backend(service.Script));
        await using var client = await ConnectAsync();
        await client.SendAsync(site.Request("PUT", "/a?b", "body"));
        Assert.Equal("PUT /a?b body", (await client.ReadResponseAsync()).Text);
        Assert.Equal(("http", site.Host), (service.Requests[0][":scheme"], service.Requests[0][":authority"]));
    }

    [Fact]
    public async Task The_annotation_goes_before_the_Service()
    {
        var backend = Backend(Scripts.Body("plain"));
        var site = await Gateway.ExposeAsync(new SiteOptions
        {
            Endpoints = [Gateway.At(backend)],
            AppProtocol = "kubernetes.io/h2c",
            Annotations = new Dictionary<string, string> { ["backend-protocol"] = "HTTP" },
        });
        await using var client = await ConnectAsync();
        Assert.Equal((200, "plain"), await AskAsync(client, site));
    }

    private Task<Site> ExposeAsync(string appProtocol, ScriptedBackend backend) =>
        Gateway.ExposeAsync(new SiteOptions { Endpoints = [Gateway.At(backend)], AppProtocol = appProtocol });

    private static async Task<(int, string)> AskAsync(TestKit.Wire.RawClient client, Site site)
    {
        var response = await client.ExchangeAsync(site.Get());
        return (response.Status, response.Text);
    }
}
