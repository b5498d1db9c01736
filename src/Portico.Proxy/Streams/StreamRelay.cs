using System.Runtime.CompilerServices;
using Portico.Net;
using Portico.Net.Async;
using Portico.Net.Sockets;
using Portico.Proxy.Forwarding;

namespace Portico.Proxy.Streams;

/// <summary>
/// Bytes both ways between a client and an endpoint until both have finished, or neither has sent a byte for the idle time. A side that
/// finishes sending closes its own direction only; one that breaks breaks the other, so that half a message never looks whole. No
/// configuration change ends a relay. Few bytes are copied through a buffer that is held only meanwhile; once they come in bulk they
/// pass through a pipe (splice) without being copied at all.
/// </summary>
internal sealed class StreamRelay(ShardServices services, Connection client, Connection backend, TimeSpan idle, StreamSession session) : IConnectionObserver
{
    /// <summary>So many full buffers in a row make bulk: a pipe costs two calls more than a copy of a few KB.</summary>
    private const int FullReadsOfBulk = 2;

    /// <summary>Less than this through the pipe is not bulk any more.</summary>
    private const int LeastBulk = 16 * 1024;

    /// <summary>After so many moves without a wait the others of the shard have a turn.</summary>
    private const int MovesPerTurn = 16;

    private readonly long _idleMilliseconds = (long)idle.TotalMilliseconds;
    private long _lastByteMilliseconds;

    /// <summary>Both connections are closed when this ends.</summary>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    public async ValueTask<bool> RunAsync()
    {
        _lastByteMilliseconds = services.Shard.NowMilliseconds;
        var toBackend = PumpAsync(client, backend, fromClient: true);
        var toClient = PumpAsync(backend, client, fromClient: false);
        var whole = await toBackend;
        whole &= await toClient;
        client.Close();
        backend.Close();
        return whole;
    }

    /// <summary>A side that has finished sending has broken: what the other still sends cannot arrive.</summary>
    void IConnectionObserver.OnUnattendedInput(Connection connection)
    {
        if (connection.IsBroken)
        {
            End(IoStatus.Reset);
        }
    }

    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<bool> PumpAsync(Connection from, Connection to, bool fromClient)
    {
        var buffers = services.Shard.Buffers;
        var fullReads = 0;
        var moves = 0;
        while (true)
        {
            moves = from.HasInput ? moves + 1 : 0;
            var waited = moves > MovesPerTurn ? await from.YieldReadAsync() : await from.WaitForInputAsync(IdleLeft());
            moves = moves > MovesPerTurn ? 0 : moves;
            if (waited == IoStatus.TimedOut && services.Shard.NowMilliseconds < _lastByteMilliseconds + _idleMilliseconds)
            {
                // The other direction was busy meanwhile.
                continue;
            }

            if (waited < 0)
            {
                End(waited);
                return false;
            }

            int moved;
            if (fullReads >= FullReadsOfBulk && services.Pipes.Rent() is { } pipe)
            {
                moved = await SpliceAsync(from, to, pipe);
                services.Pipes.Return(pipe);
                fullReads = moved is > 0 and < LeastBulk ? 0 : fullReads;
            }
            else
            {
                var buffer = buffers.Rent(BufferPool.MediumSize);
                moved = from.ReadNow(buffer, 0, buffer.Length);
                fullReads = moved == buffer.Length ? fullReads + 1 : 0;
                if (moved > 0 && await to.WriteAsync(buffer, 0, moved, idle) is var written and < 0)
                {
                    moved = written;
                }

                buffers.Return(buffer);
            }

            if (moved > 0)
            {
                Count(moved, fromClient);
            }
            else if (moved == IoStatus.End)
            {
                to.ShutdownWrite();
                from.Observer = this;
                return true;
            }
            else if (moved != Connection.NothingNow)
            {
                End(moved);
                return false;
            }
        }
    }

    /// <returns>The number of bytes moved, <see cref="IoStatus.End"/>, <see cref="Connection.NothingNow"/>, or an error.</returns>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<int> SpliceAsync(Connection from, Connection to, SplicePipe pipe)
    {
        var moved = from.SpliceInto(pipe, SplicePipe.WantedSize);
        while (pipe.Held > 0)
        {
            var sent = to.SpliceFrom(pipe);
            if (sent == Connection.NothingNow)
            {
                sent = await to.WaitForRoomAsync(idle);
            }

            if (sent < 0)
            {
                return sent;
            }
        }

        return moved;
    }

    private TimeSpan IdleLeft() =>
        TimeSpan.FromMilliseconds(Math.Max(1, _lastByteMilliseconds + _idleMilliseconds - services.Shard.NowMilliseconds));

    private void Count(int bytes, bool fromClient)
    {
        _lastByteMilliseconds = services.Shard.NowMilliseconds;
        if (fromClient)
        {
            session.BytesFromClient += bytes;
            return;
        }

        session.BytesToClient += bytes;
        if (session.FirstByteMilliseconds < 0)
        {
            session.FirstByteMilliseconds = _lastByteMilliseconds;
        }
    }

    /// <summary>Silence ends politely, everything else with a reset on both sides.</summary>
    private void End(int status)
    {
        if (status == IoStatus.TimedOut)
        {
            client.Close();
            backend.Close();
        }
        else
        {
            client.Abort();
            backend.Abort();
        }
    }
}
