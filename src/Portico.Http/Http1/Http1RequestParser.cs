using System.Text;
using Portico.Http.Messages;

namespace Portico.Http.Http1;

/// <summary>
/// Reads request heads strictly (RFC 9112): what two readers could understand differently is refused. Bytes in, a
/// <see cref="RequestHead"/> out; no I/O, no strings. Show it all bytes received so far, as often as more come.
/// </summary>
public sealed class Http1RequestParser
{
    private LineReader _lines;
    private bool _requestLineDone;
    private int _buffersUsed;
    private int _bufferLeft = HeadLimits.FirstBufferBytes;

    /// <summary>Why the last call said <see cref="ParseStatus.Invalid"/>.</summary>
    public ParseError Error { get; private set; }

    public void Reset()
    {
        _lines = default;
        _requestLineDone = false;
        _buffersUsed = 0;
        _bufferLeft = HeadLimits.FirstBufferBytes;
        Error = ParseError.None;
    }

    /// <param name="buffer">Holds the head from its first byte; may be a larger copy of the one of the call before.</param>
    /// <param name="filled">How many bytes of it are received.</param>
    public ParseStatus Parse(byte[] buffer, int filled, in HeadLimits limits, RequestHead head)
    {
        var bytes = buffer.AsSpan(0, filled);
        head.Headers.Buffer = buffer;
        while (true)
        {
            var status = _lines.Next(bytes, out var end, out var error);
            if (status == ParseStatus.Invalid)
            {
                return Refuse(error);
            }

            var start = _lines.LineStart;
            var length = (status == ParseStatus.Done ? end + 2 : filled) - start;
            if (length > limits.BufferBytes)
            {
                return Refuse(_requestLineDone ? ParseError.HeaderTooLarge : ParseError.RequestLineTooLong);
            }

            if (status == ParseStatus.NeedMore)
            {
                return ParseStatus.NeedMore;
            }

            if (!Fits(length, limits))
            {
                return Refuse(ParseError.HeaderTooLarge);
            }

            if (!_requestLineDone)
            {
                // Empty lines in front of a request are what a careless client leaves behind its last body (RFC 9112, 2.2).
                if (end > start && (error = ParseRequestLine(bytes, start, end, head)) != ParseError.None)
                {
                    return Refuse(error);
                }

                _requestLineDone = end > start;
            }
            else if (end == start)
            {
                head.HeadLength = end + 2;
                error = RequestFraming.Complete(head);
                return error == ParseError.None ? ParseStatus.Done : Refuse(error);
            }
            else if ((error = FieldLineParser.Parse(bytes, start, end, head.Headers)) != ParseError.None)
            {
                return Refuse(error);
            }

            _lines.Advance();
        }
    }

    private bool Fits(int lineLength, in HeadLimits limits)
    {
        // nginx packs lines into its buffers whole: one that does not fit the rest of a buffer begins the next one.
        if (lineLength > _bufferLeft)
        {
            _buffersUsed++;
            _bufferLeft = limits.BufferBytes;
        }

        _bufferLeft -= lineLength;
        return _buffersUsed <= limits.BufferCount;
    }

    private ParseStatus Refuse(ParseError error)
    {
        Error = error;
        return ParseStatus.Invalid;
    }

    private static ParseError ParseRequestLine(ReadOnlySpan<byte> bytes, int start, int end, RequestHead head)
    {
        var line = bytes[start..end];
        var methodEnd = line.IndexOf((byte)' ');
        var versionStart = line.LastIndexOf((byte)' ') + 1;
        if (methodEnd <= 0 || versionStart <= methodEnd + 2)
        {
            return ParseError.BadRequestLine;
        }

        var method = line[..methodEnd];
        if (method.ContainsAnyExcept(CharacterTables.Method))
        {
            return ParseError.BadMethod;
        }

        head.MethodRange = new ByteRange(start, methodEnd);
        head.Method = MethodOf(method);
        var error = ParseVersion(line[versionStart..], head);
        return error != ParseError.None
            ? error
            : RequestTarget.Parse(bytes, start + methodEnd + 1, start + versionStart - 1, head);
    }

    private static ParseError ParseVersion(ReadOnlySpan<byte> version, RequestHead head)
    {
        if (version.SequenceEqual("HTTP/1.1"u8))
        {
            head.Version = HttpVersion.Http11;
            return ParseError.None;
        }

        if (version.Length != 8 || !version.StartsWith("HTTP/"u8) || version[6] != '.'
            || !char.IsAsciiDigit((char)version[5]) || !char.IsAsciiDigit((char)version[7]))
        {
            return ParseError.BadVersion;
        }

        if (version[5] != '1')
        {
            return ParseError.UnsupportedVersion;
        }

        // A higher minor version is read as the highest that we know (RFC 9110, 2.5).
        head.Version = version[7] == '0' ? HttpVersion.Http10 : HttpVersion.Http11;
        return ParseError.None;
    }

    internal static HttpMethod MethodOf(ReadOnlySpan<byte> method) => method.Length switch
    {
        3 when method.SequenceEqual("GET"u8) => HttpMethod.Get,
        3 when method.SequenceEqual("PUT"u8) => HttpMethod.Put,
        4 when method.SequenceEqual("POST"u8) => HttpMethod.Post,
        4 when method.SequenceEqual("HEAD"u8) => HttpMethod.Head,
        4 when method.SequenceEqual("LOCK"u8) => HttpMethod.Lock,
        5 when method.SequenceEqual("PATCH"u8) => HttpMethod.Patch,
        5 when method.SequenceEqual("TRACE"u8) => HttpMethod.Trace,
        6 when method.SequenceEqual("DELETE"u8) => HttpMethod.Delete,
        7 when method.SequenceEqual("OPTIONS"u8) => HttpMethod.Options,
        7 when method.SequenceEqual("CONNECT"u8) => HttpMethod.Connect,
        _ => HttpMethod.Other,
    };
}
