using System.Security.Cryptography;
using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Portico.TestKit.Http2;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Http2;

/// <summary>Requests and responses over streams: what a backend of HTTP/1.1 gets, what the client gets back.</summary>
public sealed class StreamTests(Gateway gateway) : GatewayTest<Gateway>(gateway)
{
    private const int Large = 1_000_000;

    [Fact]
    public async Task A_backend_sees_an_ordinary_request()
    {
        var backend = Backend(Scripts.Echo("a"));
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectHttp2Async();
        var response = await client.GetAsync(
            1, site.Host, "/a?b=c", ("cookie", "a=1"), ("x-between", "1"), ("cookie", "b=2"), ("cookie", "c=3"), ("te", "trailers"));
        Assert.Equal((200, "/a?b=c"), (response.Status, response["x-target"]));
        var request = backend.Requests[0];
        Assert.Equal("HTTP/1.1", request.Version);
        Assert.Equal((site.Host, "a=1; b=2; c=3", "1"), (request["Host"], request["Cookie"], request["X-Between"]));
        Assert.Null(request["TE"]);
        Assert.Null(request["Transfer-Encoding"]);
    }

    [Fact]
    public async Task A_Host_field_stands_in_for_a_missing_authority_and_must_not_contradict_it()
    {
        var backend = Backend(Scripts.Body("fine"));
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectHttp2Async();
        await client.SendAsync(new Http2Bytes()
            .Headers(1, 5, (":method", "GET"), (":scheme", "http"), (":path", "/"), ("host", site.Host))
            .Headers(3, 5, [.. Http2Bytes.Request("GET", "/", site.Host), ("host", site.Host)])
            .Headers(5, 5, [.. Http2Bytes.Request("GET", "/", site.Host), ("host", "other.test")]));
        Assert.Equal(200, (await client.ReadResponseAsync(1)).Status);
        Assert.Equal(200, (await client.ReadResponseAsync(3)).Status);
        Assert.Equal(400, (await client.ReadResponseAsync(5)).Status);
        Assert.Equal(2, backend.Requests.Count);
    }

    [Fact]
    public async Task Bodies_larger_than_all_windows_pass_both_ways()
    {
        var site = await Gateway.ExposeAsync(new SiteOptions
        {
            Endpoints = [Gateway.At(Backend(Scripts.Echo("a")))],
            Annotations = new Dictionary<string, string> { ["nginx.ingress.kubernetes.io/proxy-body-size"] = "0" },
        });
        await using var client = await ConnectHttp2Async();
        var body = RandomNumberGenerator.GetBytes(Large);
        var sending = UploadAsync(client, 1, site.Host, body);
        var response = await client.ReadResponseAsync(1);
        await sending;
        Assert.Equal((200, Large), (response.Status, response.Body.Length));
        Assert.Equal(Convert.ToHexString(SHA256.HashData(body)), Convert.ToHexString(SHA256.HashData(response.Body)));
    }

    [Fact]
    public async Task A_hundred_streams_are_answered_each_with_its_own()
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.Echo("a")));
        await using var client = await ConnectHttp2Async();
        var all = new Http2Bytes();
        for (var i = 0; i < 100; i++)
        {
            all.Headers(1 + (2 * i), FrameFlag.EndHeaders | FrameFlag.EndStream, Http2Bytes.Request("GET", $"/{i}", site.Host));
        }
        await client.SendAsync(all);
        for (var i = 0; i < 100; i++)
        {
            var response = await client.ReadResponseAsync(1 + (2 * i));
            Assert.Equal((200, $"/{i}"), (response.Status, response["x-target"]));
        }
    }

    [Fact]
    public async Task Streams_beyond_the_announced_number_are_refused_and_the_others_go_on()
    {
        var answer = new TaskCompletionSource();
        var site = await Gateway.ExposeAsync(Backend(Scripts.AnswerAfter(answer.Task, Scripts.Ok("late"))));
        await using var client = await ConnectHttp2Async();
        Assert.Equal(128u, client.Settings[3]);
        var all = new Http2Bytes();
        for (var i = 0; i < 129; i++)
        {
            all.Headers(1 + (2 * i), FrameFlag.EndHeaders | FrameFlag.EndStream, Http2Bytes.Request("GET", "/", site.Host));
        }
        await client.SendAsync(all);
        Assert.Equal(Http2Error.RefusedStream, (await client.ReadResponseAsync(257)).Reset);
        answer.SetResult();
        Assert.Equal("late", (await client.ReadResponseAsync(1)).Text);
        Assert.Equal("late", (await client.ReadResponseAsync(255)).Text);
    }

    [Fact]
    public async Task HEAD_and_304_and_204_end_with_their_head()
    {
        var backend = Backend(async connection =>
        {
            var request = await connection.ReadRequestAsync();
            await connection.SendAsync(request.Target switch
            {
                "/304" => "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n",
                "/204" => "HTTP/1.1 204 No Content\r\n\r\n",
                _ => "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n",
            });
        });
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectHttp2Async();
        await client.SendAsync(new Http2Bytes()
            .Headers(1, 5, Http2Bytes.Request("HEAD", "/", site.Host))
            .Headers(3, 5, Http2Bytes.Request("GET", "/304", site.Host))
            .Headers(5, 5, Http2Bytes.Request("GET", "/204", site.Host)));
        foreach (var (stream, status) in new[] { (1, 200), (3, 304), (5, 204) })
        {
            var response = await client.ReadResponseAsync(stream);
            Assert.Equal((status, 0), (response.Status, response.Body.Length));
        }
        Assert.Equal("7", (await client.ReadResponseAsync(1))["content-length"]);
        Assert.DoesNotContain(client.Frames, f => f.Type == FrameType.Data);
    }

    [Fact]
    public async Task A_body_of_no_announced_length_reaches_the_backend_whole_and_its_trailers_do_no_harm()
    {
        var backend = Backend(Scripts.Echo("a"));
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectHttp2Async();
        await client.SendAsync(new Http2Bytes()
            .Headers(1, FrameFlag.EndHeaders, Http2Bytes.Request("POST", "/", site.Host))
            .Data(1, "hello ").Data(1, "").Data(1, "world")
            .Headers(1, FrameFlag.EndHeaders | FrameFlag.EndStream, ("x-checksum", "1")));
        var response = await client.ReadResponseAsync(1);
        Assert.Equal("hello world", response.Text);
        Assert.Null(backend.Requests[0]["X-Checksum"]);
    }

    [Fact]
    public async Task A_client_that_waits_for_100_gets_it()
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.Echo("a")));
        await using var client = await ConnectHttp2Async();
        await client.SendAsync(new Http2Bytes().Headers(
            1, FrameFlag.EndHeaders, [.. Http2Bytes.Request("POST", "/", site.Host), ("expect", "100-continue"), ("content-length", "3")]));
        await client.ReadUntilAsync(f => f is { Type: FrameType.Headers, Stream: 1 });
        await client.SendAsync(new Http2Bytes().Data(1, "abc", FrameFlag.EndStream));
        var response = await client.ReadResponseAsync(1);
        Assert.Equal(["100"], response.Interim);
        Assert.Equal((200, "abc"), (response.Status, response.Text));
    }

    [Fact]
    public async Task An_early_answer_ends_with_a_reset_without_error_for_the_rest_of_the_request()
    {
        await using var client = await ConnectHttp2Async();
        await client.SendAsync(new Http2Bytes().Headers(1, FrameFlag.EndHeaders, Http2Bytes.Request("POST", "/", "nobody.test")).Data(1, "begun"));
        Assert.Equal(404, (await client.ReadResponseAsync(1)).Status);
        var reset = client.Frames.Find(f => f.Type == FrameType.Reset) ?? await client.ReadUntilAsync(f => f.Type == FrameType.Reset);
        Assert.Equal((1, Http2Error.NoError), (reset.Stream, reset.Error));
    }

    [Fact]
    public async Task A_stream_that_the_client_cancels_ends_at_the_backend_too()
    {
        var backend = Backend(Scripts.Silence);
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectHttp2Async();
        await client.SendAsync(new Http2Bytes().Headers(1, 5, Http2Bytes.Request("GET", "/", site.Host)));
        await backend.WaitForRequestsAsync(1);
        await client.SendAsync(new Http2Bytes().Reset(1, Http2Error.Cancel));
        await Eventually.TrueAsync(() => backend.OpenConnections == 0, "the backend's connection is closed");
        Assert.Equal(404, (await client.GetAsync(3, "nobody.test")).Status);
    }

    [Fact]
    public async Task Each_event_of_a_stream_arrives_before_the_next_one_is_sent_also_where_responses_are_buffered()
    {
        const int events = 10;
        using var seen = new SemaphoreSlim(0);
        var backend = Backend(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (var i = 0; i < events; i++)
            {
                await connection.SendAsync("9\r\ndata: x\n\n\r\n");
                await seen.WaitAsync(connection.Stopping);
            }
            await connection.SendAsync("0\r\n\r\n");
        });
        var site = await Gateway.ExposeAsync(new SiteOptions
        {
            Endpoints = [Gateway.At(backend)],
            Annotations = new Dictionary<string, string> { ["nginx.ingress.kubernetes.io/proxy-buffering"] = "on" },
        });
        await using var client = await ConnectHttp2Async();
        await client.SendAsync(new Http2Bytes().Headers(1, 5, [.. Http2Bytes.Request("GET", "/", site.Host), ("accept-encoding", "gzip")]));
        for (var i = 0; i < events; i++)
        {
            await client.ReadUntilAsync(f => f is { Type: FrameType.Data, Stream: 1 });
            seen.Release();
        }
        var response = await client.ReadResponseAsync(1);
        Assert.Equal(string.Concat(Enumerable.Repeat("data: x\n\n", events)), response.Text);
    }

    [Fact]
    public async Task A_broken_response_ends_with_a_reset_and_not_with_an_end()
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.ResetAt(50, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + new string('x', 1000))));
        await using var client = await ConnectHttp2Async();
        var response = await client.GetAsync(1, site.Host);
        Assert.Equal(Http2Error.InternalError, response.Reset);
        Assert.Equal(404, (await client.GetAsync(3, "nobody.test")).Status);
    }

    [Fact]
    public async Task A_backend_waits_for_a_client_that_opens_no_window()
    {
        var sent = 0L;
        var piece = new byte[64 * 1024];
        var backend = Backend(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
            for (var left = 100_000_000; left > 0; left -= piece.Length)
            {
                await connection.SendAsync(piece.AsMemory(0, Math.Min(left, piece.Length)));
                Interlocked.Add(ref sent, piece.Length);
            }
        });
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectHttp2Async();
        client.OpensWindows = false;
        await client.SendAsync(new Http2Bytes().Headers(1, 5, Http2Bytes.Request("GET", "/", site.Host)));
        var received = 0;
        while (received < 65535)
        {
            received += (await client.ReadUntilAsync(f => f.Type == FrameType.Data)).Payload.Length;
        }
        // Another stream still has room for its head, and what the backend could send fits sockets and one stream's share.
        await client.SendAsync(new Http2Bytes().Headers(3, 5, Http2Bytes.Request("HEAD", "/", "nobody.test")));
        Assert.Equal(404, (await client.ReadResponseAsync(3)).Status);
        Assert.InRange(Interlocked.Read(ref sent), 0, 30_000_000);
        Assert.Equal(65535, received);
    }

    [Fact]
    public async Task Fields_beyond_the_header_buffers_are_answered_as_on_HTTP_1()
    {
        await using var client = await ConnectHttp2Async();
        var long9k = new string('x', 9000);
        Assert.Equal(400, (await client.GetAsync(1, "h.test", "/", ("x-long", long9k))).Status);
        Assert.Equal(414, (await client.GetAsync(3, "h.test", "/" + long9k)).Status);
        var many = Enumerable.Range(0, 10).Select(i => ($"x-{i}", new string('y', 4000))).ToArray();
        await client.SendAsync(Blocks(5, [.. Http2Bytes.Request("GET", "/", "h.test"), .. many]));
        Assert.Equal(400, (await client.ReadResponseAsync(5)).Status);
        Assert.Equal(404, (await client.GetAsync(7, "nobody.test")).Status);
    }

    [Fact]
    public async Task A_header_block_in_many_frames_byte_by_byte_is_one_request()
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.Echo("a")));
        await using var client = await ConnectHttp2Async();
        var block = Http2Bytes.Block(Http2Bytes.Request("GET", "/cut", site.Host));
        var bytes = new Http2Bytes().Frame(FrameType.Headers, FrameFlag.EndStream, 1, block.AsSpan(0, 10))
            .Frame(FrameType.Continuation, 0, 1, block.AsSpan(10, 20)).Frame(FrameType.Continuation, FrameFlag.EndHeaders, 1, block.AsSpan(30));
        await client.Wire.SendByteByByteAsync(bytes.ToArray());
        Assert.Equal("/cut", (await client.ReadResponseAsync(1))["x-target"]);
    }

    [Fact]
    public async Task CONNECT_and_TRACE_are_not_allowed()
    {
        await using var client = await ConnectHttp2Async();
        await client.SendAsync(new Http2Bytes()
            .Headers(1, FrameFlag.EndHeaders, (":method", "CONNECT"), (":authority", "h.test:443"))
            .Headers(3, 5, Http2Bytes.Request("TRACE", "/", "h.test")));
        Assert.Equal(405, (await client.ReadResponseAsync(1)).Status);
        Assert.Equal(405, (await client.ReadResponseAsync(3)).Status);
    }

    [Fact]
    public async Task The_log_names_the_version()
    {
        var site = await Gateway.ExposeAsync(Backend(Scripts.Body("fine")));
        await using var client = await ConnectHttp2Async();
        await client.GetAsync(1, site.Host, "/logged-by-http2");
        await Eventually.TrueAsync(() => Gateway.Process.Output.Contains("\"GET /logged-by-http2 HTTP/2.0\" 200 4 ", StringComparison.Ordinal), "the line is written");
    }

    [Fact]
    public async Task An_upgrade_to_h2c_over_HTTP_1_is_not_taken_up()
    {
        var backend = Backend(Scripts.Body("plain"));
        var site = await Gateway.ExposeAsync(backend);
        await using var client = await ConnectAsync();
        var response = await client.ExchangeAsync(site.Get("/", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"));
        Assert.Equal((200, "plain"), (response.Status, response.Text));
    }

    private Task<RawHttp2Client> ConnectHttp2Async() => RawHttp2Client.ConnectAsync(Gateway.Process.HttpEndPoint);

    private static Http2Bytes Blocks(int stream, (string Name, string Value)[] fields)
    {
        const int most = 16 * 1024;
        var block = Http2Bytes.Block(fields);
        var bytes = new Http2Bytes();
        for (var at = 0; at < block.Length; at += most)
        {
            var rest = block.Length - at;
            bytes.Frame(
                at == 0 ? FrameType.Headers : FrameType.Continuation,
                (byte)((at == 0 ? FrameFlag.EndStream : 0) | (rest <= most ? FrameFlag.EndHeaders : 0)), stream, block.AsSpan(at, Math.Min(most, rest)));
        }
        return bytes;
    }

    /// <summary>Sends a body as fast as the windows allow, which are known from the frames that the reading side has seen.</summary>
    private static async Task UploadAsync(RawHttp2Client client, int stream, string host, byte[] body)
    {
        const int frame = 16 * 1024;
        await client.SendAsync(new Http2Bytes().Headers(stream, FrameFlag.EndHeaders, Http2Bytes.Request("POST", "/", host)));
        for (var sent = 0; sent < body.Length;)
        {
            var left = sent;
            await Eventually.TrueAsync(() => client.Window(0) - left >= frame && client.Window(stream) - left >= frame, "the windows open");
            var count = Math.Min(frame, body.Length - sent);
            await client.SendAsync(new Http2Bytes().Frame(FrameType.Data, sent + count == body.Length ? FrameFlag.EndStream : FrameFlag.None, stream, body.AsSpan(sent, count)));
            sent += count;
        }
    }
}
