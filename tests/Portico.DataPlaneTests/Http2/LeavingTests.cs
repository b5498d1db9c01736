using Portico.TestKit.Backends;
using Portico.TestKit.Http2;
using Portico.TestKit.Manifests;
using Portico.TestKit.Processes;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Http2;

/// <summary>How HTTP/2 connections end in order: shutdown, number of requests, silence; and what switches the version off.</summary>
public sealed class LeavingTests
{
    private static readonly string[] NoGrace = ["--shutdown-grace-period=0", "--post-shutdown-grace-period=0"];

    [Fact]
    public async Task SIGTERM_says_goodbye_twice_and_finishes_what_is_under_way()
    {
        var answer = new TaskCompletionSource();
        await using var backend = new ScriptedBackend(Scripts.AnswerAfter(answer.Task, Scripts.Ok("finished")));
        await using var process = await StartAsync(backend);
        await using var client = await RawHttp2Client.ConnectAsync(process.HttpEndPoint);
        client.AcknowledgesPings = false;
        await client.SendAsync(new Http2Bytes().Headers(1, 5, Http2Bytes.Request("GET", "/")));
        await backend.WaitForRequestsAsync(1);
        process.Terminate();
        var first = await client.ReadUntilAsync(f => f.Type == FrameType.GoAway);
        Assert.Equal((int.MaxValue, Http2Error.NoError), (first.LastStream, first.Error));
        var ping = await client.ReadUntilAsync(f => f.Type == FrameType.Ping);
        // Sent before the notice could be read: still served.
        await client.SendAsync(new Http2Bytes().Headers(3, 5, Http2Bytes.Request("GET", "/")).Frame(FrameType.Ping, FrameFlag.Ack, 0, ping.Payload));
        var second = await client.ReadUntilAsync(f => f.Type == FrameType.GoAway);
        Assert.Equal((3, Http2Error.NoError), (second.LastStream, second.Error));
        answer.SetResult();
        Assert.Equal("finished", (await client.ReadResponseAsync(1)).Text);
        Assert.Equal("finished", (await client.ReadResponseAsync(3)).Text);
        await client.ReadToEndAsync();
        Assert.Equal(0, await process.WaitForExitAsync());
    }

    [Fact]
    public async Task An_idle_connection_does_not_hold_the_shutdown_up()
    {
        await using var backend = new ScriptedBackend(Scripts.Body("fine"));
        await using var process = await StartAsync(backend);
        await using var client = await RawHttp2Client.ConnectAsync(process.HttpEndPoint);
        Assert.Equal(200, (await client.GetAsync(1, "h.test")).Status);
        process.Terminate();
        await client.ReadToEndAsync();
        Assert.Equal(2, client.Frames.Count(f => f.Type == FrameType.GoAway));
        Assert.Equal(0, await process.WaitForExitAsync());
    }

    [Fact]
    public async Task A_WebSocket_outlives_SIGTERM_until_its_peers_are_done()
    {
        await using var backend = new ScriptedBackend(Scripts.UpgradeEcho());
        await using var process = await StartAsync(backend);
        await using var client = await RawHttp2Client.ConnectAsync(process.HttpEndPoint);
        await OpenTunnelAsync(client);
        process.Terminate();
        await client.ReadUntilAsync(f => f.Type == FrameType.GoAway && f.LastStream == 1);
        for (var i = 0; i < 5; i++)
        {
            await client.SendAsync(new Http2Bytes().Data(1, $"message {i};"));
            await client.ReadUntilAsync(f => f.Type == FrameType.Data && Text.Of(f.Payload) == $"message {i};");
        }
        Assert.False(process.HasExited);
        await client.SendAsync(new Http2Bytes().Data(1, "", FrameFlag.EndStream));
        Assert.Null((await client.ReadResponseAsync(1)).Reset);
        await client.ReadToEndAsync();
        Assert.Equal(0, await process.WaitForExitAsync());
    }

    [Fact]
    public async Task A_WebSocket_that_does_not_end_is_cut_after_worker_shutdown_timeout()
    {
        await using var backend = new ScriptedBackend(Scripts.UpgradeEcho());
        await using var process = await StartAsync(backend, ("worker-shutdown-timeout", "1s"));
        await using var client = await RawHttp2Client.ConnectAsync(process.HttpEndPoint);
        await OpenTunnelAsync(client);
        process.Terminate();
        await client.ReadToEndAsync();
        Assert.Contains(client.Frames, f => f.Type == FrameType.GoAway);
        Assert.Equal(0, await process.WaitForExitAsync());
    }

    [Fact]
    public async Task A_stream_that_does_not_end_is_cut_after_worker_shutdown_timeout()
    {
        await using var backend = new ScriptedBackend(Scripts.Silence);
        await using var process = await StartAsync(backend, ("worker-shutdown-timeout", "1s"));
        await using var client = await RawHttp2Client.ConnectAsync(process.HttpEndPoint);
        await client.SendAsync(new Http2Bytes().Get(1));
        await backend.WaitForRequestsAsync(1);
        process.Terminate();
        await client.ReadToEndAsync();
        Assert.Contains(client.Frames, f => f.Type == FrameType.GoAway);
        Assert.Equal(0, await process.WaitForExitAsync());
    }

    [Fact]
    public async Task After_keep_alive_requests_streams_the_connection_ends()
    {
        await using var backend = new ScriptedBackend(Scripts.Body("fine"));
        await using var process = await StartAsync(backend, ("keep-alive-requests", "3"));
        await using var client = await RawHttp2Client.ConnectAsync(process.HttpEndPoint);
        for (var stream = 1; stream <= 5; stream += 2)
        {
            Assert.Equal("fine", (await client.GetAsync(stream, "h.test")).Text);
        }
        await client.ReadToEndAsync();
        Assert.Equal(5, client.Frames.Single(f => f.Type == FrameType.GoAway).LastStream);
    }

    [Fact]
    public async Task Silence_beyond_keep_alive_ends_the_connection_with_GOAWAY()
    {
        await using var backend = new ScriptedBackend(Scripts.Body("fine"));
        await using var process = await StartAsync(backend, ("keep-alive", "1"));
        await using var client = await RawHttp2Client.ConnectAsync(process.HttpEndPoint);
        Assert.Equal("fine", (await client.GetAsync(1, "h.test")).Text);
        await client.ReadToEndAsync();
        Assert.Equal(Http2Error.NoError, client.Frames.Single(f => f.Type == FrameType.GoAway).Error);
    }

    [Fact]
    public async Task A_header_block_that_does_not_come_to_its_end_has_a_limit_of_time()
    {
        await using var backend = new ScriptedBackend(Scripts.Body("fine"));
        await using var process = await StartAsync(backend, ("client-header-timeout", "1"));
        await using var client = await RawHttp2Client.ConnectAsync(process.HttpEndPoint);
        await client.SendAsync(new Http2Bytes().Headers(1, FrameFlag.EndStream, Http2Bytes.Request("GET", "/")));
        await client.ReadToEndAsync();
        Assert.Empty(backend.Requests);
    }

    [Fact]
    public async Task A_body_that_pauses_too_long_is_answered_408()
    {
        await using var backend = new ScriptedBackend(Scripts.Body("fine"));
        await using var process = await StartAsync(backend, ("client-body-timeout", "1"));
        await using var client = await RawHttp2Client.ConnectAsync(process.HttpEndPoint);
        await client.SendAsync(new Http2Bytes().Post(1).Data(1, "begun"));
        Assert.Equal(408, (await client.ReadResponseAsync(1)).Status);
    }

    [Fact]
    public async Task Use_http2_is_switched_live_and_open_connections_stay()
    {
        await using var backend = new ScriptedBackend(Scripts.Body("fine"));
        await using var process = await StartAsync(backend, ("use-http2", "true"));
        await using var open = await RawHttp2Client.ConnectAsync(process.HttpEndPoint);
        Assert.Equal("h2", await AlpnAsync(process));
        process.Manifests.RenameInto("configmap.yaml", Manifest.ConfigMap("portico", new Dictionary<string, string> { ["use-http2"] = "false" }));
        await Eventually.TrueAsync(async () => await AlpnAsync(process) == "http/1.1", "HTTP/2 is no longer offered");
        await using var refused = await process.ConnectAsync();
        await refused.SendAsync(Http2Bytes.Preface);
        Assert.InRange((await refused.ReadResponseAsync()).Status, 400, 505);
        Assert.Equal("fine", (await open.GetAsync(1, "h.test")).Text);
    }

    [Fact]
    public async Task Without_http2_cleartext_the_plain_port_speaks_HTTP_1_only()
    {
        await using var backend = new ScriptedBackend(Scripts.Body("fine"));
        await using var process = await PorticoProcess.StartAsync(Options(backend) with { Arguments = ["--http2-cleartext=false"] });
        await using var client = await process.ConnectAsync();
        await client.SendAsync(Http2Bytes.Preface);
        Assert.InRange((await client.ReadResponseAsync()).Status, 400, 505);
        Assert.Equal("h2", await AlpnAsync(process));
    }

    private static async Task OpenTunnelAsync(RawHttp2Client client)
    {
        await client.SendAsync(new Http2Bytes().Headers(
            1, FrameFlag.EndHeaders, (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":path", "/"), (":authority", "h.test"), ("sec-websocket-version", "13")));
        await client.ReadUntilAsync(f => f is { Type: FrameType.Headers, Stream: 1 });
        await client.SendAsync(new Http2Bytes().Data(1, "hello"));
        await client.ReadUntilAsync(f => f.Type == FrameType.Data && Text.Of(f.Payload) == "hello");
    }

    private static async Task<string> AlpnAsync(PorticoProcess process)
    {
        await using var client = await process.ConnectTlsAsync("h.test", "h2", "http/1.1");
        return client.Alpn;
    }

    private static Task<PorticoProcess> StartAsync(ScriptedBackend backend, params (string Key, string Value)[] settings) =>
        PorticoProcess.StartAsync(Options(backend, settings));

    private static PorticoOptions Options(ScriptedBackend backend, params (string Key, string Value)[] settings) => new()
    {
        Files = new Dictionary<string, string>
        {
            ["app.yaml"] = Manifest.Service("app", 80, new ServiceEndpoint("127.0.0.1", backend.Port)) + "\n---\n" + Manifest.Ingress("app", "h.test", [new IngressPath("app")]),
        },
        ConfigMap = settings.ToDictionary(s => s.Key, s => s.Value),
        Arguments = NoGrace,
    };
}
