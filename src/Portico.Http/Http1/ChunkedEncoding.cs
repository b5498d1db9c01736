using System.Buffers;
using System.Buffers.Text;
using Portico.Http.Messages;

namespace Portico.Http.Http1;

/// <summary>Puts the chunked coding (RFC 9112, 7.1) into the room around a piece of a body, without copying the piece.</summary>
public static class ChunkedEncoding
{
    /// <param name="buffer">Holds the piece, with <see cref="BodyRoom"/> around it.</param>
    /// <param name="last">Whether the end of the body is to follow the piece.</param>
    /// <returns>Where the coded piece stands.</returns>
    public static ByteRange Wrap(byte[] buffer, int start, int count, bool last)
    {
        Span<byte> size = stackalloc byte[8];
        Utf8Formatter.TryFormat(count, size, out var digits, new StandardFormat('x'));
        var end = start + count;
        end += End(buffer.AsSpan(end), last);
        start -= digits + 2;
        size[..digits].CopyTo(buffer.AsSpan(start));
        "\r\n"u8.CopyTo(buffer.AsSpan(start + digits));
        return new ByteRange(start, end - start);
    }

    /// <summary>Writes what follows the payload of a chunk.</summary>
    /// <returns>The number of bytes.</returns>
    public static int End(Span<byte> room, bool last)
    {
        var text = last ? "\r\n0\r\n\r\n"u8 : "\r\n"u8;
        text.CopyTo(room);
        return text.Length;
    }
}
