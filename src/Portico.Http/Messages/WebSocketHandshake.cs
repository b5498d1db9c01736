using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Portico.Http.Messages;

/// <summary>The proof that a server has understood a WebSocket's handshake and not some other request (RFC 6455, 1.3 and 4.1).</summary>
public static class WebSocketHandshake
{
    private const int MostOfKey = 128;

    /// <summary>Whether the answer's <c>Sec-WebSocket-Accept</c>, of which there is one, belongs to the request's <c>Sec-WebSocket-Key</c>.</summary>
    public static bool IsAccepted(HeaderBlock request, HeaderBlock response)
    {
        if (!request.TryGet("Sec-WebSocket-Key"u8, out var key) || key.Length > MostOfKey)
        {
            return false;
        }

        Span<byte> expected = stackalloc byte[Base64.GetMaxEncodedToUtf8Length(SHA1.HashSizeInBytes)];
        Accept(key, expected);
        var proofs = 0;
        foreach (ref readonly var field in response.Fields)
        {
            if (System.Text.Ascii.EqualsIgnoreCase(response.Name(in field), "Sec-WebSocket-Accept"u8))
            {
                proofs += response.Value(in field).SequenceEqual(expected) ? 1 : 2;
            }
        }

        return proofs == 1;
    }

    [SuppressMessage("Security", "CA5350", Justification = "The protocol's, and no secret hangs on it.")]
    private static void Accept(ReadOnlySpan<byte> key, Span<byte> text)
    {
        var guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"u8;
        Span<byte> input = stackalloc byte[MostOfKey + guid.Length];
        key.CopyTo(input);
        guid.CopyTo(input[key.Length..]);
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
        SHA1.HashData(input[..(key.Length + guid.Length)], hash);
        Base64.EncodeToUtf8(hash, text, out _, out _);
    }
}
