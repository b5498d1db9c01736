using System.Net;
using Portico.Net.Native;
using Portico.Net.Timers;

namespace Portico.Net.Sockets;

/// <summary>
/// One shard's listening socket of a port. Every shard has its own (SO_REUSEPORT), so the kernel spreads connections and nobody
/// shares an accept queue. When descriptors run out it pauses, and recovers by itself.
/// </summary>
public sealed unsafe class Listener : EventSource
{
    private const int Backlog = 4096;

    /// <summary>At most so many connections are accepted a turn, so that a flood does not starve those that are there.</summary>
    private const int AcceptsPerTurn = 64;

    private const int PauseMilliseconds = 100;

    private readonly Shard _shard;
    private readonly Action<Connection> _accepted;
    private readonly Resumption _resumption;

    private Listener(Shard shard, int fd, int port, Action<Connection> accepted)
    {
        _shard = shard;
        _accepted = accepted;
        _resumption = new Resumption(this);
        Fd = fd;
        Port = port;
    }

    /// <summary>The port in use, also when the system chose it.</summary>
    public int Port { get; }

    /// <summary>How often accepting paused because descriptors or memory ran out.</summary>
    public long Pauses { get; private set; }

    /// <summary>Opens the socket without accepting yet; may be called from any thread.</summary>
    /// <returns>A listener, or null and the cause.</returns>
    public static Listener? Open(Shard shard, IPAddress address, int port, Action<Connection> accepted, out string? error)
    {
        var socketAddress = SocketAddress.Encode(address, port);
        var fd = Libc.Socket(SocketAddress.Family(socketAddress));
        var status = fd;
        if (fd >= 0)
        {
            _ = Libc.SetOption(fd, Libc.SOL_SOCKET, Libc.SO_REUSEADDR, 1);
            _ = Libc.SetOption(fd, Libc.SOL_SOCKET, Libc.SO_REUSEPORT, 1);
            if (SocketAddress.Family(socketAddress) == Libc.AF_INET6)
            {
                // IPv4 has a socket of its own, so that addresses never come mapped.
                _ = Libc.SetOption(fd, Libc.IPPROTO_IPV6, Libc.IPV6_V6ONLY, 1);
            }

            status = Libc.Bind(fd, socketAddress);
            status = status < 0 ? status : Libc.Listen(fd, Backlog);
        }

        if (status < 0)
        {
            error = Libc.Describe(status);
            _ = fd < 0 ? 0 : Libc.Close(fd);
            return null;
        }

        Span<byte> local = stackalloc byte[SocketAddress.MaxLength];
        _ = Libc.GetLocalAddress(fd, local);
        error = null;
        return new Listener(shard, fd, SocketAddress.Port(local), accepted);
    }

    /// <summary>Begins to accept; on the shard's thread.</summary>
    public void Start()
    {
        var result = _shard.Register(this, edgeTriggered: false);
        if (result < 0)
        {
            throw new IOException($"cannot listen on port {Port}: {Libc.Describe(result)}");
        }
    }

    /// <summary>Takes what is waiting in the queue, then stops listening; on the shard's thread.</summary>
    public void Stop()
    {
        if (Fd < 0)
        {
            return;
        }

        AcceptWaiting(Backlog);
        _shard.Timers.Remove(_resumption);
        _shard.Forget(this);
        _ = Libc.Close(Fd);
        Fd = -1;
    }

    /// <summary>Gives up a socket that was never started; from any thread.</summary>
    public void Discard()
    {
        _ = Libc.Close(Fd);
        Fd = -1;
    }

    internal override void OnEvents(uint events) => AcceptWaiting(AcceptsPerTurn);

    private void AcceptWaiting(int most)
    {
        var address = stackalloc byte[SocketAddress.MaxLength];
        for (var i = 0; i < most && Fd >= 0; i++)
        {
            var length = SocketAddress.MaxLength;
            var fd = Libc.Accept(Fd, address, &length);
            switch (fd)
            {
                case >= 0:
                    var connection = Connection.Accept(_shard, fd, new ReadOnlySpan<byte>(address, length), Port);
                    if (connection is not null)
                    {
                        _accepted(connection);
                    }

                    break;
                case -Libc.EMFILE or -Libc.ENFILE or -Libc.ENOBUFS or -Libc.ENOMEM:
                    Pause();
                    return;
                case -Libc.ECONNABORTED or -Libc.EINTR or -Libc.EPROTO:
                    break;
                default:
                    return;
            }
        }
    }

    private void Pause()
    {
        Pauses++;
        _shard.Unregister(this);
        _shard.Timers.Set(_resumption, _shard.NowMilliseconds + PauseMilliseconds);
    }

    private sealed class Resumption(Listener listener) : Deadline
    {
        protected internal override void OnDue() => listener.Start();
    }
}
