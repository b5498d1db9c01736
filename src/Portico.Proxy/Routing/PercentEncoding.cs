namespace Portico.Proxy.Routing;

/// <summary>Decodes percent escapes leniently: what is no escape stands for itself, and a plus sign is a plus sign. Pure; any thread.</summary>
internal static class PercentEncoding
{
    /// <summary>Whether the text, once decoded, is the given one. Copies nothing.</summary>
    public static bool DecodedEquals(ReadOnlySpan<byte> encoded, ReadOnlySpan<byte> text)
    {
        var i = 0;
        foreach (var expected in text)
        {
            if (i >= encoded.Length || Next(encoded, ref i) != expected)
            {
                return false;
            }
        }

        return i == encoded.Length;
    }

    /// <summary>Writes the decoded text, which is never longer, and returns its length.</summary>
    public static int Decode(ReadOnlySpan<byte> encoded, Span<byte> destination)
    {
        var written = 0;
        for (var i = 0; i < encoded.Length;)
        {
            destination[written++] = Next(encoded, ref i);
        }

        return written;
    }

    private static byte Next(ReadOnlySpan<byte> encoded, ref int i)
    {
        if (encoded[i] == '%' && TryReadEscape(encoded[i..], out var value))
        {
            i += 3;
            return value;
        }

        return encoded[i++];
    }

    /// <summary>Reads an escape like <c>%41</c> at the start of the text.</summary>
    public static bool TryReadEscape(ReadOnlySpan<byte> text, out byte value)
    {
        value = 0;
        if (text.Length < 3 || !char.IsAsciiHexDigit((char)text[1]) || !char.IsAsciiHexDigit((char)text[2]))
        {
            return false;
        }

        value = (byte)((HexValue(text[1]) << 4) | HexValue(text[2]));
        return true;
    }

    private static int HexValue(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
}
