using Portico.Http.Messages;
using Portico.Net;

namespace Portico.Http.Http1;

/// <summary>
/// The trailers of a chunked body (RFC 9112, 7.1.2), put together from the bytes that the decoder has checked and whose number it bounds.
/// Holds no buffer while there are none. Owned by the connection or exchange that decodes; used on its shard's thread only.
/// </summary>
public sealed class TrailerLines(BufferPool buffers)
{
    private HeaderBlock? _fields;
    private byte[]? _bytes;
    private int _count;
    private int _lineStart;

    /// <summary>Null while there are none. Spans are valid until <see cref="Release"/>.</summary>
    public HeaderBlock? Fields => _fields is { Count: > 0 } ? _fields : null;

    /// <summary>Gives the buffer back; the fields are gone then.</summary>
    public void Release()
    {
        if (_bytes is not null)
        {
            _fields?.Clear();
            buffers.Return(_bytes);
            _bytes = null;
        }

        _count = 0;
        _lineStart = 0;
    }

    /// <summary>Takes one byte of a line, CR and LF excepted.</summary>
    internal void Append(byte b)
    {
        // All that the decoder lets through fits.
        _bytes ??= buffers.Rent(BufferPool.MediumSize);
        _bytes[_count++] = b;
    }

    internal ParseError EndLine()
    {
        _fields ??= new HeaderBlock();
        _fields.Buffer = _bytes!;
        var error = FieldLineParser.Parse(_bytes, _lineStart, _count, _fields);
        _lineStart = _count;
        return error;
    }
}
