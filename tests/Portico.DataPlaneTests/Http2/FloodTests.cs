using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Portico.TestKit.Http2;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Http2;

/// <summary>Clients that make work and want nothing: each is cut off with ENHANCE_YOUR_CALM, counted and logged; the gateway goes on.</summary>
public sealed class FloodTests(FloodTests.SlowReaderGateway gateway) : GatewayTest<FloodTests.SlowReaderGateway>(gateway)
{
    private const int Many = 5000;

    public static TheoryData<string> Floods =>
    [
        "rapid_reset", "ping_flood", "settings_flood", "priority_flood", "window_update_flood", "empty_data_flood", "header_bomb", "stream_flood",
    ];

    [Theory]
    [MemberData(nameof(Floods))]
    public async Task A_flood_is_cut_off_and_counted(string reason)
    {
        var backend = Backend(Scripts.Silence);
        var site = await Gateway.ExposeAsync(backend);
        var before = await CountAsync(reason);
        await using var client = await RawHttp2Client.ConnectAsync(Gateway.Process.HttpEndPoint);
        await client.TrySendAsync(Frames(reason, site.Host));
        var goAway = await client.ReadUntilAsync(f => f.Type == FrameType.GoAway);
        Assert.Equal(Http2Error.EnhanceYourCalm, goAway.Error);
        await client.ReadToEndAsync();
        Assert.Equal(before + 1, await CountAsync(reason));
        Assert.InRange(backend.Requests.Count, 0, 500);
        await using var next = await RawHttp2Client.ConnectAsync(Gateway.Process.HttpEndPoint);
        Assert.Equal(404, (await next.GetAsync(1, "nobody.test")).Status);
    }

    [Fact]
    public async Task Streams_that_malformed_frames_reset_count_like_those_the_client_resets()
    {
        await using var client = await RawHttp2Client.ConnectAsync(Gateway.Process.HttpEndPoint);
        var bytes = new Http2Bytes();
        for (var i = 0; i < Many; i++)
        {
            bytes.Headers(1 + (2 * i), FrameFlag.EndHeaders | FrameFlag.EndStream, [.. Http2Bytes.Request("GET", "/"), ("X-Upper", "1")]);
        }
        await client.TrySendAsync(bytes);
        Assert.Equal(Http2Error.EnhanceYourCalm, (await client.ReadUntilAsync(f => f.Type == FrameType.GoAway)).Error);
    }

    [Fact]
    public async Task A_header_block_in_too_many_pieces_ends_the_connection()
    {
        await using var client = await RawHttp2Client.ConnectAsync(Gateway.Process.HttpEndPoint);
        var bytes = new Http2Bytes().Headers(1, FrameFlag.EndStream, Http2Bytes.Request("GET", "/"));
        for (var i = 0; i < 400; i++)
        {
            bytes.Frame(FrameType.Continuation, 0, 1, Http2Bytes.Block(("x-more", "1")));
        }
        await client.TrySendAsync(bytes);
        Assert.Equal(Http2Error.EnhanceYourCalm, (await client.ReadUntilAsync(f => f.Type == FrameType.GoAway)).Error);
    }

    [Fact]
    public async Task A_large_download_may_acknowledge_every_frame()
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.Body(new string('x', 20_000_000))));
        await using var client = await RawHttp2Client.ConnectAsync(Gateway.Process.HttpEndPoint);
        Assert.Equal(20_000_000, (await client.GetAsync(1, site.Host)).Body.Length);
    }

    [Fact]
    public async Task Answers_that_are_not_taken_are_streams_that_are_open()
    {
        const int most = 128;
        var site = await Gateway.ExposeAsync(Backend(Scripts.Body("fine")));
        await using var client = await RawHttp2Client.ConnectAsync(Gateway.Process.HttpEndPoint, 0, (4, 0));
        for (var i = 0; i < most; i++)
        {
            await client.SendAsync(new Http2Bytes().Headers(1 + (2 * i), 5, Http2Bytes.Request("GET", "/", site.Host)));
        }
        for (var heads = 0; heads < most; heads++)
        {
            await client.ReadUntilAsync(f => f.Type == FrameType.Headers);
        }
        Assert.Equal(Http2Error.RefusedStream, (await client.GetAsync(1 + (2 * most), site.Host)).Reset);
        await client.SendAsync(new Http2Bytes().WindowUpdate(1, 100));
        Assert.Equal("fine", (await client.ReadResponseAsync(1)).Text);
        await client.SendAsync(new Http2Bytes().Headers(3 + (2 * most), 5, Http2Bytes.Request("HEAD", "/", site.Host)));
        Assert.Equal(200, (await client.ReadResponseAsync(3 + (2 * most))).Status);
    }

    /// <summary>Bytes of a body in between keep the budget of empty frames full, so that the output alone tells.</summary>
    [Fact]
    public async Task Questions_whose_answers_are_not_read_end_the_connection()
    {
        const string reason = "unread_output";
        const uint mostOfWindow = int.MaxValue;
        var large = await Gateway.ExposeAsync(Backend(Scripts.Body(new string('x', 20_000_000))));
        var silent = await Gateway.ExposeAsync(Backend(Scripts.Silence));
        var before = await CountAsync(reason);
        await using var client = await RawHttp2Client.ConnectAsync(Gateway.Process.HttpEndPoint, 4096, (4, mostOfWindow));
        await client.SendAsync(new Http2Bytes()
            .WindowUpdate(0, mostOfWindow - 65535)
            .Headers(1, 5, Http2Bytes.Request("GET", "/", large.Host))
            .Headers(3, FrameFlag.EndHeaders, Http2Bytes.Request("POST", "/", silent.Host)));
        var questions = new Http2Bytes();
        for (var i = 0; i < 500; i++)
        {
            questions.Data(3, "x").Ping().Ping().Ping();
        }
        await Eventually.TrueAsync(
            async () =>
            {
                await client.TrySendAsync(questions);
                return await CountAsync(reason) > before;
            },
            "the connection is ended");
        Assert.Equal(before + 1, await CountAsync(reason));
        await using var next = await RawHttp2Client.ConnectAsync(Gateway.Process.HttpEndPoint);
        Assert.Equal(404, (await next.GetAsync(1, "nobody.test")).Status);
    }

    private async Task<double> CountAsync(string reason) =>
        (await Gateway.Process.ReadMetricsAsync()).Sum("portico_http2_defences_total", $"reason=\"{reason}\"");

    private static Http2Bytes Frames(string reason, string host)
    {
        var bytes = new Http2Bytes();
        if (reason == "empty_data_flood")
        {
            bytes.Headers(1, FrameFlag.EndHeaders, Http2Bytes.Request("POST", "/", host));
        }
        else if (reason == "header_bomb")
        {
            return Bomb();
        }
        for (var i = 0; i < Many; i++)
        {
            var stream = 1 + (2 * i);
            var get = Http2Bytes.Request("GET", "/", host);
            _ = reason switch
            {
                "rapid_reset" => bytes.Headers(stream, 5, get).Reset(stream, i % 2 == 0 ? Http2Error.Cancel : Http2Error.NoError),
                "ping_flood" => bytes.Ping(),
                "settings_flood" => bytes.Settings((4, 65535)),
                "priority_flood" => bytes.Frame(FrameType.Priority, 0, stream, [0, 0, 0, 0, 15]),
                "window_update_flood" => bytes.WindowUpdate(0, 1),
                "empty_data_flood" => bytes.Data(1, ""),
                _ => bytes.Headers(stream, 5, get),
            };
        }
        return bytes;
    }

    /// <summary>A field of 4,000 bytes goes into the dynamic table and is named again and again, a byte each.</summary>
    private static Http2Bytes Bomb()
    {
        const byte newestDynamicEntry = 0x80 | 62;
        const int most = 16 * 1024;
        byte[] field = [0x40, 1, (byte)'x', 127, 0xA1, 0x1E, .. Enumerable.Repeat((byte)'y', 4000)];
        byte[] block = [.. Http2Bytes.Block(Http2Bytes.Request("GET", "/")), .. field, .. Enumerable.Repeat(newestDynamicEntry, most - 5000)];
        return new Http2Bytes().Frame(FrameType.Headers, FrameFlag.EndHeaders | FrameFlag.EndStream, 1, block);
    }

    public sealed class SlowReaderGateway : Gateway
    {
        protected override IReadOnlyDictionary<string, string> ConfigMap { get; } = new Dictionary<string, string> { ["error-log-level"] = "info" };
    }
}
