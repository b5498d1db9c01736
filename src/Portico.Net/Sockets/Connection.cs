using Portico.Net.Native;
using Portico.Net.Tls;

namespace Portico.Net.Sockets;

/// <summary>
/// A TCP connection of a shard, plain or TLS. Operations try the system call first and wait only when the kernel has nothing to give;
/// the waiter goes on inside the event's dispatch. One read and one write may be under way at a time.
/// Owned by its shard; every member is used on that thread only. Results are bytes or <see cref="IoStatus"/>.
/// </summary>
public sealed partial class Connection : EventSource
{
    private readonly SocketOperation _reading = new();
    private readonly SocketOperation _writing = new();
    private InlineSocketAddress _remote;
    private TlsSession? _tls;

    /// <summary>TLS wanted to write before it could read.</summary>
    private bool _readWantsRoom;
    private bool _readable;
    private bool _closed;

    private Connection(Shard shard, int fd)
    {
        Shard = shard;
        Fd = fd;
        shard.ConnectionCount++;
    }

    public Shard Shard { get; }

    public bool IsClosed => _closed;

    /// <summary>The peer sent its last byte, or the connection broke. What it sent before may still be unread.</summary>
    public bool PeerFinished { get; private set; }

    /// <summary>The connection broke: nothing can be sent any more.</summary>
    public bool IsBroken { get; private set; }

    public TlsSession? Tls => _tls;

    /// <summary>Whoever is to hear about input or a hang-up that no read waits for: a pool, or the other side of an exchange.</summary>
    public IConnectionObserver? Observer { get; set; }

    /// <summary>The codec that runs on this connection, for orderly shutdown.</summary>
    public object? Codec { get; set; }

    /// <summary>What the connection's user wants to know about it with each request.</summary>
    public object? Facts { get; set; }

    /// <summary>The peer's address and port, as <see cref="SocketAddress"/> reads them.</summary>
    public ReadOnlySpan<byte> RemoteAddress => _remote;

    /// <summary>Reads the address and port on our side, as <see cref="SocketAddress"/> reads them.</summary>
    public void ReadLocalAddress(Span<byte> address)
    {
        if (!_closed)
        {
            _ = Libc.GetLocalAddress(Fd, address);
        }
    }

    /// <summary>The port on our side.</summary>
    public int LocalPort { get; private set; }

    /// <summary>Takes an accepted descriptor over.</summary>
    /// <returns>Null when the shard cannot watch it; the descriptor is closed then.</returns>
    internal static Connection? Accept(Shard shard, int fd, ReadOnlySpan<byte> remote, int localPort)
    {
        var connection = new Connection(shard, fd) { LocalPort = localPort };
        remote.CopyTo(connection._remote);
        _ = Libc.SetOption(fd, Libc.IPPROTO_TCP, Libc.TCP_NODELAY, 1);
        if (shard.Register(connection) < 0)
        {
            connection.Close();
            return null;
        }

        // A request usually rides behind the handshake: try to read before waiting.
        connection._readable = true;
        return connection;
    }

    /// <summary>Sends everything, waits for nothing, says goodbye to the peer (FIN; close_notify before it on TLS).</summary>
    public void ShutdownWrite()
    {
        if (!_closed)
        {
            _tls?.Shutdown();
            _ = Libc.Shutdown(Fd, Libc.SHUT_WR);
        }
    }

    /// <summary>Closes; operations under way end with <see cref="IoStatus.Canceled"/>. Closing twice does nothing.</summary>
    public void Close()
    {
        if (_closed)
        {
            return;
        }

        _closed = true;
        Shard.ConnectionCount--;
        Shard.Timers.Remove(_reading);
        Shard.Timers.Remove(_writing);
        Shard.Forget(this);
        if (_tls is { } tls)
        {
            if (!IsBroken)
            {
                tls.Shutdown();
            }

            tls.Dispose();
        }

        _ = Libc.Close(Fd);
        Fd = -1;
        Observer = null;
        _reading.Complete(IoStatus.Canceled);
        _writing.Complete(IoStatus.Canceled);
    }

    /// <summary>Closes with a reset, so that the peer cannot take what it got for complete.</summary>
    public void Abort()
    {
        if (!_closed)
        {
            _ = Libc.SetResetOnClose(Fd);
            IsBroken = true;
            Close();
        }
    }

    /// <summary>Ends a read that waits, if there is one, with <see cref="IoStatus.Canceled"/>. The connection goes on.</summary>
    public void CancelRead() => _reading.Complete(IoStatus.Canceled);

    /// <summary>Gives a read that waits a new time limit, from now on.</summary>
    public void LimitPendingRead(TimeSpan timeout) => _reading.Limit(Shard, timeout);

    internal override void OnEvents(uint events)
    {
        if ((events & (Libc.EPOLLERR | Libc.EPOLLHUP)) != 0)
        {
            IsBroken = true;
        }

        if ((events & (Libc.EPOLLIN | Libc.EPOLLRDHUP | Libc.EPOLLHUP | Libc.EPOLLERR)) != 0)
        {
            _readable = true;
            PeerFinished |= (events & (Libc.EPOLLRDHUP | Libc.EPOLLHUP | Libc.EPOLLERR)) != 0;
            if (_reading.IsPending)
            {
                ContinueRead();
            }
            else
            {
                Observer?.OnUnattendedInput(this);
            }
        }

        if (!_closed && (events & (Libc.EPOLLOUT | Libc.EPOLLHUP | Libc.EPOLLERR)) != 0)
        {
            if (_writing.IsPending)
            {
                ContinueWrite();
            }
            else if (_readWantsRoom && _reading.IsPending)
            {
                // Room alone is no news for a reader: it comes with nearly every event, and a read for it would find nothing.
                ContinueRead();
            }
        }
    }

}

/// <summary>Hears about a connection while nobody reads from it.</summary>
public interface IConnectionObserver
{
    /// <summary>Bytes arrived, the peer finished, or the connection broke, and no read is under way.</summary>
    void OnUnattendedInput(Connection connection);
}
