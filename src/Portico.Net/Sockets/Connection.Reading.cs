using System.Diagnostics;
using Portico.Net.Native;
using Portico.Net.Tls;

namespace Portico.Net.Sockets;

public sealed partial class Connection
{
    /// <summary>Reads at least one byte.</summary>
    /// <param name="timeout">Longest silence; zero or less for none.</param>
    /// <returns>The number of bytes, <see cref="IoStatus.End"/>, or an error.</returns>
    public ValueTask<int> ReadAsync(byte[] buffer, int offset, int count, TimeSpan timeout)
    {
        Shard.AssertOwned();
        Debug.Assert(count > 0, "a read needs room");
        if (_readable)
        {
            var result = TryRead(buffer.AsSpan(offset, count));
            if (result != IoStatus.WouldBlock)
            {
                return new ValueTask<int>(result);
            }
        }

        if (_closed)
        {
            return new ValueTask<int>(IoStatus.Canceled);
        }

        return _reading.Begin(Shard, buffer, offset, count, 0, timeout);
    }

    /// <summary>Whether a read is worth trying: there is input as far as we know.</summary>
    public bool HasInput => _readable || _tls is { Pending: true };

    /// <summary>What <see cref="ReadNow"/> says when there is nothing to read yet.</summary>
    public const int NothingNow = IoStatus.WouldBlock;

    /// <summary>Reads what is there, without waiting.</summary>
    /// <returns>The number of bytes, <see cref="IoStatus.End"/>, <see cref="NothingNow"/>, or an error.</returns>
    public int ReadNow(byte[] buffer, int offset, int count) =>
        HasInput || _closed ? TryRead(buffer.AsSpan(offset, count)) : IoStatus.WouldBlock;

    /// <summary>Waits until a read has something to say, holding no buffer meanwhile.</summary>
    /// <returns>A positive number when there is input (or its end) to read, or an error.</returns>
    public ValueTask<int> WaitForInputAsync(TimeSpan timeout)
    {
        Shard.AssertOwned();
        if (_closed)
        {
            return new ValueTask<int>(IoStatus.Canceled);
        }

        if (HasInput)
        {
            return new ValueTask<int>(1);
        }

        return _reading.Begin(Shard, timeout);
    }

    /// <summary>
    /// What arrives is heard of a moment later (0.2 ms), in one piece: for a connection that carries many exchanges at a time, of which each
    /// would otherwise wake us by itself. What is known to be there can be read all the same.
    /// </summary>
    public void ModerateInput()
    {
        Shard.AssertOwned();
        if (!_closed && !HasInput)
        {
            Shard.Moderator.Mute(this);
        }
    }

    /// <summary>
    /// Whether the connection is as quiet as an idle one must be: nothing to read, not closed by the peer. Bytes of the TLS layer
    /// itself (session tickets) are taken in and do not count.
    /// </summary>
    public unsafe bool IsQuiet()
    {
        if (_closed || PeerFinished)
        {
            return false;
        }

        byte probe;
        if (_tls is not null)
        {
            return TryReadTls(new Span<byte>(&probe, 1)) == IoStatus.WouldBlock;
        }

        var quiet = Libc.Receive(Fd, &probe, 1, Libc.MSG_PEEK) == IoStatus.WouldBlock;
        _readable &= !quiet;
        return quiet;
    }

    private unsafe int TryRead(Span<byte> room)
    {
        if (_closed)
        {
            return IoStatus.Canceled;
        }

        if (_tls is not null)
        {
            return TryReadTls(room);
        }

        int result;
        do
        {
            fixed (byte* p = room)
            {
                result = Libc.Receive(Fd, p, room.Length);
            }
        }
        while (result == -Libc.EINTR);

        if (result == IoStatus.End)
        {
            PeerFinished = true;
        }

        // Less than asked for means that the socket is empty: the next edge announces more, unless the peer has finished, which
        // gives no further edge.
        if ((result < room.Length && !PeerFinished) || result == IoStatus.WouldBlock)
        {
            _readable = false;
        }

        return result;
    }

    private int TryReadTls(Span<byte> room)
    {
        var result = _tls!.Read(room);
        _readWantsRoom = result == TlsSession.WantWrite;
        switch (result)
        {
            case TlsSession.WantRead:
                _readable = false;
                return IoStatus.WouldBlock;
            case TlsSession.WantWrite:
                return IoStatus.WouldBlock;
            case TlsSession.Failed:
                return IoStatus.TlsError;
            default:
                return result;
        }
    }

    private void ContinueRead()
    {
        int result;
        if (_reading.Buffer is { } buffer)
        {
            result = TryRead(buffer.AsSpan(_reading.Offset, _reading.Count));
            if (result == IoStatus.WouldBlock)
            {
                return;
            }
        }
        else
        {
            result = 1;
        }

        _reading.Complete(result);
    }
}
