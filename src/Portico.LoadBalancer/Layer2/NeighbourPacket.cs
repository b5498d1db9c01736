using System.Buffers.Binary;
using Portico.LoadBalancer.Allocation;

namespace Portico.LoadBalancer.Layer2;

/// <summary>Who has this IPv6 address? (RFC 4861, 4.3)</summary>
internal readonly record struct NeighbourSolicitation(Address Source, MacAddress SourceLink, Address Target);

/// <summary>Neighbour discovery over Ethernet, with Ethernet and IPv6 heads. Bytes in, bytes out.</summary>
internal static class NeighbourPacket
{
    /// <summary>Ethernet 14, IPv6 40, advertisement 24, option with the link-layer address 8.</summary>
    public const int Length = 86;

    public const ushort EtherType = 0x86DD;

    private const int Icmp = 54;
    private const byte IcmpV6 = 58;
    private const byte Solicitation = 135;
    private const byte Advertisement = 136;
    private const byte SourceLinkOption = 1;
    private const byte TargetLinkOption = 2;
    private const byte Solicited = 0x40;
    private const byte Override = 0x20;

    private static readonly Address AllNodes = new(true, new UInt128(0xFF02_0000_0000_0000, 1));
    private static readonly MacAddress AllNodesLink = new(0x3333_0000_0001);

    /// <summary>
    /// False for everything but a well-formed solicitation that says where its sender is: without that it is a host that tries an
    /// address for itself, and needs no answer to be found in vain.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> frame, out NeighbourSolicitation solicitation)
    {
        solicitation = default;
        // The hop limit 255 proves that no router forwarded it (RFC 4861, 7.1.1).
        if (frame.Length < Icmp + 24
            || BinaryPrimitives.ReadUInt16BigEndian(frame[12..]) != EtherType
            || frame[20] != IcmpV6 || frame[21] != 255
            || frame[Icmp] != Solicitation || frame[Icmp + 1] != 0)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadUInt16BigEndian(frame[18..]);
        if (length < 24 || frame.Length < Icmp + length || Checksum(frame.Slice(22, 32), frame.Slice(Icmp, length)) != 0)
        {
            return false;
        }

        if (Option(frame.Slice(Icmp + 24, length - 24), SourceLinkOption) is not { } link)
        {
            return false;
        }

        solicitation = new NeighbourSolicitation(Ip(frame[22..]), link, Ip(frame[(Icmp + 8)..]));
        return solicitation.Source.Value != UInt128.Zero;
    }

    /// <summary>The answer to who asked. It does not override: another node may be right already.</summary>
    /// <param name="source">An address of our own interface.</param>
    public static byte[] Reply(NeighbourSolicitation asked, MacAddress own, Address source) =>
        Write(asked.SourceLink, own, source, asked.Source, asked.Target, Solicited);

    /// <summary>Tells all nodes, unasked, where the address is.</summary>
    public static byte[] Unsolicited(Address address, MacAddress own, Address source) =>
        Write(AllNodesLink, own, source, AllNodes, address, Override);

    /// <summary>The group in which an address is asked for (RFC 4291, 2.7.1).</summary>
    public static Address GroupOf(Address address) =>
        new(true, new UInt128(0xFF02_0000_0000_0000, 0x0000_0001_FF00_0000 | ((ulong)address.Value & 0xFF_FFFF)));

    private static byte[] Write(MacAddress to, MacAddress own, Address source, Address destination, Address target, byte flags)
    {
        var frame = new byte[Length];
        to.Write(frame);
        own.Write(frame.AsSpan(6));
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12), EtherType);
        frame[14] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(18), Length - Icmp);
        frame[20] = IcmpV6;
        frame[21] = 255;
        BinaryPrimitives.WriteUInt128BigEndian(frame.AsSpan(22), source.Value);
        BinaryPrimitives.WriteUInt128BigEndian(frame.AsSpan(38), destination.Value);
        frame[Icmp] = Advertisement;
        frame[Icmp + 4] = flags;
        BinaryPrimitives.WriteUInt128BigEndian(frame.AsSpan(Icmp + 8), target.Value);
        frame[Icmp + 24] = TargetLinkOption;
        frame[Icmp + 25] = 1;
        own.Write(frame.AsSpan(Icmp + 26));
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(Icmp + 2), Checksum(frame.AsSpan(22, 32), frame.AsSpan(Icmp)));
        return frame;
    }

    private static MacAddress? Option(ReadOnlySpan<byte> options, byte type)
    {
        while (options.Length >= 8)
        {
            var length = options[1] * 8;
            if (length == 0 || length > options.Length)
            {
                return null;
            }

            if (options[0] == type)
            {
                return MacAddress.Read(options[2..]);
            }

            options = options[length..];
        }

        return null;
    }

    /// <summary>RFC 4443, 2.3: over both addresses, length, next header and message. Zero over a message with a right one.</summary>
    private static ushort Checksum(ReadOnlySpan<byte> addresses, ReadOnlySpan<byte> message)
    {
        var sum = Sum(addresses) + (uint)message.Length + IcmpV6 + Sum(message);
        while (sum > 0xFFFF)
        {
            sum = (sum & 0xFFFF) + (sum >> 16);
        }

        return (ushort)~sum;
    }

    private static uint Sum(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0;
        for (var i = 0; i < bytes.Length; i++)
        {
            sum += i % 2 == 0 ? (uint)bytes[i] << 8 : bytes[i];
        }

        return sum;
    }

    private static Address Ip(ReadOnlySpan<byte> bytes) => new(true, BinaryPrimitives.ReadUInt128BigEndian(bytes));
}
