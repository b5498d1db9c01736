using System.Text;
using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Portico.TestKit.Processes;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Streams;

public class PassthroughGateway : Gateway
{
    protected override PorticoOptions Options => base.Options with { Arguments = [.. base.Options.Arguments, "--enable-ssl-passthrough"] };
}

/// <summary>TLS connections that are handed on by the name they ask for, beside those that end here.</summary>
public class PassthroughTests(PassthroughGateway gateway) : GatewayTest<PassthroughGateway>(gateway), IClassFixture<PassthroughGateway>
{
    [Fact]
    public async Task A_hello_reaches_the_backend_unread_however_it_is_cut()
    {
        var site = await PassAsync(Backend(StreamScripts.Echo));
        var hello = Hello(site.Host);
        foreach (var at in new[] { 1, 5, 43, hello.Length - 1 })
        {
            await using var client = await RawClient.ConnectAsync(Gateway.Process.HttpsEndPoint);
            await client.SendCutAsync(hello, at);
            Assert.Equal(hello, await client.ReadBytesAsync(hello.Length));
        }

        await using var slow = await RawClient.ConnectAsync(Gateway.Process.HttpsEndPoint);
        await slow.SendByteByByteAsync(hello);
        Assert.Equal(hello, await slow.ReadBytesAsync(hello.Length));
    }

    [Fact]
    public async Task Other_names_no_name_and_garbage_end_here()
    {
        _ = await PassAsync(Backend(StreamScripts.Echo));
        await using (var other = await Gateway.Process.ConnectTlsAsync("somebody.else.test"))
        {
            Assert.NotNull(other.ServerCertificate);
        }

        await using (var nobody = await Gateway.Process.ConnectTlsAsync(""))
        {
            Assert.NotNull(nobody.ServerCertificate);
        }

        await using var plain = await RawClient.ConnectAsync(Gateway.Process.HttpsEndPoint);
        Assert.Equal(400, (await plain.ExchangeAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n")).Status);
    }

    [Fact]
    public async Task A_tunnel_survives_the_end_of_its_annotation()
    {
        var backend = Backend(StreamScripts.Echo);
        var site = await PassAsync(backend);
        var hello = Hello(site.Host);
        await using var client = await RawClient.ConnectAsync(Gateway.Process.HttpsEndPoint);
        await client.SendAsync(hello);
        _ = await client.ReadBytesAsync(hello.Length);
        Gateway.Process.Manifests.DeleteFile(site.FileName);
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    await using var ended = await Gateway.Process.ConnectTlsAsync(site.Host);
                    return ended.ServerCertificate is not null;
                }
                catch (System.Security.Authentication.AuthenticationException)
                {
                    // The echo of our own hello.
                    return false;
                }
            },
            "TLS of the host ends here again");
        await client.SendAsync("still");
        Assert.Equal("still"u8.ToArray(), await client.ReadBytesAsync(5));
    }

    [Fact]
    public async Task An_HTTP_backend_is_told_the_client_by_the_PROXY_protocol()
    {
        var backend = Backend(async connection =>
        {
            var line = Encoding.ASCII.GetString(await connection.ReadBytesAsync(6));
            while (!line.EndsWith("\r\n", StringComparison.Ordinal))
            {
                line += Encoding.ASCII.GetString(await connection.ReadBytesAsync(1));
            }

            _ = await connection.ReadRequestAsync();
            await connection.SendAsync(Scripts.Ok(line.TrimEnd()));
        });
        var site = await Gateway.ExposeAsync(new SiteOptions
        {
            Endpoints = [Gateways.Gateway.At(backend)],
            Annotations = new Dictionary<string, string> { ["portico.dev/send-proxy-protocol"] = "v1" },
        });
        await using var client = await ConnectAsync();
        for (var i = 1; i <= 3; i++)
        {
            var response = await client.ExchangeAsync(site.Get());
            Assert.Equal($"PROXY TCP4 127.0.0.1 127.0.0.1 {client.Local.Port} {Gateway.Process.HttpEndPoint.Port}", response.Text);
            Assert.Equal(i, backend.ConnectionCount);
        }
    }

    private Task<Site> PassAsync(ScriptedBackend backend) => Gateway.ExposeAsync(new SiteOptions
    {
        Endpoints = [Gateways.Gateway.At(backend)],
        Annotations = new Dictionary<string, string> { ["ssl-passthrough"] = "true" },
    });

    private static byte[] Hello(string host)
    {
        byte[] named = [0, 0, .. WithLength([.. WithLength([0, .. WithLength(Text.Bytes(host))])])];
        byte[] body = [3, 3, .. new byte[32], 0, 0, 2, 0x13, 1, 1, 0, .. WithLength(named)];
        return [22, 3, 1, .. WithLength([1, 0, .. WithLength(body)])];
    }

    private static byte[] WithLength(byte[] bytes) => [(byte)(bytes.Length >> 8), (byte)bytes.Length, .. bytes];
}
