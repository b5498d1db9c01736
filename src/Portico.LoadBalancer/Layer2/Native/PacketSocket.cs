using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Portico.LoadBalancer.Layer2.Native;

/// <summary>Whole frames of one protocol on all interfaces. Needs the capability NET_RAW. Owned by the thread that reads it.</summary>
internal sealed unsafe class PacketSocket : IDisposable
{
    private readonly ushort _protocol;

    private PacketSocket(int fd, ushort protocol) => (Fd, _protocol) = (fd, protocol);

    public int Fd { get; }

    /// <exception cref="Win32Exception">The kernel refuses; mostly for want of NET_RAW.</exception>
    public static PacketSocket OpenArp() => Open(ArpPacket.EtherType);

    /// <summary>Only neighbour solicitations come through: the kernel drops the rest of IPv6 before it costs anything.</summary>
    /// <exception cref="Win32Exception">The kernel refuses.</exception>
    public static PacketSocket OpenSolicitations()
    {
        var opened = Open(NeighbourPacket.EtherType);
        // Load byte, jump if equal, return: next header ICMPv6, type 135.
        ReadOnlySpan<PacketCalls.FilterStep> steps =
        [
            new(0x30, 0, 0, 20), new(0x15, 0, 3, 58), new(0x30, 0, 0, 54), new(0x15, 0, 1, 135), new(0x06, 0, 0, 0xFFFF), new(0x06, 0, 0, 0),
        ];
        fixed (PacketCalls.FilterStep* first = steps)
        {
            var program = new PacketCalls.FilterProgram { Length = (ushort)steps.Length, Steps = first };
            if (PacketCalls.setsockopt(opened.Fd, PacketCalls.SOL_SOCKET, PacketCalls.SO_ATTACH_FILTER, &program, (uint)sizeof(PacketCalls.FilterProgram)) < 0)
            {
                var error = new Win32Exception(Marshal.GetLastPInvokeError());
                opened.Dispose();
                throw error;
            }
        }

        return opened;
    }

    public void Dispose() => Portico.Kubernetes.Native.Libc.close(Fd);

    /// <summary>The next frame that waits, and where it arrived; 0 when there is none.</summary>
    public int Receive(Span<byte> buffer, out int interfaceIndex)
    {
        PacketCalls.LinkAddress from;
        var length = (uint)sizeof(PacketCalls.LinkAddress);
        fixed (byte* start = buffer)
        {
            var read = PacketCalls.recvfrom(Fd, start, (nuint)buffer.Length, 0, &from, &length);
            interfaceIndex = read > 0 ? from.InterfaceIndex : 0;
            return read > 0 ? (int)read : 0;
        }
    }

    /// <summary>A frame that cannot be sent (an interface that went down) is lost, as any frame may be.</summary>
    public bool Send(ReadOnlySpan<byte> frame, int interfaceIndex)
    {
        var to = new PacketCalls.LinkAddress
        {
            Family = PacketCalls.AF_PACKET,
            Protocol = BinaryPrimitives.ReverseEndianness(_protocol),
            InterfaceIndex = interfaceIndex,
            AddressLength = 6,
            Address = MemoryMarshal.Read<uint>(frame) | ((ulong)MemoryMarshal.Read<ushort>(frame[4..]) << 32),
        };
        fixed (byte* start = frame)
        {
            return PacketCalls.sendto(Fd, start, (nuint)frame.Length, 0, &to, (uint)sizeof(PacketCalls.LinkAddress)) == frame.Length;
        }
    }

    private static PacketSocket Open(ushort protocol)
    {
        var fd = PacketCalls.socket(
            PacketCalls.AF_PACKET, PacketCalls.SOCK_RAW | PacketCalls.SOCK_NONBLOCK | PacketCalls.SOCK_CLOEXEC, BinaryPrimitives.ReverseEndianness(protocol));
        return fd >= 0 ? new PacketSocket(fd, protocol) : throw new Win32Exception(Marshal.GetLastPInvokeError());
    }
}
