using System.Runtime.CompilerServices;
using Portico.Http;
using Portico.Model.Policies;
using Portico.Net;
using Portico.Net.Async;
using Portico.Net.Sockets;
using Portico.Proxy.Balancing;
using Portico.Proxy.Observing;

namespace Portico.Proxy.Forwarding;

/// <summary>
/// After 101 (Switching Protocols): bytes both ways until both sides have finished, or neither has sent a byte for
/// <c>proxy-read-timeout</c>. A side that finishes sending only closes its own direction. No configuration change ends a tunnel.
/// There may be tens of thousands of them, idle for hours: it holds the two connections and what its log line still needs, and a
/// buffer only while bytes are on their way. Owned by the client's connection or stream, used on the shard's thread only.
/// </summary>
internal sealed class Tunnel(ShardServices services, Connection backend, UpstreamPolicy policy, RunningAttempt attempt) : ITunnel
{
    private IClientStream _client = null!;
    private long _lastBytesMilliseconds;

    /// <summary>Set while a client of HTTP/2 has finished and the backend has not been told.</summary>
    private TunnelEnd? _clientEnd;

    /// <summary>What came behind the head of the backend's response: the first bytes for the client.</summary>
    public required byte[] Greeting { get; set; }

    /// <summary>Whether the client's end comes beside its last message (<see cref="TunnelEnd"/>).</summary>
    public required bool ClientEndsWithMessage { get; init; }

    /// <summary>What is to be counted and logged at the end.</summary>
    public OpenRecord? Record { get; set; }

    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    public async ValueTask<bool> RunAsync(IClientStream client)
    {
        _client = client;
        _lastBytesMilliseconds = services.Shard.NowMilliseconds;
        services.Counters.ConnectionsWriting++;
        try
        {
            await GreetAsync();
            var toBackend = PumpAsync(fromClient: true);
            var toClient = PumpAsync(fromClient: false);
            await toBackend;
            await toClient;
        }
        catch (Exception e)
        {
            // A defect of ours costs one tunnel, never the shard.
            client.Close();
            services.ReportDefect(e);
        }

        _clientEnd?.Cancel();
        backend.Close();
        services.Counters.ConnectionsWriting--;
        var microseconds = attempt.End(services.Shard);
        if (Record is { } record)
        {
            services.Recorder.Close(record, client.Bytes, microseconds);
        }

        return true;
    }

    private ValueTask<int> GreetAsync()
    {
        var first = Greeting;
        Greeting = [];
        return first.Length > 0 ? _client.WriteAsync(first, 0, first.Length, policy.SendTimeout) : new ValueTask<int>(0);
    }

    /// <summary>Moves one direction; holds a buffer only while bytes are on their way.</summary>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<bool> PumpAsync(bool fromClient)
    {
        while (true)
        {
            var waited = await (fromClient ? _client.WaitForInputAsync(Patience) : backend.WaitForInputAsync(Patience));
            if (waited == IoStatus.TimedOut && SilenceLeft > 0)
            {
                // The other direction was busy meanwhile.
                continue;
            }

            var moved = waited < 0 ? waited : await MoveAsync(fromClient);
            if (moved > 0 || moved == Connection.NothingNow)
            {
                continue;
            }

            if (moved == IoStatus.End)
            {
                Finish(fromClient);
                return true;
            }

            _client.Close();
            backend.Close();
            return false;
        }
    }

    /// <summary>For how many milliseconds both sides may be silent yet.</summary>
    private long SilenceLeft => _lastBytesMilliseconds + (long)policy.ReadTimeout.TotalMilliseconds - services.Shard.NowMilliseconds;

    private TimeSpan Patience => TimeSpan.FromMilliseconds(Math.Max(1, SilenceLeft));

    /// <returns>The number of bytes that the other side took, <see cref="IoStatus.End"/>, <see cref="Connection.NothingNow"/>, or an error.</returns>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<int> MoveAsync(bool fromClient)
    {
        var buffers = services.Shard.Buffers;
        var buffer = buffers.Rent(BufferPool.MediumSize);
        var moved = fromClient ? _client.ReadNow(buffer) : backend.ReadNow(buffer, 0, buffer.Length);
        if (moved > 0)
        {
            moved = await (fromClient
                ? backend.WriteAsync(buffer, 0, moved, policy.SendTimeout)
                : _client.WriteAsync(buffer, 0, moved, policy.SendTimeout));
        }

        buffers.Return(buffer);
        _lastBytesMilliseconds = services.Shard.NowMilliseconds;
        return moved;
    }

    /// <summary>One side has finished sending: the other is told, and may go on sending.</summary>
    private void Finish(bool fromClient)
    {
        if (!fromClient)
        {
            _client.FinishWriting();
        }
        else if (ClientEndsWithMessage)
        {
            _clientEnd = new TunnelEnd(services.Shard, backend);
            _clientEnd.Start();
        }
        else
        {
            backend.ShutdownWrite();
        }
    }
}
