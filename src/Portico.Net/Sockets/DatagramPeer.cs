using Portico.Net.Native;

namespace Portico.Net.Sockets;

/// <summary>
/// A connected UDP socket of a shard: what one client says to one endpoint, and back. Its user derives from it. Used on the shard's
/// thread only.
/// </summary>
public abstract class DatagramPeer(Shard shard, DatagramBatch batch) : EventSource
{
    protected Shard Shard { get; } = shard;

    public bool IsOpen => Fd >= 0;

    /// <summary>Opens a socket to an address, as <see cref="SocketAddress"/> makes it.</summary>
    /// <returns>Zero, or a negated errno.</returns>
    protected int Connect(ReadOnlySpan<byte> address)
    {
        Shard.AssertOwned();
        var fd = Libc.DatagramSocket(SocketAddress.Family(address));
        if (fd < 0)
        {
            return fd;
        }

        Fd = fd;
        var status = Libc.Connect(fd, address);
        status = status < 0 ? status : Shard.Register(this, edgeTriggered: false);
        if (status < 0)
        {
            Close();
        }

        return Math.Min(0, status);
    }

    /// <summary>Sends a datagram. The error of an earlier one (ICMP) is told instead once; then the call is repeated.</summary>
    /// <returns>The number of bytes, or an error.</returns>
    protected int Send(ReadOnlySpan<byte> bytes)
    {
        var result = SendOnce(bytes);
        return result == -Libc.ECONNREFUSED ? SendOnce(bytes) : result;
    }

    private unsafe int SendOnce(ReadOnlySpan<byte> bytes)
    {
        int result;
        do
        {
            fixed (byte* p = bytes)
            {
                result = Fd < 0 ? IoStatus.Canceled : Libc.Send(Fd, p, bytes.Length);
            }
        }
        while (result == -Libc.EINTR);

        return result;
    }

    /// <summary>Sends the batch in hand on to a client.</summary>
    /// <returns>How many datagrams left.</returns>
    protected static int Reply(DatagramListener listener, DatagramBatch batch, int count, ReadOnlySpan<byte> client, in LocalAddress local) =>
        listener.Send(batch, count, client, in local);

    protected void Close()
    {
        if (Fd >= 0)
        {
            Shard.Forget(this);
            _ = Libc.Close(Fd);
            Fd = -1;
        }
    }

    /// <summary>Datagrams of the endpoint; the batch is gone when this returns.</summary>
    protected abstract void OnReceived(DatagramBatch received);

    /// <summary>The endpoint cannot be reached (ICMP), or the socket broke.</summary>
    protected abstract void OnFailed(int status);

    internal override void OnEvents(uint events)
    {
        var count = batch.Receive(Fd, withSender: false);
        if (count > 0)
        {
            OnReceived(batch);
        }
        else if (count < 0 && count != IoStatus.WouldBlock)
        {
            OnFailed(count);
        }
    }
}
