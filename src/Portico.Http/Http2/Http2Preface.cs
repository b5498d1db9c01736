namespace Portico.Http.Http2;

/// <summary>What a client that knows the server sends first (RFC 9113, 3.4).</summary>
public static class Http2Preface
{
    public static ReadOnlySpan<byte> Bytes => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <summary>Whether the first bytes of a connection are the preface, or the beginning of it.</summary>
    public static bool Begins(ReadOnlySpan<byte> received) =>
        received.Length >= Bytes.Length ? received.StartsWith(Bytes) : Bytes.StartsWith(received);
}
