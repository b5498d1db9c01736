using System.Collections.Concurrent;
using System.Net;
using Portico.Http;
using Portico.Http.Http1;
using Portico.Http.Http2;
using Portico.Net;
using Portico.Net.Sockets;
using Portico.TestKit.Http2;
using Portico.TestKit.Wire;
using Portico.UnitTests.Net;
using Xunit;

namespace Portico.UnitTests.Http2;

/// <summary>Defences whose limits of time cannot be configured, with short ones, over a real connection.</summary>
public sealed class Http2ServerDefenceTests
{
    private const int Large = 200_000;

    private readonly ConcurrentQueue<Http2Defence> _defences = new();
    private readonly ConcurrentQueue<int> _written = new();

    [Theory]
    [InlineData(Large, IoStatus.TimedOut)]
    [InlineData(1000, 1)]
    public async Task A_stream_whose_window_stays_shut_is_ended_alone(int size, int told)
    {
        await using var shard = new ShardThread();
        var counters = new Http2DefenceCounters();
        await using var client = await ServeAsync(shard, counters, size);
        client.OpensWindows = false;
        await client.SendAsync(new Http2Bytes().Get(1));
        Assert.Equal(Http2Error.Cancel, (await client.ReadResponseAsync(1)).Reset);
        await Eventually.TrueAsync(() => _written.Count == 1, "the handler is told");
        Assert.Equal([told], _written);
        Assert.Equal([Http2Defence.StalledStream], _defences);
        Assert.Equal(1, counters[Http2Defence.StalledStream]);

        // The connection goes on, and so does a stream that takes its bytes, however slowly.
        await client.SendAsync(new Http2Bytes().Settings((4, 10_000_000)).WindowUpdate(0, 10_000_000));
        await client.SendAsync(new Http2Bytes().Get(3));
        var response = await client.ReadResponseAsync(3);
        Assert.Equal((size, null), (response.Body.Length, response.Reset));
        Assert.Empty(shard.Defects);
        await Eventually.TrueAsync(async () => await shard.InvokeAsync(() => shard.Shard.Buffers.RentedBytes) == 0, "the buffers are given back");
    }

    private async Task<RawHttp2Client> ServeAsync(ShardThread shard, Http2DefenceCounters counters, int size)
    {
        var http1 = new Http1Server(new Handler(size, _written)) { Limits = new Http1Limits { SendTimeout = TimeSpan.FromMilliseconds(300) } };
        http1.Http2 = new Http2Server(http1, counters, (_, defence) => _defences.Enqueue(defence), shard.Defects.Enqueue);
        var listener = Listener.Open(shard.Shard, IPAddress.Loopback, 0, connection => shard.Shard.Watch(Http1ServerConnection.RunAsync(http1, connection)), out var error)
            ?? throw new IOException(error);
        await shard.InvokeAsync(() =>
        {
            listener.Start();
            return true;
        });
        // Not even one byte of a body fits the window of a stream.
        return await RawHttp2Client.ConnectAsync(new IPEndPoint(IPAddress.Loopback, listener.Port), 0, (4, 0));
    }

    private sealed class Handler(int size, ConcurrentQueue<int> written) : IExchangeHandler
    {
        public async ValueTask<bool> HandleAsync(Exchange exchange)
        {
            exchange.StartResponse(200);
            exchange.EndHeaders(size, hasBody: true);
            var status = await exchange.WriteBodyAsync(new byte[BodyRoom.Before + size + BodyRoom.After], BodyRoom.Before, size, last: true);
            written.Enqueue(status);
            return await exchange.FinishAsync() > 0;
        }
    }
}
