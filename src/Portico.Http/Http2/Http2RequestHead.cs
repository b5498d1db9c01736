using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Portico.Http.Http1;
using Portico.Http.Messages;
using Portico.Net;

namespace Portico.Http.Http2;

/// <summary>
/// Builds a <see cref="RequestHead"/> from the fields of a stream, in a rented buffer: what the rest of the program reads is a request as
/// HTTP/1.1 would have sent it. The authority becomes Host (RFC 9113, 8.3.1), pieces of Cookie are joined (8.2.3), a WebSocket by extended
/// CONNECT becomes its upgrade request (RFC 8441). Limits are those of <c>large-client-header-buffers</c>. One stream's; shard's thread only.
/// </summary>
internal struct Http2RequestHead
{
    /// <summary>What a line of HTTP/1 has beside name and value.</summary>
    private const int LineOverhead = 4;

    private const int KeyBytes = 16;

    private BufferPool _pool;
    private RequestHead _head;
    private byte[]? _buffer;
    private int _filled;
    private int _measured;
    private int _cookieStart;
    private int _cookieLength;
    private ByteRange _authority;
    private bool _hasKey;

    /// <summary>Why the request is refused; the fields that follow are only counted then.</summary>
    public ParseError Error { get; private set; }

    /// <summary>Whether the stream is to become a WebSocket.</summary>
    public bool IsWebSocket { get; private set; }

    /// <summary>Bytes of names and values so far, also of those that were not kept.</summary>
    public readonly int Measured => _measured;

    public void Begin(BufferPool pool, RequestHead head)
    {
        this = default;
        _pool = pool;
        _head = head;
        _cookieStart = -1;
        _buffer = pool.Rent(BufferPool.SmallSize);
        head.Clear();
        head.Version = HttpVersion.Http2;
        head.Headers.Buffer = _buffer;
    }

    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, in HeadLimits limits)
    {
        _measured = (int)Math.Min(int.MaxValue / 2, (long)_measured + name.Length + value.Length + LineOverhead);
        if (Error != ParseError.None)
        {
            return;
        }

        if (name.Length + value.Length + LineOverhead > limits.BufferBytes || _measured > limits.BufferBytes * limits.BufferCount)
        {
            Error = name.SequenceEqual(":path"u8) ? ParseError.RequestLineTooLong : ParseError.HeaderTooLarge;
            return;
        }

        if (name.Length > 0 && name[0] == ':')
        {
            AddPseudo(name, value);
        }
        else
        {
            AddField(name, value);
        }
    }

    /// <summary>Judges the whole head.</summary>
    /// <param name="endsStream">Whether no body follows.</param>
    public void Complete(bool endsStream)
    {
        _head.HeadLength = _measured;
        if (Error != ParseError.None)
        {
            return;
        }

        JoinCookies();
        if (IsWebSocket)
        {
            BecomeUpgrade();
        }

        Error = RequestFraming.Complete(_head);
        if (endsStream || IsWebSocket)
        {
            _head.Framing = BodyFraming.None;
        }
        else if (_head.Framing == BodyFraming.None && !_head.Headers.Has(HeaderId.ContentLength))
        {
            _head.Framing = BodyFraming.Chunked;
        }
    }

    public void Release()
    {
        if (_buffer is not null)
        {
            _head.Headers.Clear();
            _head.Headers.Buffer = [];
            _pool.Return(_buffer);
            _buffer = null;
        }
    }

    private void AddPseudo(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (name.SequenceEqual(":method"u8))
        {
            _head.MethodRange = Append(value);
            _head.Method = Http1RequestParser.MethodOf(value);
            Error = value.IsEmpty || value.ContainsAnyExcept(CharacterTables.Method) ? ParseError.BadMethod : ParseError.None;
        }
        else if (name.SequenceEqual(":path"u8))
        {
            var range = Append(value);
            Error = value.IsEmpty || value[0] != '/'
                ? ParseError.BadTarget
                : RequestTarget.Parse(_buffer, range.Start, range.Start + range.Length, _head);
        }
        else if (name.SequenceEqual(":authority"u8))
        {
            _authority = AddLine("host"u8, value);
        }
        else if (name.SequenceEqual(":protocol"u8))
        {
            IsWebSocket = Ascii.EqualsIgnoreCase(value, "websocket"u8);
        }
    }

    private void AddField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (name.SequenceEqual("cookie"u8))
        {
            AddCookie(value);
        }
        else if (name.SequenceEqual("host"u8) && _head.Headers.Has(HeaderId.Host))
        {
            // The same said twice is once; two different hosts are two readings of one request.
            var same = _authority.Length > 0 && Ascii.EqualsIgnoreCase(_buffer.AsSpan(_authority.Start, _authority.Length), value);
            Error = same ? ParseError.None : ParseError.SeveralHosts;
        }
        else
        {
            _hasKey |= name.SequenceEqual("sec-websocket-key"u8);
            AddLine(name, value);
        }
    }

    /// <summary>Cookies grow at the end of the buffer; when something else came between, they move there.</summary>
    private void AddCookie(ReadOnlySpan<byte> value)
    {
        if (_cookieStart < 0)
        {
            _cookieStart = Append(value).Start;
            _cookieLength = value.Length;
            return;
        }

        if (_cookieStart + _cookieLength != _filled)
        {
            Reserve(_cookieLength + 2 + value.Length);
            var moved = Append(_buffer.AsSpan(_cookieStart, _cookieLength));
            _cookieStart = moved.Start;
        }

        Append("; "u8);
        Append(value);
        _cookieLength += 2 + value.Length;
    }

    private void JoinCookies()
    {
        if (_cookieStart >= 0)
        {
            var name = Append("cookie"u8);
            _head.Headers.Add(name.Start, name.Length, _cookieStart, _cookieLength);
        }
    }

    /// <summary>The request that a backend of HTTP/1.1 understands; its key is ours, because the client's version has none.</summary>
    private void BecomeUpgrade()
    {
        _head.Method = HttpMethod.Get;
        _head.MethodRange = Append("GET"u8);
        AddLine("upgrade"u8, "websocket"u8);
        if (!_hasKey)
        {
            Span<byte> random = stackalloc byte[KeyBytes];
            RandomNumberGenerator.Fill(random);
            Span<byte> key = stackalloc byte[24];
            Base64.EncodeToUtf8(random, key, out _, out var written);
            AddLine("sec-websocket-key"u8, key[..written]);
        }
    }

    /// <returns>Where the value stands.</returns>
    private ByteRange AddLine(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Reserve(name.Length + value.Length);
        var nameRange = Append(name);
        var valueRange = Append(value);
        _head.Headers.Add(nameRange.Start, nameRange.Length, valueRange.Start, valueRange.Length);
        return valueRange;
    }

    private ByteRange Append(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_buffer.AsSpan(_filled));
        var range = new ByteRange(_filled, bytes.Length);
        _filled += bytes.Length;
        return range;
    }

    private void Reserve(int more)
    {
        if (_filled + more <= _buffer!.Length)
        {
            return;
        }

        // Not bounded by the measured size: cookies may stand in the buffer more than once.
        var larger = _pool.Rent(Math.Max(_filled + more, _buffer.Length * 4));
        _buffer.AsSpan(0, _filled).CopyTo(larger);
        _pool.Return(_buffer);
        _buffer = larger;
        _head.Headers.Buffer = larger;
    }
}
