using Portico.Http.Messages;

namespace Portico.Http.Http1;

/// <summary>Reads response heads of backends, as strictly as requests. Bytes in, a <see cref="ResponseHead"/> out; no I/O.</summary>
public sealed class Http1ResponseParser
{
    private LineReader _lines;
    private int _start;
    private bool _statusLineDone;

    public ParseError Error { get; private set; }

    /// <param name="start">Where the head begins in the buffer.</param>
    public void Reset(int start = 0)
    {
        _lines = default;
        _start = start;
        _statusLineDone = false;
        Error = ParseError.None;
    }

    /// <param name="buffer">Holds the head from the position given to <see cref="Reset"/>.</param>
    /// <param name="filled">The end of what is received.</param>
    /// <param name="largestHead">Room for the whole head, bytes (nginx's proxy_buffer_size).</param>
    /// <param name="toHeadRequest">Whether the request was HEAD, so that there is no body whatever the headers say.</param>
    public ParseStatus Parse(byte[] buffer, int filled, int largestHead, bool toHeadRequest, ResponseHead head)
    {
        var bytes = buffer.AsSpan(_start, filled - _start);
        head.Headers.Buffer = buffer;
        while (true)
        {
            var status = _lines.Next(bytes, out var end, out var error);
            if (status == ParseStatus.Invalid)
            {
                return Refuse(error);
            }

            if (_lines.Scanned > largestHead)
            {
                return Refuse(ParseError.HeaderTooLarge);
            }

            if (status == ParseStatus.NeedMore)
            {
                // Garbage is refused before its first line ends.
                return !_statusLineDone && !LooksLikeStatus(bytes) ? Refuse(ParseError.BadStatusLine) : ParseStatus.NeedMore;
            }

            var start = _lines.LineStart;
            if (!_statusLineDone)
            {
                error = ParseStatusLine(bytes[start..end], head);
                _statusLineDone = true;
            }
            else if (end == start)
            {
                head.HeadLength = end + 2;
                error = Complete(head, toHeadRequest);
                return error == ParseError.None ? ParseStatus.Done : Refuse(error);
            }
            else
            {
                error = FieldLineParser.Parse(buffer, _start + start, _start + end, head.Headers);
            }

            if (error != ParseError.None)
            {
                return Refuse(error);
            }

            _lines.Advance();
        }
    }

    private ParseStatus Refuse(ParseError error)
    {
        Error = error;
        return ParseStatus.Invalid;
    }

    private static bool LooksLikeStatus(ReadOnlySpan<byte> bytes)
    {
        var start = "HTTP/1."u8;
        return bytes.Length >= start.Length ? bytes.StartsWith(start) : start.StartsWith(bytes);
    }

    private static ParseError ParseStatusLine(ReadOnlySpan<byte> line, ResponseHead head)
    {
        // "HTTP/1.1 200" with or without a blank and a reason behind it.
        if (line.Length < 12 || !line.StartsWith("HTTP/1."u8) || line[7] is < (byte)'0' or > (byte)'9' || line[8] != ' '
            || (line.Length > 12 && line[12] != ' '))
        {
            return ParseError.BadStatusLine;
        }

        var status = 0;
        foreach (var digit in line[9..12])
        {
            if (digit is < (byte)'0' or > (byte)'9')
            {
                return ParseError.BadStatusLine;
            }

            status = (status * 10) + (digit - '0');
        }

        head.Status = status;
        head.Version = line[7] == '0' ? HttpVersion.Http10 : HttpVersion.Http11;
        return status is < 100 or > 999 || line.ContainsAny(CharacterTables.ForbiddenInValue) ? ParseError.BadStatusLine : ParseError.None;
    }

    private static ParseError Complete(ResponseHead head, bool toHeadRequest)
    {
        var error = MessageFraming.Read(head.Headers, out var framing, out var contentLength);
        head.ContentLength = contentLength;
        head.Framing = toHeadRequest || head.Status is < 200 or 204 or 304 ? BodyFraming.None
            : framing == BodyFraming.None ? BodyFraming.UntilClose
            : framing == BodyFraming.Length && contentLength == 0 ? BodyFraming.None
            : framing;
        head.KeepAlive = head.Framing != BodyFraming.UntilClose && (head.Version == HttpVersion.Http10
            ? MessageFraming.HasToken(head.Headers, HeaderId.Connection, "keep-alive"u8)
            : !MessageFraming.HasToken(head.Headers, HeaderId.Connection, "close"u8));
        return error;
    }
}
