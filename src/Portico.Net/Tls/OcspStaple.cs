using Portico.Net.Tls.Native;

namespace Portico.Net.Tls;

/// <summary>An OCSP answer that was verified and says that a certificate is good. Immutable; used inside handshakes on every shard.</summary>
public sealed unsafe class OcspStaple
{
    private readonly byte[] _answer;

    internal OcspStaple(byte[] answer, DateTime freshUntilUtc)
    {
        _answer = answer;
        FreshUntilUtc = freshUntilUtc;
    }

    /// <summary>The answer's nextUpdate: clients take it no longer.</summary>
    public DateTime FreshUntilUtc { get; }

    public bool IsFresh => DateTime.UtcNow < FreshUntilUtc;

    /// <summary>OpenSSL frees its copy with the connection.</summary>
    internal bool ApplyTo(nint ssl)
    {
        var copy = LibCrypto.CRYPTO_malloc((nuint)_answer.Length, 0, 0);
        if (copy == null)
        {
            return false;
        }

        _answer.CopyTo(new Span<byte>(copy, _answer.Length));
        LibSsl.SSL_ctrl(ssl, LibSsl.ControlSetStatusAnswer, _answer.Length, copy);
        return true;
    }
}
