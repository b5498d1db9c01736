using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Portico.TestKit.Http2;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Http2;

/// <summary>WebSockets over HTTP/2 (RFC 8441) in front of backends that know them over HTTP/1.1.</summary>
public sealed class WebSocketTests(Gateway gateway) : GatewayTest<Gateway>(gateway)
{
    [Fact]
    public async Task An_extended_CONNECT_becomes_an_upgrade_and_bytes_pass_both_ways()
    {
        var backend = Backend(Scripts.UpgradeEcho());
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await RawHttp2Client.ConnectAsync(Gateway.Process.HttpEndPoint);
        Assert.Equal(1u, client.Settings[8]);
        await client.SendAsync(Connect(1, site.Host, "/chat"));
        await client.ReadUntilAsync(f => f is { Type: FrameType.Headers, Stream: 1 });
        for (var i = 0; i < 20; i++)
        {
            await client.SendAsync(new Http2Bytes().Data(1, $"message {i};"));
            await client.ReadUntilAsync(f => f.Type == FrameType.Data && Text.Of(f.Payload).EndsWith($"message {i};", StringComparison.Ordinal));
        }
        await client.SendAsync(new Http2Bytes().Data(1, "last", FrameFlag.EndStream));
        var response = await client.ReadResponseAsync(1);
        Assert.Equal((200, null, null), (response.Status, response["upgrade"], response["sec-websocket-accept"]));
        Assert.EndsWith("last", response.Text, StringComparison.Ordinal);
        var request = backend.Requests[0];
        Assert.Equal(("GET", "/chat", "websocket", "13"), (request.Method, request.Target, request["Upgrade"], request["Sec-WebSocket-Version"]));
        Assert.Equal(16, Convert.FromBase64String(request["Sec-WebSocket-Key"]!).Length);
    }

    [Fact]
    public async Task A_backend_that_answers_anything_but_101_does_not_look_like_a_tunnel()
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.Body("no websocket here")));
        await using var client = await RawHttp2Client.ConnectAsync(Gateway.Process.HttpEndPoint);
        await client.SendAsync(Connect(1, site.Host, "/"));
        var response = await client.ReadResponseAsync(1);
        Assert.Equal((502, "no websocket here"), (response.Status, response.Text));
    }

    [Fact]
    public async Task The_backends_end_ends_the_stream_and_a_reset_resets_the_backend()
    {
        var ended = Backend(async connection =>
        {
            var request = await connection.ReadRequestAsync();
            await connection.SendAsync(Scripts.Switching(request) + "hello");
            connection.FinishSending();
            await connection.WaitForEndAsync();
        });
        var site = await Gateway.ExposeAsync(ended);
        await using var client = await RawHttp2Client.ConnectAsync(Gateway.Process.HttpEndPoint);
        await client.SendAsync(Connect(1, site.Host, "/"));
        var response = await client.ReadResponseAsync(1);
        Assert.Equal(("hello", null), (response.Text, response.Reset));
        // Only one direction has ended.
        await client.SendAsync(new Http2Bytes().Data(1, "still here"));
        await client.SendAsync(new Http2Bytes().Reset(1, Http2Error.Cancel));
        await Eventually.TrueAsync(() => ended.OpenConnections == 0, "the backend's connection is closed");
    }

    [Theory]
    [InlineData("")]
    [InlineData("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n")]
    [InlineData("Sec-WebSocket-Accept:\r\n")]
    [InlineData("Sec-WebSocket-Accept: right\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n")]
    [InlineData("Sec-WebSocket-Accept: right\r\nSec-WebSocket-Accept: right\r\n")]
    public async Task A_backend_that_does_not_prove_that_it_understood_is_a_bad_gateway(string proofs)
    {
        var backend = Backend(async connection =>
        {
            var right = Scripts.Switching(await connection.ReadRequestAsync()).Split("Sec-WebSocket-Accept: ")[1].Trim();
            await connection.SendAsync($"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{proofs.Replace("right", right, StringComparison.Ordinal)}\r\n");
            await connection.WaitForEndAsync();
        });
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await RawHttp2Client.ConnectAsync(Gateway.Process.HttpEndPoint);
        await client.SendAsync(Connect(1, site.Host, "/"));
        Assert.Equal(502, (await client.ReadResponseAsync(1)).Status);
        await Eventually.TrueAsync(() => backend.OpenConnections == 0, "the backend's connection is closed");
        await Eventually.TrueAsync(
            () => Gateway.Process.Output.Contains($"the backend {backend.EndPoint} switched to a WebSocket without the right Sec-WebSocket-Accept", StringComparison.Ordinal), "the log says why");
    }

    /// <summary>Chromium closes so: the close message and END_STREAM in one frame.</summary>
    [Fact]
    public async Task A_backend_answers_the_last_message_before_it_hears_of_the_clients_end()
    {
        var heard = new TaskCompletionSource<bool>();
        var asked = Backend(async connection =>
        {
            var request = await connection.ReadRequestAsync();
            await connection.SendAsync(Scripts.Switching(request));
            Assert.Equal("close", Text.Of(await connection.ReadBytesAsync(5)));
            await Gateway.ExposeAsync();
            heard.SetResult(connection.HasEnded);
            await connection.SendAsync("closed");
            connection.FinishSending();
            await connection.WaitForEndAsync();
        });
        var site = await Gateway.ExposeAsync(asked);
        await using var client = await RawHttp2Client.ConnectAsync(Gateway.Process.HttpEndPoint);
        await client.SendAsync(Connect(1, site.Host, "/"));
        await client.ReadUntilAsync(f => f is { Type: FrameType.Headers, Stream: 1 });
        await client.SendAsync(new Http2Bytes().Data(1, "close", FrameFlag.EndStream));
        var response = await client.ReadResponseAsync(1);
        Assert.False(await heard.Task.Within("the backend has the message"));
        Assert.Equal(("closed", null), (response.Text, response.Reset));
        await Eventually.TrueAsync(() => asked.OpenConnections == 0, "the backend's connection is closed");
    }

    private static Http2Bytes Connect(int stream, string host, string path) => new Http2Bytes().Headers(
        stream, FrameFlag.EndHeaders, (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":path", path), (":authority", host),
        ("sec-websocket-version", "13"), ("origin", "http://" + host));
}
