using Portico.Http.Messages;
using Portico.Proxy.Compression;

namespace Portico.Proxy.Headers;

/// <summary>The headers that compression adds and changes. Stateless.</summary>
internal static class CompressedResponse
{
    public static void WriteHeaders(CompressionChoice choice, HeaderBlock response, IHeaderWriter writer)
    {
        if (choice.Compresses)
        {
            writer.Add("Content-Encoding"u8, choice.Coding == ContentCoding.Brotli ? "br"u8 : "gzip"u8);
            WriteWeakTag(response, writer);
        }

        writer.Add("Vary"u8, "Accept-Encoding"u8);
    }

    /// <summary>The bytes are others than those that the backend's strong tag names (RFC 9110, 8.8.3); what is no tag goes.</summary>
    private static void WriteWeakTag(HeaderBlock response, IHeaderWriter writer)
    {
        if (!response.TryGet(HeaderId.ETag, out var tag) || tag.Length < 2)
        {
            return;
        }

        if (tag.StartsWith("W/"u8))
        {
            writer.Add("ETag"u8, tag);
        }
        else if (tag[0] == '"' && tag.Length <= 254)
        {
            Span<byte> weak = stackalloc byte[256];
            "W/"u8.CopyTo(weak);
            tag.CopyTo(weak[2..]);
            writer.Add("ETag"u8, weak[..(tag.Length + 2)]);
        }
    }
}
