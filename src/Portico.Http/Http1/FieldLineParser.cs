using Portico.Http.Messages;

namespace Portico.Http.Http1;

/// <summary>Reads one field line of a header section or a trailer section (RFC 9112, 5); the same strictness for requests and responses.</summary>
internal static class FieldLineParser
{
    /// <param name="buffer">The message.</param>
    /// <param name="start">Where the line begins.</param>
    /// <param name="end">Where its CRLF begins.</param>
    public static ParseError Parse(ReadOnlySpan<byte> buffer, int start, int end, HeaderBlock headers)
    {
        var line = buffer[start..end];
        var nameLength = line.IndexOfAnyExcept(CharacterTables.Token);
        if (nameLength <= 0 || line[nameLength] != ':')
        {
            return WhyNoName(line, nameLength);
        }

        var value = line[(nameLength + 1)..];
        var leading = value.IndexOfAnyExcept((byte)' ', (byte)'\t');
        if (leading < 0)
        {
            headers.Add(start, nameLength, end, 0);
            return ParseError.None;
        }

        var last = value.LastIndexOfAnyExcept((byte)' ', (byte)'\t');
        var content = value[leading..(last + 1)];
        if (content.ContainsAny(CharacterTables.ForbiddenInValue))
        {
            return content.Contains((byte)'\r') ? ParseError.BareCarriageReturn : ParseError.BadHeaderValue;
        }

        headers.Add(start, nameLength, start + nameLength + 1 + leading, content.Length);
        return ParseError.None;
    }

    private static ParseError WhyNoName(ReadOnlySpan<byte> line, int nameLength)
    {
        if (line[0] is (byte)' ' or (byte)'\t')
        {
            return ParseError.FoldedLine;
        }

        if (nameLength < 0)
        {
            return ParseError.MissingColon;
        }

        return line[nameLength] is (byte)' ' or (byte)'\t' && nameLength > 0 ? ParseError.SpaceBeforeColon : ParseError.BadHeaderName;
    }
}
