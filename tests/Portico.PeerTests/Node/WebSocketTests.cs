using System.Globalization;
using System.Net;
using Portico.DataPlaneTests.Gateways;
using Portico.PeerTests.Programs;
using Portico.TestKit.Manifests;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.PeerTests.Node;

/// <summary>Client and server of npm's ws: one socket that never rests and one that is silent, through a thousand changes and the end of their endpoint.</summary>
public sealed class WebSocketTests(Gateway gateway) : GatewayTest<Gateway>(gateway)
{
    private const int Changes = 1000;

    [Fact]
    public Task Sockets_live_through_every_change() => LiveAsync(secure: false);

    [Fact]
    public Task Sockets_over_TLS_live_through_every_change() => LiveAsync(secure: true);

    private async Task LiveAsync(bool secure)
    {
        var (server, port) = await NodeProgram.StartServerAsync("ws-server.js");
        await using var running = server;
        var site = await Gateway.ExposeAsync(new SiteOptions
        {
            Endpoints = [new ServiceEndpoint("127.0.0.1", port)],
            Certificate = secure ? TestCertificate.For("*.test") : null,
        });
        await using var client = NodeProgram.Start("ws-client.js", AddressOf(secure), site.Host);
        await NodeProgram.IsSaidAsync(client, "busy opened");
        await NodeProgram.IsSaidAsync(client, "idle opened");
        await HearAsync(client, port, "hello");

        var other = await Gateway.ExposeAsync();
        for (var change = 1; change <= Changes; change++)
        {
            if (change % (Changes / 10) == 0)
            {
                await other.PublishAsync();
                await HearAsync(client, port, string.Create(CultureInfo.InvariantCulture, $"after-{change}"));
            }
            else
            {
                Gateway.Process.Manifests.RenameInto(other.FileName + ".changing.yaml", Manifest.Ingress(
                    site.Host[..^5] + "-changing", "changing." + site.Host, [new IngressPath(string.Create(CultureInfo.InvariantCulture, $"nobody-{change}"))]));
            }
        }

        await site.PublishAsync();
        await using (var late = await ConnectAsync())
        {
            Assert.NotEqual(200, (await late.ExchangeAsync(site.Get())).Status);
        }

        await HearAsync(client, port, "without-endpoint");
        await AskServerAsync(port, "close");
        await NodeProgram.IsSaidAsync(client, "busy closed 1001 closed by the server");
        await NodeProgram.IsSaidAsync(client, "idle closed 1001 closed by the server");
        Assert.DoesNotContain("something else", client.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("failed", client.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("after 0 echoes", client.Output.Split("without-endpoint")[1], StringComparison.Ordinal);
    }

    private string AddressOf(bool secure) => secure
        ? string.Create(CultureInfo.InvariantCulture, $"wss://127.0.0.1:{Gateway.Process.HttpsEndPoint.Port}/socket")
        : string.Create(CultureInfo.InvariantCulture, $"ws://127.0.0.1:{Gateway.Process.HttpEndPoint.Port}/socket");

    /// <summary>Both sockets hear what their server says.</summary>
    private static async Task HearAsync(PeerProgram client, int port, string text)
    {
        await AskServerAsync(port, "say/" + text);
        await NodeProgram.IsSaidAsync(client, $"busy heard {text} ");
        await NodeProgram.IsSaidAsync(client, "idle heard " + text);
    }

    /// <summary>Asks the server itself, past the gateway.</summary>
    private static async Task AskServerAsync(int port, string action)
    {
        await using var direct = await RawClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
        Assert.Equal("done", (await direct.ExchangeAsync($"GET /{action} HTTP/1.1\r\nHost: server\r\n\r\n")).Text);
    }
}
