using System.Net;
using Portico.Net.Native;

namespace Portico.Net.Sockets;

/// <summary>Hears the datagrams of a <see cref="DatagramListener"/>.</summary>
public interface IDatagramReceiver
{
    /// <summary>A batch came in; it is gone when this returns.</summary>
    void OnDatagrams(DatagramListener listener, DatagramBatch batch);
}

/// <summary>
/// One shard's socket of a UDP port. Every shard has its own (SO_REUSEPORT); the kernel sends all datagrams of a client to the same one
/// as long as the sockets stay. Used on the shard's thread, except for <see cref="Open"/>.
/// </summary>
public sealed class DatagramListener : EventSource
{
    private readonly Shard _shard;
    private readonly DatagramBatch _batch;
    private readonly IDatagramReceiver _receiver;

    private DatagramListener(Shard shard, int fd, int port, DatagramBatch batch, IDatagramReceiver receiver)
    {
        _shard = shard;
        _batch = batch;
        _receiver = receiver;
        Fd = fd;
        Port = port;
    }

    public int Port { get; }

    /// <summary>Opens the socket without reading yet; may be called from any thread.</summary>
    /// <returns>A listener, or null and the cause.</returns>
    public static DatagramListener? Open(Shard shard, IPAddress address, int port, DatagramBatch batch, IDatagramReceiver receiver, out string? error)
    {
        var socketAddress = SocketAddress.Encode(address, port);
        var fd = Libc.DatagramSocket(SocketAddress.Family(socketAddress));
        var status = fd;
        if (fd >= 0)
        {
            _ = Libc.SetOption(fd, Libc.SOL_SOCKET, Libc.SO_REUSEPORT, 1);
            SetAddressOptions(fd, address);
            status = Libc.Bind(fd, socketAddress);
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
        return new DatagramListener(shard, fd, SocketAddress.Port(local), batch, receiver);
    }

    /// <summary>Begins to read; on the shard's thread.</summary>
    public void Start()
    {
        // Input alone: a datagram that leaves would ring for output each time.
        var result = _shard.Register(this, edgeTriggered: false);
        if (result < 0)
        {
            throw new IOException($"cannot listen on UDP port {Port}: {Libc.Describe(result)}");
        }
    }

    /// <summary>Gives up a socket that was never started; from any thread.</summary>
    public void Discard()
    {
        _ = Libc.Close(Fd);
        Fd = -1;
    }

    /// <summary>Stops listening; on the shard's thread.</summary>
    public void Stop()
    {
        if (Fd >= 0)
        {
            _shard.Forget(this);
            _ = Libc.Close(Fd);
            Fd = -1;
        }
    }

    /// <summary>Sends the first datagrams of the batch to a client, from the address that it wrote to.</summary>
    /// <returns>How many left.</returns>
    internal int Send(DatagramBatch batch, int count, ReadOnlySpan<byte> client, in LocalAddress local) =>
        Fd < 0 ? 0 : Math.Max(0, batch.Send(Fd, count, client, in local));

    internal override void OnEvents(uint events)
    {
        // One batch a turn: the event comes again while something is there, and others have theirs in between.
        if (_batch.Receive(Fd, withSender: true) > 0)
        {
            _receiver.OnDatagrams(this, _batch);
        }
    }

    /// <summary>On a socket for all addresses the reply must leave from the one that was written to.</summary>
    private static void SetAddressOptions(int fd, IPAddress address)
    {
        if (address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6)
        {
            _ = Libc.SetOption(fd, Libc.IPPROTO_IPV6, Libc.IPV6_V6ONLY, 1);
            _ = address.Equals(IPAddress.IPv6Any) ? Libc.SetOption(fd, Libc.IPPROTO_IPV6, Libc.IPV6_RECVPKTINFO, 1) : 0;
        }
        else if (address.Equals(IPAddress.Any))
        {
            _ = Libc.SetOption(fd, Libc.IPPROTO_IP, Libc.IP_PKTINFO, 1);
        }
    }
}
