using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Portico.LoadBalancer.Allocation;

/// <summary>An IP address as a number, so that ranges can be walked. IPv4 comes before IPv6.</summary>
internal readonly record struct Address(bool IsIPv6, UInt128 Value) : IComparable<Address>
{
    public int Bits => IsIPv6 ? 128 : 32;

    public AddressFamily Family => IsIPv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;

    /// <summary>IPv4 addresses that old equipment takes for a network or a broadcast address.</summary>
    public bool IsBuggy => !IsIPv6 && (byte)Value is 0 or 255;

    /// <summary>
    /// Only the usual forms: no leading zeros, which some read as octal, no part left out, no IPv4 inside IPv6, no zone.
    /// </summary>
    public static bool TryParse(string text, out Address address)
    {
        address = default;
        if (text.Contains('%', StringComparison.Ordinal) || !IPAddress.TryParse(text, out var parsed) || parsed.IsIPv4MappedToIPv6)
        {
            return false;
        }

        address = From(parsed);
        return address.IsIPv6 || parsed.ToString() == text;
    }

    public static Address From(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var length);
        return length == 4 ? new Address(false, BinaryPrimitives.ReadUInt32BigEndian(bytes)) : new Address(true, BinaryPrimitives.ReadUInt128BigEndian(bytes));
    }

    public IPAddress ToIPAddress()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Value);
        return new IPAddress(IsIPv6 ? bytes : bytes[12..]);
    }

    public int CompareTo(Address other) => IsIPv6 != other.IsIPv6 ? IsIPv6.CompareTo(other.IsIPv6) : Value.CompareTo(other.Value);

    public override string ToString() => ToIPAddress().ToString();
}
