using System.Text;
using Portico.Http.Http1;
using Portico.Http.Messages;

namespace Portico.Http.FastCgi;

/// <summary>
/// Reads the head of what a CGI program prints (RFC 3875, 6): field lines that end in LF or CRLF, no status line. Status says the status; without
/// it a Location makes it 302, as in nginx, and everything else is 200.
/// </summary>
internal static class CgiHeadParser
{
    /// <param name="buffer">Holds the output; the head's spans point into it.</param>
    /// <param name="start">Where the output begins.</param>
    /// <param name="end">Where what has come ends.</param>
    /// <param name="toHeadRequest">Whether the request was HEAD.</param>
    /// <param name="bodyStart">Where the body begins.</param>
    public static ParseStatus Parse(byte[] buffer, int start, int end, bool toHeadRequest, ResponseHead head, out int bodyStart)
    {
        head.Clear();
        head.Headers.Buffer = buffer;
        bodyStart = start;
        while (true)
        {
            var length = buffer.AsSpan(bodyStart, end - bodyStart).IndexOf((byte)'\n');
            if (length < 0)
            {
                return ParseStatus.NeedMore;
            }

            var lineStart = bodyStart;
            var lineEnd = length > 0 && buffer[lineStart + length - 1] == '\r' ? lineStart + length - 1 : lineStart + length;
            bodyStart += length + 1;
            if (lineEnd == lineStart)
            {
                return Complete(head, toHeadRequest) ? ParseStatus.Done : ParseStatus.Invalid;
            }

            if (FieldLineParser.Parse(buffer, lineStart, lineEnd, head.Headers) != ParseError.None)
            {
                return ParseStatus.Invalid;
            }
        }
    }

    private static bool Complete(ResponseHead head, bool toHeadRequest)
    {
        head.Version = HttpVersion.Http11;
        head.Status = head.Headers.Has(HeaderId.Location) ? 302 : 200;
        if (!TakeStatus(head) || head.Headers.Has(HeaderId.TransferEncoding)
            || MessageFraming.Read(head.Headers, out var framing, out var length) != ParseError.None)
        {
            return false;
        }

        head.ContentLength = length;
        head.Framing = toHeadRequest || head.Status is 204 or 304 || (framing == BodyFraming.Length && length == 0) ? BodyFraming.None
            : framing == BodyFraming.Length ? BodyFraming.Length
            : BodyFraming.UntilClose;
        return true;
    }

    /// <summary>Status is for us and goes no further.</summary>
    /// <returns>False when there are two, or when it is no final status.</returns>
    private static bool TakeStatus(ResponseHead head)
    {
        var isTaken = false;
        for (var index = head.Headers.Count - 1; index >= 0; index--)
        {
            ref readonly var field = ref head.Headers.Fields[index];
            if (!Ascii.EqualsIgnoreCase(head.Headers.Name(in field), "Status"u8))
            {
                continue;
            }

            if (isTaken || !TryReadStatus(head.Headers.Value(in field), out var status))
            {
                return false;
            }

            isTaken = true;
            head.Status = status;
            head.Headers.RemoveAt(index);
        }

        return true;
    }

    private static bool TryReadStatus(ReadOnlySpan<byte> text, out int status)
    {
        status = 0;
        if (text.Length < 3 || (text.Length > 3 && text[3] != ' '))
        {
            return false;
        }

        foreach (var digit in text[..3])
        {
            if (digit is < (byte)'0' or > (byte)'9')
            {
                return false;
            }

            status = (status * 10) + (digit - '0');
        }

        return status >= 200;
    }
}
