using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Portico.Http;
using Portico.Http.Http1;
using Portico.TestKit.Wire;
using Portico.UnitTests.Net;
using Xunit;

namespace Portico.UnitTests.Http;

/// <summary>What an exchange writes over a real connection, with a handler that makes up its responses.</summary>
public class ResponseWritingTests
{
    private const string Request = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";

    [Fact]
    public async Task A_pause_in_a_chunked_body_sends_what_is_there_and_does_not_end_it()
    {
        await using var shard = new ShardThread();
        using var peer = await ServeAsync(shard, async exchange =>
        {
            exchange.StartResponse(200);
            exchange.EndHeaders(null, hasBody: true);
            await exchange.WriteBodyAsync([], 0, 0, last: false);
            await WriteAsync(exchange, "first", last: false);
            await exchange.WriteBodyAsync([], 0, 0, last: false);
            await WriteAsync(exchange, "second", last: false);
            await exchange.WriteBodyAsync([], 0, 0, last: true);
            return await exchange.FinishAsync() > 0;
        });
        peer.Send(Encoding.ASCII.GetBytes(Request));
        var body = await ReceiveUntilAsync(peer, text => text.EndsWith("0\r\n\r\n", StringComparison.Ordinal));
        Assert.Equal("5\r\nfirst\r\n6\r\nsecond\r\n0\r\n\r\n", body[(body.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);
        Assert.Empty(shard.Defects);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_of_any_size_around_the_room_behind_the_head_arrives_whole(bool announced)
    {
        await using var shard = new ShardThread();
        var size = 0;
        using var peer = await ServeAsync(shard, async exchange =>
        {
            var buffer = new byte[BodyRoom.Before + size + 64];
            Array.Fill(buffer, (byte)'#');
            buffer.AsSpan(BodyRoom.Before, size).Fill((byte)'x');
            exchange.StartResponse(200);
            exchange.EndHeaders(announced ? size : null, hasBody: true);
            await exchange.WriteBodyAsync(buffer, BodyRoom.Before, size, last: true);
            return await exchange.FinishAsync() > 0;
        });
        const int HeadAtLeast = 40;
        for (size = 16 * 1024 - 120; size <= 16 * 1024 - HeadAtLeast + 20; size++)
        {
            peer.Send(Encoding.ASCII.GetBytes(Request));
            var payload = new string('x', size);
            var coded = announced ? payload : string.Create(CultureInfo.InvariantCulture, $"{size:x}\r\n{payload}\r\n0\r\n\r\n");
            var received = await ReceiveUntilAsync(peer, text => text.Length - (text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4) >= coded.Length);
            Assert.Equal(coded, received[(received.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);
        }

        Assert.Empty(shard.Defects);
    }

    [Fact]
    public async Task A_connection_that_waits_for_its_next_request_holds_no_buffer()
    {
        await using var shard = new ShardThread();
        using var peer = await ServeAsync(shard, async exchange =>
        {
            exchange.StartResponse(200);
            exchange.EndHeaders(5, hasBody: true);
            await WriteAsync(exchange, "hello", last: true);
            return await exchange.FinishAsync() > 0;
        });
        for (var i = 0; i < 3; i++)
        {
            peer.Send(Encoding.ASCII.GetBytes(Request));
            await ReceiveUntilAsync(peer, text => text.EndsWith("hello", StringComparison.Ordinal));
            await Eventually.TrueAsync(async () => await shard.InvokeAsync(() => shard.Shard.Buffers.RentedBytes) == 0, "the buffers are given back");
        }
    }

    private static Task<Socket> ServeAsync(ShardThread shard, Func<Exchange, ValueTask<bool>> respond)
    {
        var server = new Http1Server(new Handler(respond));
        return shard.ConnectPeerAsync(connection => shard.Shard.Watch(Http1ServerConnection.RunAsync(server, connection)));
    }

    private static ValueTask<int> WriteAsync(Exchange exchange, string text, bool last)
    {
        var buffer = new byte[BodyRoom.Before + text.Length + BodyRoom.After];
        Encoding.ASCII.GetBytes(text, buffer.AsSpan(BodyRoom.Before));
        return exchange.WriteBodyAsync(buffer, BodyRoom.Before, text.Length, last);
    }

    private static async Task<string> ReceiveUntilAsync(Socket peer, Func<string, bool> complete)
    {
        var text = new StringBuilder();
        var buffer = new byte[64 * 1024];
        while (!complete(text.ToString()))
        {
            var count = await peer.ReceiveAsync(buffer).Within($"the rest arrives behind {text.Length} bytes");
            Assert.True(count > 0, "the connection ended");
            text.Append(Encoding.Latin1.GetString(buffer, 0, count));
        }

        return text.ToString();
    }

    private sealed class Handler(Func<Exchange, ValueTask<bool>> respond) : IExchangeHandler
    {
        public ValueTask<bool> HandleAsync(Exchange exchange) => respond(exchange);
    }
}
