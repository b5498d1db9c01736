using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace Portico.Model;

/// <summary>A CIDR block; a single address is a block of full length. Host bits are masked off.</summary>
public readonly record struct AddressRange
{
    private readonly UInt128 _network;
    private readonly UInt128 _mask;

    private AddressRange(UInt128 network, UInt128 mask, bool ipv6, int prefixLength)
    {
        _network = network & mask;
        _mask = mask;
        IsIPv6 = ipv6;
        PrefixLength = prefixLength;
    }

    public bool IsIPv6 { get; }

    public int PrefixLength { get; }

    /// <summary>The lowest address inside.</summary>
    public ClientAddress First => new(_network, IsIPv6);

    /// <summary>The highest address inside.</summary>
    public ClientAddress Last => new(_network | (~_mask & (IsIPv6 ? UInt128.MaxValue : uint.MaxValue)), IsIPv6);

    /// <summary>Whether the address lies inside. IPv4 addresses mapped into IPv6 count as IPv4.</summary>
    public bool Contains(in ClientAddress address) => address.IsIPv6 == IsIPv6 && (address.Bits & _mask) == _network;

    public static AddressRange Parse(string text) =>
        TryParse(text, out var range) ? range : throw new FormatException($"'{text}' is no IP address or CIDR block");

    public static bool TryParse(ReadOnlySpan<char> text, out AddressRange range)
    {
        range = default;
        var slash = text.IndexOf('/');
        if (!TryParseAddress(slash < 0 ? text : text[..slash], out var ip))
        {
            return false;
        }

        var address = ClientAddress.From(ip);
        // A mapped IPv4 block (::ffff:10.0.0.0/104) is read as IPv4, as nginx compares it.
        var width = address.IsIPv6 ? 128 : 32;
        var length = width;
        if (slash >= 0)
        {
            if (!int.TryParse(text[(slash + 1)..], System.Globalization.NumberStyles.None, null, out length))
            {
                return false;
            }

            if (!address.IsIPv6 && ip.AddressFamily == AddressFamily.InterNetworkV6)
            {
                length -= 96;
            }
        }

        if (length < 0 || length > width)
        {
            return false;
        }

        var mask = length == 0 ? UInt128.Zero : UInt128.MaxValue << (width - length);
        if (!address.IsIPv6)
        {
            mask &= uint.MaxValue;
        }

        range = new AddressRange(address.Bits, mask, address.IsIPv6, length);
        return true;
    }

    /// <summary>Only what Go's net package reads: no scopes, no brackets, and four decimal numbers without leading zeros, so that nobody means octal.</summary>
    private static bool TryParseAddress(ReadOnlySpan<char> text, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        if (text.ContainsAny('%', '[') || !IPAddress.TryParse(text, out address))
        {
            return false;
        }

        return address.AddressFamily == AddressFamily.InterNetworkV6 || text.SequenceEqual(address.ToString());
    }

    public override string ToString() => new ClientAddress(_network, IsIPv6) + "/" + PrefixLength;
}
