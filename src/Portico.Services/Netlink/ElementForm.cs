using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using Portico.Services.Rules;

namespace Portico.Services.Netlink;

/// <summary>
/// Keys and values of elements, from the words of the nft language to the kernel's bytes. Fields stand one behind the other, each filled up to four
/// bytes; what comes from packets is in the network's byte order, marks and places are in the machine's.
/// </summary>
internal static class ElementForm
{
    private const string Separator = " . ";

    /// <summary>How a value begins that is a chain.</summary>
    public const string Goto = "goto ";

    /// <summary>Bytes of the longest key: the registers that a rule can look up by.</summary>
    public const int LongestKey = 64;

    /// <param name="first">Gets the key, or the first one where the set holds ranges.</param>
    /// <param name="last">Gets the last one.</param>
    /// <returns>How many bytes it has.</returns>
    public static int WriteKey(RuleKey key, Span<byte> first, Span<byte> last)
    {
        var length = 0;
        var rest = key.Key.AsSpan();
        foreach (var field in key.Set.KeyFields())
        {
            length += WriteField(field, Next(ref rest), first[length..], last[length..]);
        }

        return length;
    }

    /// <returns>How many bytes it has.</returns>
    public static int WriteValue(RuleSet set, string value, Span<byte> to)
    {
        Span<byte> last = stackalloc byte[LongestKey];
        var length = 0;
        var rest = value.AsSpan();
        foreach (var field in set.ValueFields())
        {
            length += WriteField(field, Next(ref rest), to[length..], last[length..]);
        }

        return length;
    }

    private static ReadOnlySpan<char> Next(ref ReadOnlySpan<char> rest)
    {
        var end = rest.IndexOf(Separator, StringComparison.Ordinal);
        var field = end < 0 ? rest : rest[..end];
        rest = end < 0 ? default : rest[(end + Separator.Length)..];
        return field;
    }

    private static int WriteField(ElementField field, ReadOnlySpan<char> text, Span<byte> first, Span<byte> last)
    {
        if (field == ElementField.Address)
        {
            return WriteAddress(text, first, last);
        }

        var word = first[..4];
        word.Clear();
        switch (field)
        {
            case ElementField.Protocol:
                word[0] = text switch { "tcp" => 6, "udp" => 17, "sctp" => 132, _ => throw new FormatException($"'{text}' is no protocol") };
                break;
            case ElementField.Port:
                BinaryPrimitives.WriteUInt16BigEndian(word, ushort.Parse(text, CultureInfo.InvariantCulture));
                break;
            case ElementField.Place:
                BitConverter.TryWriteBytes(word, uint.Parse(text, CultureInfo.InvariantCulture));
                break;
            default:
                BitConverter.TryWriteBytes(word, uint.Parse(text["0x".Length..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
                break;
        }

        word.CopyTo(last);
        return 4;
    }

    /// <summary>An address, or the first and the last of a network.</summary>
    private static int WriteAddress(ReadOnlySpan<char> text, Span<byte> first, Span<byte> last)
    {
        var slash = text.IndexOf('/');
        IPAddress.Parse(slash < 0 ? text : text[..slash]).TryWriteBytes(first, out var length);
        first[..length].CopyTo(last);
        if (slash >= 0)
        {
            for (var bit = int.Parse(text[(slash + 1)..], CultureInfo.InvariantCulture); bit < length * 8; bit++)
            {
                last[bit / 8] |= (byte)(0x80 >> (bit % 8));
            }
        }

        return length;
    }
}
