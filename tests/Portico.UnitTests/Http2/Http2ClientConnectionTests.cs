using System.Buffers.Binary;
using Portico.Http.Http2;
using Portico.TestKit.Wire;
using Portico.UnitTests.Net;
using Xunit;

namespace Portico.UnitTests.Http2;

public class Http2ClientConnectionTests
{
    private const int Requests = 10;
    private const int PrefaceLength = 24;
    private const int FrameHeaderLength = 9;
    private const byte HeadersType = 1;

    [Fact]
    public async Task Requests_of_one_turn_leave_together_at_its_end()
    {
        await using var shard = new ShardThread();
        var (connection, peer) = await shard.AcceptAsync();
        var sentBeforeTheEnd = await shard.InvokeAsync(() =>
        {
            var client = new Http2ClientConnection(connection, new Nobody());
            for (var i = 0; i < Requests; i++)
            {
                client.Fields.Add(":method"u8, "GET"u8);
                client.Fields.Add(":scheme"u8, "http"u8);
                client.Fields.Add(":path"u8, "/"u8);
                client.Fields.Add(":authority"u8, "h.test"u8);
                Assert.NotNull(client.Open(4096, null, 0, 0, last: true, TimeSpan.Zero));
                client.Flush();
            }

            return peer.Available;
        });
        Assert.Equal(0, sentBeforeTheEnd);

        var received = new List<byte>();
        var buffer = new byte[4096];
        while (CountOfHeaders([.. received]) < Requests)
        {
            var count = await peer.ReceiveAsync(buffer).Within("the requests come");
            Assert.NotEqual(0, count);
            received.AddRange(buffer.AsSpan(0, count));
        }
    }

    private static int CountOfHeaders(ReadOnlySpan<byte> bytes)
    {
        var count = 0;
        for (var at = PrefaceLength; at + FrameHeaderLength <= bytes.Length;)
        {
            count += bytes[at + 3] == HeadersType ? 1 : 0;
            at += FrameHeaderLength + (BinaryPrimitives.ReadInt32BigEndian(bytes[at..]) >> 8);
        }

        return count;
    }

    private sealed class Nobody : IHttp2ClientOwner
    {
        public void OnIdle(Http2ClientConnection connection)
        {
        }

        public void OnEnded(Http2ClientConnection connection)
        {
        }
    }
}
