using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Portico.TestKit.SecondParsers;

public enum SlowChunkVerdict
{
    /// <summary>The text may become a body, or may be refused before its next line ends.</summary>
    Unfinished,
    Complete,
    Refused,
}

/// <param name="Coded">How many characters the coded body has; counts only when it is complete.</param>
/// <param name="Trailers">The lines behind the last chunk, name, colon and value without the blanks around it; only when it is complete.</param>
public readonly record struct SlowChunkedBody(SlowChunkVerdict Verdict, string Payload, int Coded, string Trailers = "");

/// <summary>
/// A second reader of the chunked coding (RFC 9112, 7.1), slow and obvious: line by line, by regular expressions. It knows no limits on
/// extensions and trailers.
/// </summary>
public static partial class SlowChunkReader
{
    public static SlowChunkedBody Read(string text)
    {
        var payload = new StringBuilder();
        var at = 0;
        while (true)
        {
            if (TakeLine(text, ref at) is not { } line)
            {
                return new SlowChunkedBody(SlowChunkVerdict.Unfinished, payload.ToString(), 0);
            }

            var sizeLine = SizeLine().Match(line);
            if (!sizeLine.Success || line.Count(c => c == '"') % 2 != 0)
            {
                return Refused;
            }

            var size = long.Parse(sizeLine.Groups["size"].ValueSpan, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            if (size == 0)
            {
                return ReadTrailers(text, at, payload.ToString());
            }

            var here = (int)Math.Min(size, text.Length - at);
            payload.Append(text, at, here);
            at += here;
            var end = text[at..Math.Min(text.Length, at + 2)];
            if (end != "\r\n")
            {
                return "\r\n".StartsWith(end, StringComparison.Ordinal)
                    ? new SlowChunkedBody(SlowChunkVerdict.Unfinished, payload.ToString(), 0)
                    : Refused;
            }

            at += 2;
        }
    }

    private static SlowChunkedBody Refused => new(SlowChunkVerdict.Refused, "", 0);

    private static SlowChunkedBody ReadTrailers(string text, int at, string payload)
    {
        var trailers = new StringBuilder();
        while (TakeLine(text, ref at) is { } line)
        {
            if (line.Length == 0)
            {
                return new SlowChunkedBody(SlowChunkVerdict.Complete, payload, at, trailers.ToString());
            }

            if (!TrailerLine().IsMatch(line))
            {
                return Refused;
            }

            var colon = line.IndexOf(':', StringComparison.Ordinal);
            trailers.Append(line, 0, colon + 1).Append(line[(colon + 1)..].Trim(' ', '\t')).Append('\n');
        }

        return new SlowChunkedBody(SlowChunkVerdict.Unfinished, payload, 0);
    }

    private static string? TakeLine(string text, ref int at)
    {
        var end = text.IndexOf("\r\n", at, StringComparison.Ordinal);
        if (end < 0)
        {
            return null;
        }

        var line = text[at..end];
        at = end + 2;
        return line;
    }

    [GeneratedRegex(@"\A(?<size>[0-9A-Fa-f]{1,15})(;[^\x00-\x08\x0A-\x1F\x7F]*)?\z")]
    private static partial Regex SizeLine();

    [GeneratedRegex(@"\A[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[^\x00-\x08\x0A-\x1F\x7F]*\z")]
    private static partial Regex TrailerLine();
}
