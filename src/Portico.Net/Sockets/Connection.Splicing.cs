using Portico.Net.Native;

namespace Portico.Net.Sockets;

/// <summary>Moving bytes through a pipe, for relays that do not look at them. Only while the connection is plain.</summary>
public sealed partial class Connection
{
    /// <summary>Moves what is there into the pipe, at most so many bytes.</summary>
    /// <returns>The number of bytes, <see cref="IoStatus.End"/>, <see cref="NothingNow"/>, or an error.</returns>
    public int SpliceInto(SplicePipe pipe, int most)
    {
        if (_closed)
        {
            return IoStatus.Canceled;
        }

        var result = Retry(Fd, pipe.Write, most);
        switch (result)
        {
            case > 0:
                pipe.Held += result;
                break;
            case IoStatus.End:
                PeerFinished = true;
                break;
            case IoStatus.WouldBlock:
                _readable = false;
                break;
        }

        return result;
    }

    /// <summary>Moves bytes out of the pipe to the peer, as far as the kernel takes them.</summary>
    /// <returns>The number of bytes, <see cref="NothingNow"/> when the peer takes none now, or an error.</returns>
    public int SpliceFrom(SplicePipe pipe)
    {
        if (_closed)
        {
            return IoStatus.Canceled;
        }

        var result = Retry(pipe.Read, Fd, pipe.Held);
        if (result > 0)
        {
            pipe.Held -= result;
        }
        else if (result != IoStatus.WouldBlock)
        {
            IsBroken = true;
        }

        return result;
    }

    /// <summary>Waits until the peer takes bytes again.</summary>
    /// <returns>Zero or more when it is worth trying, or an error.</returns>
    public ValueTask<int> WaitForRoomAsync(TimeSpan timeout)
    {
        Shard.AssertOwned();
        if (_closed)
        {
            return new ValueTask<int>(IoStatus.Canceled);
        }

        return _writing.Begin(Shard, timeout);
    }

    /// <summary>Lets the others of the shard have a turn. Used instead of a read, by whoever has read much without a wait.</summary>
    /// <returns>A positive number, or an error when the connection was closed meanwhile.</returns>
    public ValueTask<int> YieldReadAsync()
    {
        Shard.AssertOwned();
        if (_closed)
        {
            return new ValueTask<int>(IoStatus.Canceled);
        }

        var turn = _reading.Begin();
        Shard.Post(static connection => ((Connection)connection!).EndYield(), this);
        return turn;
    }

    private void EndYield()
    {
        // An event may have been quicker; a later wait of the same reader takes this for one more look, which does no harm.
        if (_reading.Buffer is null)
        {
            _reading.Complete(1);
        }
    }

    private static int Retry(int from, int to, int count)
    {
        int result;
        do
        {
            result = Libc.Splice(from, to, count);
        }
        while (result == -Libc.EINTR);

        return result;
    }
}
