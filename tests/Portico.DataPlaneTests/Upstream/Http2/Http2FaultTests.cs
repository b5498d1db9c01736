using System.Text;
using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Portico.TestKit.Http2;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Upstream.Http2;

/// <summary>What a backend sends that no RFC 9113 sender may: 502 for whoever waited for it, nothing of it to a client, and nobody else notices.</summary>
public sealed class Http2FaultTests(Gateway gateway) : Http2BackendTest(gateway)
{
    /// <summary>A name, and what is sent in place of the answer to a stream.</summary>
    private static readonly Dictionary<string, Func<int, Http2Bytes>> Faults = new()
    {
        ["HTTP/1.1"] = _ => Text("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
        ["noise"] = _ => Text(new string('\u00ff', 100)),
        ["a frame larger than allowed"] = stream => new Http2Bytes().Frame(FrameType.Data, 0, stream, new byte[20_000]),
        ["a frame that announces 16 MB"] = stream => new Http2Bytes().Frame(FrameType.Headers, FrameFlag.EndHeaders, stream, "x"u8, 0xffffff),
        ["DATA on stream 0"] = _ => new Http2Bytes().Frame(FrameType.Data, 0, 0, "x"u8),
        ["DATA before the head"] = stream => new Http2Bytes().Data(stream, "x"),
        ["HEADERS on a stream that nobody opened"] = stream => new Http2Bytes().Headers(stream + 2, Whole, (":status", "200")),
        ["HEADERS on an even stream"] = _ => new Http2Bytes().Headers(2, Whole, (":status", "200")),
        ["PUSH_PROMISE"] = stream => new Http2Bytes().Frame(FrameType.PushPromise, FrameFlag.EndHeaders, stream, [.. Http2Bytes.Number(2), .. Http2Bytes.Block(Http2Bytes.Request("GET", "/"))]),
        ["a header block that is none"] = stream => new Http2Bytes().Frame(FrameType.Headers, Whole, stream, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
        ["CONTINUATION without HEADERS"] = stream => new Http2Bytes().Frame(FrameType.Continuation, FrameFlag.EndHeaders, stream, Http2Bytes.Block((":status", "200"))),
        ["another frame within a header block"] = stream => new Http2Bytes().Headers(stream, 0, (":status", "200")).Ping(),
        ["no status"] = stream => new Http2Bytes().Headers(stream, Whole, ("content-type", "text/plain")),
        ["two statuses"] = stream => new Http2Bytes().Headers(stream, Whole, (":status", "200"), (":status", "200")),
        ["a status that is no number"] = stream => new Http2Bytes().Headers(stream, Whole, (":status", "2x0")),
        ["101"] = stream => new Http2Bytes().Headers(stream, FrameFlag.EndHeaders, (":status", "101")),
        ["a status below 100"] = stream => new Http2Bytes().Headers(stream, FrameFlag.EndHeaders, (":status", "099")).Data(stream, "x", FrameFlag.EndStream),
        ["a status of zeros"] = stream => new Http2Bytes().Headers(stream, Whole, (":status", "000")),
        ["an unknown pseudo field"] = stream => new Http2Bytes().Headers(stream, Whole, (":status", "200"), (":other", "x")),
        ["a pseudo field behind others"] = stream => new Http2Bytes().Headers(stream, Whole, ("a", "b"), (":status", "200")),
        ["a name in upper case"] = stream => new Http2Bytes().Headers(stream, Whole, (":status", "200"), ("X-Upper", "x")),
        ["a value with a line end"] = stream => new Http2Bytes().Headers(stream, Whole, (":status", "200"), ("x-a", "b\r\nx-c: d")),
        ["Transfer-Encoding"] = stream => new Http2Bytes().Headers(stream, Whole, (":status", "200"), ("transfer-encoding", "chunked")),
        ["two lengths"] = stream => new Http2Bytes().Headers(stream, Whole, (":status", "200"), ("content-length", "0"), ("content-length", "1")),
        ["an interim answer that ends the stream"] = stream => new Http2Bytes().Headers(stream, Whole, (":status", "103")),
        ["a head beyond proxy-buffer-size"] = stream => new Http2Bytes().Headers(stream, Whole, (":status", "200"), ("x-long", new string('x', 5000))),
        ["a window of more than 2^31"] = stream => new Http2Bytes().WindowUpdate(stream, int.MaxValue).WindowUpdate(stream, int.MaxValue),
        ["a window update of nothing"] = _ => new Http2Bytes().WindowUpdate(0, 0),
        ["SETTINGS of an odd length"] = _ => new Http2Bytes().Frame(FrameType.Settings, 0, 0, "12345"u8),
        ["SETTINGS with a window too large"] = _ => new Http2Bytes().Settings((4, uint.MaxValue)),
        ["PING of an odd length"] = _ => new Http2Bytes().Frame(FrameType.Ping, 0, 0, "1234"u8),
        ["RST_STREAM on stream 0"] = _ => new Http2Bytes().Frame(FrameType.Reset, 0, 0, Http2Bytes.Number(0)),
        ["GOAWAY cut short"] = _ => new Http2Bytes().Frame(FrameType.GoAway, 0, 0, "1234"u8),
    };

    public static TheoryData<string> Names => [.. Faults.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_broken_answer_is_502_and_other_routes_go_on(string fault)
    {
        var service = new Http2Service(async (connection, request) =>
        {
            await request.Over;
            await connection.SendAsync(Faults[fault](request.Stream));
        });
        var site = await ExposeAsync(service);
        var other = await ExposeAsync(new Http2Service(Http2Service.EchoAsync));
        await using var client = await ConnectHttp2Async();
        await client.SendAsync(new Http2Bytes()
            .Headers(1, FrameFlag.EndHeaders, Http2Bytes.Request("POST", "/", site.Host)).Data(1, "x", FrameFlag.EndStream)
            .Headers(3, Whole, Http2Bytes.Request("GET", "/other", other.Host)));
        Assert.Equal(502, (await client.ReadResponseAsync(1)).Status);
        Assert.Equal("GET /other", (await client.ReadResponseAsync(3)).Text.TrimEnd());
        // The same way afterwards: a backend that is well again is spoken to again.
        service.Answer = Http2Service.EchoAsync;
        Assert.Equal("GET /again", (await client.GetAsync(5, site.Host, "/again")).Text.TrimEnd());
    }

    [Theory]
    [InlineData("20", "too short")]
    [InlineData("3", "too long")]
    public async Task A_body_that_contradicts_its_length_is_broken_off(string length, string body)
    {
        var service = new Http2Service((connection, request) => connection.SendAsync(new Http2Bytes()
            .Headers(request.Stream, FrameFlag.EndHeaders, (":status", "200"), ("content-length", length)).Data(request.Stream, body, FrameFlag.EndStream)));
        var site = await ExposeAsync(service);
        await using var client = await ConnectHttp2Async();
        await client.SendAsync(Ask(1, site));
        var response = await client.ReadResponseAsync(1);
        Assert.True(response.Reset is not null || response.Status == 502, $"status {response.Status}, body '{response.Text}'");
    }

    [Fact]
    public async Task More_than_the_window_is_broken_off_and_kept_nowhere()
    {
        var service = new Http2Service(async (connection, request) =>
        {
            var bytes = new Http2Bytes().Headers(request.Stream, FrameFlag.EndHeaders, (":status", "200"));
            for (var i = 0; i < 8; i++)
            {
                bytes.Frame(FrameType.Data, 0, request.Stream, new byte[16 * 1024]);
            }
            await connection.SendAsync(bytes);
        });
        var site = await ExposeAsync(service);
        await using var client = await ConnectHttp2Async();
        client.OpensWindows = false;
        await client.SendAsync(Ask(1, site, method: "POST"));
        await Eventually.TrueAsync(() => service.Requests is [{ Reset: not null }], "the stream is reset towards the backend");
        Assert.Equal(Http2Error.FlowControlError, service.Requests[0].Reset);
        await client.SendAsync(new Http2Bytes().WindowUpdate(0, int.MaxValue - 65535).WindowUpdate(1, int.MaxValue - 65535));
        var response = await client.ReadResponseAsync(1);
        Assert.NotNull(response.Reset);
        // At most what the client took at once, and one window more that was given back for it: never all that the backend sent.
        Assert.InRange(response.Body.Length, 0, 2 * 65535);
    }

    private static Http2Bytes Text(string text) => new Http2Bytes().Raw(Encoding.Latin1.GetBytes(text));
}
