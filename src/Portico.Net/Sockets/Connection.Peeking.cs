using Portico.Net.Native;

namespace Portico.Net.Sockets;

/// <summary>Looking at what a connection begins with before it is decided who reads it. Only while it is plain.</summary>
public sealed partial class Connection
{
    /// <summary>Copies the bytes that wait in the kernel and leaves them there.</summary>
    /// <returns>The number of bytes, <see cref="IoStatus.End"/>, <see cref="NothingNow"/>, or an error.</returns>
    public unsafe int PeekNow(Span<byte> room)
    {
        Shard.AssertOwned();
        if (_closed)
        {
            return IoStatus.Canceled;
        }

        int result;
        do
        {
            fixed (byte* p = room)
            {
                result = Libc.Receive(Fd, p, room.Length, Libc.MSG_PEEK);
            }
        }
        while (result == -Libc.EINTR);

        PeerFinished |= result == IoStatus.End;
        return result;
    }

    /// <summary>Waits until more than what was peeked at is there, or the peer has finished.</summary>
    /// <returns>A positive number when it is worth looking again, or an error.</returns>
    public ValueTask<int> WaitForMoreAsync(TimeSpan timeout)
    {
        Shard.AssertOwned();
        if (_closed)
        {
            return new ValueTask<int>(IoStatus.Canceled);
        }

        if (PeerFinished)
        {
            return new ValueTask<int>(1);
        }

        // Bytes that were only looked at give no further edge; new ones do, and then everything there is counts as readable.
        return _reading.Begin(Shard, timeout);
    }

    /// <summary>Reads bytes and throws them away, at most so many.</summary>
    public int SkipNow(int most)
    {
        Span<byte> scratch = stackalloc byte[Math.Min(most, 512)];
        return TryRead(scratch);
    }
}
