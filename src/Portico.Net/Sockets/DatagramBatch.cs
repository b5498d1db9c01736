using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Portico.Net.Native;

namespace Portico.Net.Sockets;

/// <summary>
/// Room for a batch of datagrams with their addresses, in memory that the kernel fills. One for a shard: a batch is received, handed
/// on and forgotten before the next event. Only pages that datagrams touch cost memory.
/// </summary>
public sealed unsafe class DatagramBatch : IDisposable
{
    /// <summary>Datagrams that are taken with one call.</summary>
    public const int Capacity = 32;

    private const int LargestDatagram = 64 * 1024;
    private const int ControlRoom = 64;

    private readonly Libc.MessageHeader* _messages;
    private readonly Libc.IoVector* _vectors;
    private readonly byte* _addresses;
    private readonly byte* _controls;
    private readonly byte* _bytes;

    public DatagramBatch()
    {
        _messages = (Libc.MessageHeader*)NativeMemory.AllocZeroed(Capacity, (nuint)sizeof(Libc.MessageHeader));
        _vectors = (Libc.IoVector*)NativeMemory.AllocZeroed(Capacity, (nuint)sizeof(Libc.IoVector));
        _addresses = (byte*)NativeMemory.AllocZeroed(Capacity * SocketAddress.MaxLength);
        _controls = (byte*)NativeMemory.AllocZeroed(Capacity * ControlRoom);
        _bytes = (byte*)NativeMemory.Alloc((nuint)Capacity * LargestDatagram);
    }

    public int Count { get; private set; }

    public ReadOnlySpan<byte> Bytes(int index) => new(_bytes + ((nint)index * LargestDatagram), (int)_messages[index].Length);

    /// <summary>Who sent it, as <see cref="SocketAddress"/> reads it.</summary>
    public ReadOnlySpan<byte> Sender(int index) => new(_addresses + (index * SocketAddress.MaxLength), (int)_messages[index].NameLength);

    /// <summary>Receives what is there, at most a batch.</summary>
    /// <returns>The number of datagrams, <see cref="IoStatus.WouldBlock"/>, or an error.</returns>
    internal int Receive(int fd, bool withSender)
    {
        for (var i = 0; i < Capacity; i++)
        {
            _vectors[i] = new Libc.IoVector { Base = _bytes + ((nint)i * LargestDatagram), Length = LargestDatagram };
            _messages[i] = new Libc.MessageHeader
            {
                Vectors = _vectors + i,
                VectorCount = 1,
                Name = withSender ? _addresses + (i * SocketAddress.MaxLength) : null,
                NameLength = withSender ? SocketAddress.MaxLength : 0u,
                Control = withSender ? _controls + (i * ControlRoom) : null,
                ControlLength = withSender ? ControlRoom : 0,
            };
        }

        int result;
        do
        {
            result = Libc.ReceiveMany(fd, _messages, Capacity);
        }
        while (result == -Libc.EINTR);

        Count = Math.Max(0, result);
        return result;
    }

    /// <summary>The address on our side that a datagram came to; empty when the socket has just one.</summary>
    public LocalAddress Local(int index)
    {
        // struct cmsghdr: length, level, type; then the packet info.
        var control = _messages[index].Control;
        if (control is null || _messages[index].ControlLength < 16)
        {
            return default;
        }

        var level = Unsafe.ReadUnaligned<int>(control + 8);
        var type = Unsafe.ReadUnaligned<int>(control + 12);
        return (level, type) switch
        {
            // in_pktinfo: interface, local address, destination. in6_pktinfo: destination, interface.
            (Libc.IPPROTO_IP, Libc.IP_PKTINFO) => new LocalAddress(Unsafe.ReadUnaligned<uint>(control + 20), 0, false, true),
            (Libc.IPPROTO_IPV6, Libc.IPV6_PKTINFO) => new LocalAddress(Unsafe.ReadUnaligned<UInt128>(control + 16), Unsafe.ReadUnaligned<int>(control + 32), true, true),
            _ => default,
        };
    }

    /// <summary>Sends the first datagrams of the batch to one receiver, from the address that it wrote to.</summary>
    /// <returns>How many the kernel took, or an error.</returns>
    internal int Send(int fd, int count, ReadOnlySpan<byte> receiver, in LocalAddress local)
    {
        receiver.CopyTo(new Span<byte>(_addresses, SocketAddress.MaxLength));
        var control = WriteControl(in local);
        for (var i = 0; i < count; i++)
        {
            _vectors[i].Length = (nint)_messages[i].Length;
            _messages[i].Name = _addresses;
            _messages[i].NameLength = (uint)SocketAddress.Length(receiver);
            _messages[i].Control = control > 0 ? _controls : null;
            _messages[i].ControlLength = control;
        }

        int result;
        do
        {
            result = Libc.SendMany(fd, _messages, count);
        }
        while (result == -Libc.EINTR);

        return result;
    }

    public void Dispose()
    {
        NativeMemory.Free(_messages);
        NativeMemory.Free(_vectors);
        NativeMemory.Free(_addresses);
        NativeMemory.Free(_controls);
        NativeMemory.Free(_bytes);
    }

    private int WriteControl(in LocalAddress local)
    {
        if (!local.IsKnown)
        {
            return 0;
        }

        new Span<byte>(_controls, ControlRoom).Clear();
        var length = local.IsIPv6 ? 36 : 28;
        Unsafe.WriteUnaligned(_controls, (nint)length);
        Unsafe.WriteUnaligned(_controls + 8, local.IsIPv6 ? Libc.IPPROTO_IPV6 : Libc.IPPROTO_IP);
        Unsafe.WriteUnaligned(_controls + 12, local.IsIPv6 ? Libc.IPV6_PKTINFO : Libc.IP_PKTINFO);
        if (local.IsIPv6)
        {
            Unsafe.WriteUnaligned(_controls + 16, local.Bits);
            Unsafe.WriteUnaligned(_controls + 32, local.Interface);
        }
        else
        {
            Unsafe.WriteUnaligned(_controls + 20, (uint)local.Bits);
        }

        return (length + 7) & ~7;
    }
}

/// <summary>An address of this machine, as packet infos hold it: the bytes as they lie in memory.</summary>
public readonly record struct LocalAddress(UInt128 Bits, int Interface, bool IsIPv6, bool IsKnown)
{
    /// <summary>The 4 or 16 bytes of the address, network order.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[16];
        Unsafe.WriteUnaligned(ref bytes[0], Bits);
        return IsIPv6 ? bytes : bytes[..4];
    }
}
