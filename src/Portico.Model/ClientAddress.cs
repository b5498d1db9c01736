using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Portico.Model;

/// <summary>An IP address as a number, comparable without allocation. IPv4 occupies the low 32 bits.</summary>
public readonly record struct ClientAddress(UInt128 Bits, bool IsIPv6)
{
    /// <summary>Takes an address over; IPv4 mapped into IPv6 becomes IPv4.</summary>
    public static ClientAddress From(IPAddress ip)
    {
        Span<byte> bytes = stackalloc byte[16];
        ip.TryWriteBytes(bytes, out var length);
        return FromBytes(bytes[..length]);
    }

    /// <summary>Takes 4 or 16 bytes in network order.</summary>
    public static ClientAddress FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length == 4)
        {
            return new ClientAddress(BinaryPrimitives.ReadUInt32BigEndian(bytes), false);
        }

        var bits = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        return bits >> 32 == 0xFFFF ? new ClientAddress((uint)bits, false) : new ClientAddress(bits, true);
    }

    /// <summary>Writes the 4 or 16 bytes in network order, and returns their number.</summary>
    public int Write(Span<byte> destination)
    {
        if (IsIPv6)
        {
            BinaryPrimitives.WriteUInt128BigEndian(destination, Bits);
            return 16;
        }

        BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)Bits);
        return 4;
    }

    public IPAddress ToIPAddress()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Bits);
        return new IPAddress(IsIPv6 ? bytes : bytes[12..]);
    }

    public AddressFamily Family => IsIPv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;

    public override string ToString() => ToIPAddress().ToString();
}
