using System.Security.Cryptography;
using Portico.DataPlaneTests.Gateways;
using Portico.TestKit.Backends;
using Portico.TestKit.Http2;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.DataPlaneTests.Upstream.Http2;

/// <summary>Many streams on few connections: the number that a backend allows, its windows, and those that the gateway gives it.</summary>
public sealed class Http2StreamTests(Gateway gateway) : Http2BackendTest(gateway)
{
    private const int Large = 1_000_000;

    /// <summary>What may be under way through the gateway of one stream: a window on each side, a buffer, and a write of each side.</summary>
    private const int MostUnderWay = 4 * 65536;

    [Fact]
    public async Task Beyond_the_number_of_streams_that_a_backend_allows_another_connection_is_opened()
    {
        const int allowed = 2;
        var answer = new TaskCompletionSource();
        var open = new int[16];
        var service = new Http2Service(async (connection, request) =>
        {
            if (request[":path"] == "/first")
            {
                await connection.AnswerAsync(request, "first");
                return;
            }
            // Streams that were opened before the settings of their connection came may be refused (RFC 9113, 5.1.2).
            if (Interlocked.Increment(ref open[connection.Number]) > allowed)
            {
                Interlocked.Decrement(ref open[connection.Number]);
                await connection.SendAsync(new Http2Bytes().Reset(request.Stream, Http2Error.RefusedStream));
                return;
            }
            await answer.Task.WaitAsync(connection.Stopping);
            await Http2Service.EchoAsync(connection, request);
        })
        {
            Settings = [(3, allowed)],
        };
        var site = await ExposeAsync(service);
        await using var client = await ConnectHttp2Async();
        Assert.Equal("first", (await client.GetAsync(1, site.Host, "/first")).Text);
        for (var i = 0; i < 6; i++)
        {
            await client.SendAsync(Ask(3 + (2 * i), site, $"/{i}"));
        }
        await Eventually.TrueAsync(() => open.Sum() == 6, "six requests are being answered");
        answer.SetResult();
        for (var i = 0; i < 6; i++)
        {
            Assert.Equal($"GET /{i}", (await client.ReadResponseAsync(3 + (2 * i))).Text.TrimEnd());
        }
        Assert.Equal(3, open.Count(n => n > 0));
        Assert.All(open, n => Assert.InRange(n, 0, allowed));
    }

    [Fact]
    public async Task A_hundred_requests_share_one_connection()
    {
        var answer = new TaskCompletionSource();
        var service = new Http2Service(async (connection, request) =>
        {
            await answer.Task.WaitAsync(connection.Stopping);
            await Http2Service.EchoAsync(connection, request);
        });
        var site = await ExposeAsync(service);
        await using var client = await ConnectHttp2Async();
        var all = new Http2Bytes();
        for (var i = 0; i < 100; i++)
        {
            all.Headers(1 + (2 * i), Whole, Http2Bytes.Request("GET", $"/{i}", site.Host));
        }
        await client.SendAsync(all);
        await service.WaitForRequestsAsync(100);
        answer.SetResult();
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal($"GET /{i}", (await client.ReadResponseAsync(1 + (2 * i))).Text.TrimEnd());
        }
        Assert.Single(service.Connections);
    }

    [Fact]
    public async Task A_backend_that_gives_no_window_back_holds_its_client_up_and_nobody_else()
    {
        var open = new TaskCompletionSource();
        var service = new Http2Service(async (connection, request) =>
        {
            if (request[":path"] != "/slow")
            {
                await Http2Service.EchoAsync(connection, request);
                return;
            }
            await open.Task.WaitAsync(connection.Stopping);
            await connection.SendAsync(new Http2Bytes().WindowUpdate(0, Large).WindowUpdate(request.Stream, Large));
            await request.Over;
            await connection.AnswerAsync(request, Convert.ToHexString(SHA256.HashData(request.Body)));
        })
        {
            OpensWindows = false,
        };
        var site = await ExposeAsync(service, ("proxy-body-size", "0"));
        await using var client = await ConnectHttp2Async();
        var body = RandomNumberGenerator.GetBytes(Large);
        var reading = ReadResponseAsync(client, 1);
        var sending = SendBodyAsync(client, 1, Http2Bytes.Request("POST", "/slow", site.Host), body);
        await Eventually.TrueAsync(() => service.Requests is [{ Body.Length: 65535 }], "the first window is used up");
        await using var other = await ConnectHttp2Async();
        Assert.InRange(client.Window(1), 0, MostUnderWay);
        var elsewhere = await ExposeAsync(new Http2Service(Http2Service.EchoAsync));
        Assert.Equal("GET /", (await other.GetAsync(1, elsewhere.Host)).Text.TrimEnd());
        open.SetResult();
        await sending;
        Assert.Equal(Convert.ToHexString(SHA256.HashData(body)), (await reading).Text);
    }

    [Fact]
    public async Task A_client_that_gives_no_window_back_holds_the_backend_up()
    {
        var body = RandomNumberGenerator.GetBytes(Large);
        var sent = 0;
        var service = new Http2Service(async (connection, request) =>
        {
            await connection.SendAsync(new Http2Bytes().Headers(request.Stream, FrameFlag.EndHeaders, (":status", "200")));
            await SendPiecesAsync(connection, request.Stream, body, count => Volatile.Write(ref sent, count));
        });
        var site = await ExposeAsync(service);
        await using var client = await ConnectHttp2Async();
        client.OpensWindows = false;
        await client.SendAsync(Ask(1, site));
        for (var got = 0; got < 65535;)
        {
            got += (await client.ReadUntilAsync(f => f.Type == FrameType.Data)).Payload.Length;
        }
        Assert.InRange(Volatile.Read(ref sent), 65535, MostUnderWay);
        client.OpensWindows = true;
        await client.SendAsync(new Http2Bytes().WindowUpdate(0, Large).WindowUpdate(1, Large));
        Assert.Equal(Convert.ToHexString(SHA256.HashData(body)), Convert.ToHexString(SHA256.HashData((await client.ReadResponseAsync(1)).Body)));
    }

    [Fact]
    public async Task A_backend_that_stops_reading_ends_in_504_for_its_own_requests_only()
    {
        var never = new TaskCompletionSource();
        var service = new Http2Service(Http2Service.EchoAsync)
        {
            Settings = [(4, int.MaxValue)],
            OnOpened = async connection =>
            {
                await connection.SendAsync(new Http2Bytes().WindowUpdate(0, int.MaxValue - 65535));
                await never.Task.WaitAsync(connection.Stopping);
            },
        };
        var site = await ExposeAsync(service, ("proxy-body-size", "0"), ("proxy-send-timeout", "1"));
        var elsewhere = await ExposeAsync(new Http2Service(Http2Service.EchoAsync));
        await using var client = await ConnectHttp2Async();
        // More than both kernels hold of a connection that nobody reads.
        var reading = ReadResponseAsync(client, 1);
        var sending = SendBodyAsync(client, 1, Http2Bytes.Request("POST", "/", site.Host), new byte[32 * Large]);
        Assert.Equal(504, (await reading).Status);
        Assert.Equal("GET /", (await client.GetAsync(3, elsewhere.Host)).Text.TrimEnd());
        Assert.False(sending.IsCompletedSuccessfully, "nobody took the whole body");
    }

    [Fact]
    public async Task A_silent_backend_is_asked_by_PING_and_given_up_when_no_answer_comes()
    {
        var answer = new TaskCompletionSource();
        var alive = new Http2Service(async (connection, request) =>
        {
            await answer.Task.WaitAsync(connection.Stopping);
            await connection.AnswerAsync(request, "after a long time");
        });
        var dead = new Http2Service((connection, request) =>
        {
            connection.AcknowledgesPings = false;
            return connection.Ended;
        });
        var asking = await ExposeAsync(alive, ("proxy-read-timeout", "600"));
        var giving = await ExposeAsync(dead, ("proxy-read-timeout", "600"));
        await using var client = await ConnectHttp2Async();
        await client.SendAsync(Ask(1, asking).Headers(3, Whole, [.. Http2Bytes.Request("POST", "/", giving.Host), ("content-length", "0")]));
        // The times are the gateway's: 20 s of silence, 10 s for an answer.
        await dead.WaitForRequestsAsync(1);
        await dead.Connections[0].Ended.Within("the gateway gives the connection up", TimeSpan.FromMinutes(5));
        Assert.Equal(502, (await client.ReadResponseAsync(3)).Status);
        Assert.Contains(Assert.Single(dead.Connections).Snapshot(), f => f.Type == FrameType.Ping);
        await Eventually.TrueAsync(() => alive.Connections[0].Snapshot().Any(f => f.Type == FrameType.Ping), "the other one is asked too");
        answer.SetResult();
        Assert.Equal("after a long time", (await client.ReadResponseAsync(1)).Text);
    }

    [Fact]
    public async Task A_client_that_leaves_is_told_to_the_backend_and_its_neighbours_stay()
    {
        var answer = new TaskCompletionSource();
        var service = new Http2Service(async (connection, request) =>
        {
            await answer.Task.WaitAsync(connection.Stopping);
            await Http2Service.EchoAsync(connection, request);
        });
        var site = await ExposeAsync(service);
        await using var client = await ConnectHttp2Async();
        await client.SendAsync(Ask(1, site, "/leaves").Headers(3, Whole, Http2Bytes.Request("GET", "/stays", site.Host)));
        await service.WaitForRequestsAsync(2);
        await client.SendAsync(new Http2Bytes().Reset(1, Http2Error.Cancel));
        var left = service.Requests.Single(r => r[":path"] == "/leaves");
        await Eventually.TrueAsync(() => left.Reset is not null, "the backend is told");
        Assert.Equal(Http2Error.Cancel, left.Reset);
        answer.SetResult();
        Assert.Equal("GET /stays", (await client.ReadResponseAsync(3)).Text.TrimEnd());
    }

    private static async Task<Http2Response> ReadResponseAsync(RawHttp2Client client, int stream)
    {
        await Task.Yield();
        return await client.ReadResponseAsync(stream);
    }

    /// <summary>Sends as the gateway's windows allow; somebody else reads.</summary>
    private static async Task SendBodyAsync(Http2Peer peer, int stream, (string, string)[] head, byte[] body)
    {
        await peer.SendAsync(new Http2Bytes().Headers(stream, FrameFlag.EndHeaders, head));
        await SendPiecesAsync(peer, stream, body, _ => { });
    }

    private static async Task SendPiecesAsync(Http2Peer peer, int stream, byte[] body, Action<int> note)
    {
        const int frame = 16 * 1024;
        // The connection's window is used by this stream alone.
        for (var sent = 0; sent < body.Length; note(sent))
        {
            var left = sent;
            await Eventually.TrueAsync(() => peer.Window(0) > left && peer.Window(stream) > left, "the windows open");
            var count = (int)Math.Min(Math.Min(frame, body.Length - sent), Math.Min(peer.Window(0), peer.Window(stream)) - sent);
            await peer.SendAsync(new Http2Bytes().Frame(FrameType.Data, sent + count == body.Length ? FrameFlag.EndStream : FrameFlag.None, stream, body.AsSpan(sent, count)));
            sent += count;
        }
    }
}
