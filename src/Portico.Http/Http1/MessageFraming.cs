using System.Text;
using Portico.Http.Messages;

namespace Portico.Http.Http1;

/// <summary>What requests and responses share in finding the end of a body (RFC 9112, 6).</summary>
internal static class MessageFraming
{
    /// <summary>Reads Content-Length and Transfer-Encoding; two of anything, or both, are refused.</summary>
    public static ParseError Read(HeaderBlock headers, out BodyFraming framing, out long contentLength)
    {
        framing = BodyFraming.None;
        contentLength = 0;
        var hasCoding = headers.TryGet(HeaderId.TransferEncoding, out var coding);
        if (!headers.TryGet(HeaderId.ContentLength, out var length))
        {
            if (!hasCoding)
            {
                return ParseError.None;
            }

            framing = BodyFraming.Chunked;
            return headers.CountOf(HeaderId.TransferEncoding) > 1 ? ParseError.SeveralTransferEncodings
                : Ascii.EqualsIgnoreCase(coding, "chunked"u8) ? ParseError.None
                : ParseError.UnknownTransferCoding;
        }

        if (hasCoding)
        {
            return ParseError.LengthAndTransferEncoding;
        }

        if (headers.CountOf(HeaderId.ContentLength) > 1)
        {
            return ParseError.SeveralContentLengths;
        }

        framing = BodyFraming.Length;
        return TryReadLength(length, out contentLength) ? ParseError.None : ParseError.BadContentLength;
    }

    /// <summary>Whether a comma list (Connection, TE) holds a token.</summary>
    public static bool HasToken(HeaderBlock headers, HeaderId id, ReadOnlySpan<byte> token)
    {
        if (!headers.Has(id))
        {
            return false;
        }

        foreach (ref readonly var field in headers.Fields)
        {
            if (field.Id == id && ListHolds(headers.Value(in field), token))
            {
                return true;
            }
        }

        return false;
    }

    private static bool ListHolds(ReadOnlySpan<byte> list, ReadOnlySpan<byte> token)
    {
        while (!list.IsEmpty)
        {
            var comma = list.IndexOf((byte)',');
            var element = comma < 0 ? list : list[..comma];
            if (Ascii.EqualsIgnoreCase(element.Trim(" \t"u8), token))
            {
                return true;
            }

            list = comma < 0 ? default : list[(comma + 1)..];
        }

        return false;
    }

    private static bool TryReadLength(ReadOnlySpan<byte> text, out long length)
    {
        length = 0;
        // 18 digits cannot overflow; no sign, no blank, no list.
        if (text.Length is 0 or > 18)
        {
            return false;
        }

        foreach (var digit in text)
        {
            if (digit is < (byte)'0' or > (byte)'9')
            {
                return false;
            }

            length = (length * 10) + (digit - '0');
        }

        return true;
    }
}
