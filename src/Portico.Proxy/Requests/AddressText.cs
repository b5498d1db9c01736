using System.Globalization;
using Portico.Model;

namespace Portico.Proxy.Requests;

/// <summary>
/// IP addresses as header bytes. The reader is stricter than the class library's: no octal, hexadecimal or shortened IPv4
/// forms and no zone identifiers, because what it reads decides about access.
/// </summary>
internal static class AddressText
{
    /// <summary>Room for the longest text, that of an IPv6 address.</summary>
    public const int LongestText = 45;

    private const int Groups = 8;

    /// <summary>Writes the address, IPv6 as RFC 5952 wants it, and returns the length.</summary>
    public static int Format(in ClientAddress address, Span<byte> destination)
    {
        int count;
        if (address.IsIPv6)
        {
            return FormatIPv6(address.Bits, destination);
        }

        var bits = (uint)address.Bits;
        var length = 0;
        for (var shift = 24; shift >= 0; shift -= 8)
        {
            ((byte)(bits >> shift)).TryFormat(destination[length..], out count, default, CultureInfo.InvariantCulture);
            length += count;
            if (shift > 0)
            {
                destination[length++] = (byte)'.';
            }
        }

        return length;
    }

    public static void Append(in ClientAddress address, ByteBuilder output) =>
        output.Advance(Format(in address, output.Reserve(LongestText)));

    /// <summary>
    /// Reads an element of a forwarded-for list: an address, alone or with a port (<c>1.2.3.4:567</c>, <c>[::1]:5</c>).
    /// The port is 0 when there is none.
    /// </summary>
    public static bool TryParseWithPort(ReadOnlySpan<byte> text, out ClientAddress address, out int port)
    {
        port = 0;
        if (text.Length > 0 && text[0] == '[')
        {
            var close = text.IndexOf((byte)']');
            address = default;
            return close > 0
                && TryParseIPv6(text[1..close], out address)
                && (close == text.Length - 1 || (text[close + 1] == ':' && TryParsePort(text[(close + 2)..], out port)));
        }

        var colon = text.IndexOf((byte)':');
        if (colon < 0)
        {
            return TryParseIPv4(text, out address);
        }

        return text[(colon + 1)..].Contains((byte)':')
            ? TryParseIPv6(text, out address)
            : TryParseIPv4(text[..colon], out address) & TryParsePort(text[(colon + 1)..], out port);
    }

    public static bool TryParse(ReadOnlySpan<byte> text, out ClientAddress address) =>
        text.Contains((byte)':') ? TryParseIPv6(text, out address) : TryParseIPv4(text, out address);

    private static bool TryParsePort(ReadOnlySpan<byte> text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and <= 65535;

    private static bool TryParseIPv4(ReadOnlySpan<byte> text, out ClientAddress address)
    {
        address = default;
        uint bits = 0;
        for (var octet = 0; octet < 4; octet++)
        {
            var end = octet < 3 ? text.IndexOf((byte)'.') : text.Length;
            if (end is < 1 or > 3 || !byte.TryParse(text[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var value))
            {
                return false;
            }

            bits = (bits << 8) | value;
            text = octet < 3 ? text[(end + 1)..] : text;
        }

        address = new ClientAddress(bits, false);
        return true;
    }

    private static bool TryParseIPv6(ReadOnlySpan<byte> text, out ClientAddress address)
    {
        address = default;
        var gap = text.IndexOf("::"u8);
        UInt128 head = 0, tail = 0;
        int headGroups, tailGroups = 0;
        if (gap < 0)
        {
            if (!TryParseGroups(text, true, out head, out headGroups) || headGroups != Groups)
            {
                return false;
            }
        }
        else if (!TryParseGroups(text[..gap], false, out head, out headGroups)
            || !TryParseGroups(text[(gap + 2)..], true, out tail, out tailGroups)
            || headGroups + tailGroups >= Groups)
        {
            return false;
        }

        var bits = headGroups == 0 ? tail : (head << (16 * (Groups - headGroups))) | tail;
        // IPv4 mapped into IPv6 counts as IPv4 everywhere.
        address = bits >> 32 == 0xFFFF ? new ClientAddress((uint)bits, false) : new ClientAddress(bits, true);
        return true;
    }

    /// <summary>Groups of up to four hexadecimal digits between colons; the last one may be a dotted IPv4 address.</summary>
    private static bool TryParseGroups(ReadOnlySpan<byte> text, bool last, out UInt128 bits, out int groups)
    {
        bits = 0;
        groups = 0;
        while (text.Length > 0)
        {
            var colon = text.IndexOf((byte)':');
            var group = colon < 0 ? text : text[..colon];
            if (colon < 0 && last && group.Contains((byte)'.'))
            {
                groups += 2;
                var parsed = TryParseIPv4(group, out var v4);
                bits = (bits << 32) | v4.Bits;
                return parsed && groups <= Groups;
            }

            if (group.Length > 4 || !ushort.TryParse(group, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
            {
                return false;
            }

            bits = (bits << 16) | value;
            groups++;
            text = colon < 0 ? default : text[(colon + 1)..];
            if (groups > Groups || (colon >= 0 && text.Length == 0))
            {
                return false;
            }
        }

        return true;
    }

    private static int FormatIPv6(UInt128 bits, Span<byte> destination)
    {
        var (gapStart, gapLength) = LongestZeroRun(bits);
        var length = 0;
        for (var i = 0; i < Groups; i++)
        {
            if (i == gapStart)
            {
                "::"u8.CopyTo(destination[length..]);
                length += 2;
                i += gapLength - 1;
                continue;
            }

            if (length > 0 && destination[length - 1] != ':')
            {
                destination[length++] = (byte)':';
            }

            Group(bits, i).TryFormat(destination[length..], out var count, "x", CultureInfo.InvariantCulture);
            length += count;
        }

        return length;
    }

    /// <summary>RFC 5952, 4.2: the longest run of at least two zero groups, the first of equals; length 0 when there is none.</summary>
    private static (int Start, int Length) LongestZeroRun(UInt128 bits)
    {
        var best = (Start: -1, Length: 1);
        var run = 0;
        for (var i = 0; i < Groups; i++)
        {
            run = Group(bits, i) == 0 ? run + 1 : 0;
            if (run > best.Length)
            {
                best = (i - run + 1, run);
            }
        }

        return best;
    }

    private static ushort Group(UInt128 bits, int index) => (ushort)(bits >> (16 * (Groups - 1 - index)));
}
