using System.Buffers;
using System.Buffers.Binary;
using System.Net;

namespace Portico.Net.ProxyProtocol;

/// <summary>
/// Reads the header of the PROXY protocol, versions 1 and 2 (https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt). Pure: it is
/// shown the beginning of a connection, each time from its first byte, until it knows.
/// </summary>
public static class ProxyHeaderParser
{
    /// <summary>So many bytes tell everything: the longest line of version 1 (2.1), the addresses of version 2.</summary>
    public const int LongestLook = 107;

    private const int PreambleLength = 16;
    private const int Inet4Length = 12;
    private const int Inet6Length = 36;

    /// <summary>No zones, no brackets.</summary>
    private static readonly SearchValues<byte> AddressCharacters = SearchValues.Create("0123456789abcdefABCDEF:."u8);

    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <param name="bytes">The beginning of the connection; <see cref="LongestLook"/> bytes suffice.</param>
    public static ProxyHeaderStatus Parse(ReadOnlySpan<byte> bytes, out ProxyHeader header)
    {
        header = default;
        if (bytes.IsEmpty)
        {
            return ProxyHeaderStatus.NeedMore;
        }

        return bytes[0] == (byte)'P' ? ParseText(bytes, ref header) : ParseBinary(bytes, ref header);
    }

    /// <summary>Version 1: <c>PROXY TCP4 192.0.2.1 198.51.100.1 56324 443</c> and CRLF, single blanks between.</summary>
    private static ProxyHeaderStatus ParseText(ReadOnlySpan<byte> bytes, ref ProxyHeader header)
    {
        var look = bytes[..Math.Min(bytes.Length, LongestLook)];
        var prefix = "PROXY "u8;
        if (!look.StartsWith(prefix[..Math.Min(prefix.Length, look.Length)]))
        {
            return ProxyHeaderStatus.Invalid;
        }

        var end = look.IndexOf("\r\n"u8);
        if (end < 0)
        {
            return look.Length == LongestLook || HasStrayLineEnd(look) ? ProxyHeaderStatus.Invalid : ProxyHeaderStatus.NeedMore;
        }

        if (look[..end].ContainsAny((byte)'\r', (byte)'\n'))
        {
            return ProxyHeaderStatus.Invalid;
        }

        header.Length = end + 2;
        var rest = look[prefix.Length..end];
        // What stands behind UNKNOWN is to be ignored (2.1).
        if (rest.SequenceEqual("UNKNOWN"u8) || rest.StartsWith("UNKNOWN "u8))
        {
            return ProxyHeaderStatus.Done;
        }

        return rest.StartsWith("TCP4 "u8) || rest.StartsWith("TCP6 "u8)
            ? ParseAddresses(rest[5..], rest[3] == (byte)'6', ref header)
            : ProxyHeaderStatus.Invalid;
    }

    /// <summary>A CR that is not the last byte seen must have its LF by now; a bare LF never comes.</summary>
    private static bool HasStrayLineEnd(ReadOnlySpan<byte> look) => look[..^1].Contains((byte)'\r') || look.Contains((byte)'\n');

    private static ProxyHeaderStatus ParseAddresses(ReadOnlySpan<byte> text, bool v6, ref ProxyHeader header)
    {
        Span<byte> source = stackalloc byte[v6 ? 16 : 4];
        Span<byte> destination = stackalloc byte[v6 ? 16 : 4];
        var valid = TryTakeIp(ref text, v6, source)
            & TryTakeIp(ref text, v6, destination)
            & TryTakePort(ref text, out var sourcePort)
            & TryTakePort(ref text, out var destinationPort);
        if (!valid || !text.IsEmpty)
        {
            return ProxyHeaderStatus.Invalid;
        }

        header.SetAddresses(source, sourcePort, destination, destinationPort);
        return ProxyHeaderStatus.Done;
    }

    private static bool TryTakeIp(ref ReadOnlySpan<byte> text, bool v6, scoped Span<byte> ip)
    {
        var word = TakeWord(ref text);
        return v6
            ? !word.ContainsAnyExcept(AddressCharacters) && IPAddress.TryParse(word, out var parsed) && parsed.TryWriteBytes(ip, out var length) && length == 16
            : TryParseQuad(word, ip);
    }

    /// <summary>Four decimal numbers without leading zeros: other forms mean different things to different readers.</summary>
    private static bool TryParseQuad(ReadOnlySpan<byte> word, Span<byte> ip)
    {
        for (var i = 0; i < 4; i++)
        {
            var dot = i < 3 ? word.IndexOf((byte)'.') : word.Length;
            if (dot < 0 || !TryParseNumber(word[..dot], byte.MaxValue, out var number))
            {
                return false;
            }

            ip[i] = (byte)number;
            word = word[Math.Min(word.Length, dot + 1)..];
        }

        return true;
    }

    private static bool TryTakePort(ref ReadOnlySpan<byte> text, out int port) => TryParseNumber(TakeWord(ref text), ushort.MaxValue, out port);

    private static ReadOnlySpan<byte> TakeWord(ref ReadOnlySpan<byte> text)
    {
        var blank = text.IndexOf((byte)' ');
        var word = blank < 0 ? text : text[..blank];
        // A blank at the end would leave nothing, which must not count as the end of the line.
        text = blank < 0 ? default : blank + 1 < text.Length ? text[(blank + 1)..] : " "u8;
        return word;
    }

    private static bool TryParseNumber(ReadOnlySpan<byte> digits, int most, out int number)
    {
        number = 0;
        if (digits.Length is 0 or > 5 || digits.IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0 || (digits.Length > 1 && digits[0] == (byte)'0'))
        {
            return false;
        }

        foreach (var digit in digits)
        {
            number = (number * 10) + digit - '0';
        }

        return number <= most;
    }

    /// <summary>Version 2: signature, command, family, length, addresses, TLVs (2.2).</summary>
    private static ProxyHeaderStatus ParseBinary(ReadOnlySpan<byte> bytes, ref ProxyHeader header)
    {
        var known = Math.Min(Signature.Length, bytes.Length);
        if (!bytes[..known].SequenceEqual(Signature[..known]) || (bytes.Length > 12 && bytes[12] is not (0x20 or 0x21)))
        {
            return ProxyHeaderStatus.Invalid;
        }

        if (bytes.Length < PreambleLength)
        {
            return ProxyHeaderStatus.NeedMore;
        }

        var length = BinaryPrimitives.ReadUInt16BigEndian(bytes[14..]);
        header.Length = PreambleLength + length;
        // Of a LOCAL connection the proxy itself is the client. Families besides IP, and unspecified ones, are to be taken likewise.
        var needed = bytes[12] == 0x20 ? 0 : (bytes[13] >> 4) switch { 1 => Inet4Length, 2 => Inet6Length, _ => 0 };
        if (length < needed)
        {
            return ProxyHeaderStatus.Invalid;
        }

        if (bytes.Length < PreambleLength + needed)
        {
            return ProxyHeaderStatus.NeedMore;
        }

        if (needed > 0)
        {
            var addresses = bytes.Slice(PreambleLength, needed);
            var ip = needed == Inet4Length ? 4 : 16;
            header.SetAddresses(
                addresses[..ip], BinaryPrimitives.ReadUInt16BigEndian(addresses[(2 * ip)..]),
                addresses.Slice(ip, ip), BinaryPrimitives.ReadUInt16BigEndian(addresses[((2 * ip) + 2)..]));
        }

        return ProxyHeaderStatus.Done;
    }
}
