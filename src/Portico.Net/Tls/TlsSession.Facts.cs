using System.Runtime.InteropServices;
using Portico.Net.Tls.Native;

namespace Portico.Net.Tls;

/// <summary>What is known about the connection after its handshake. Spans point into OpenSSL's memory and live as long as the session.</summary>
public sealed unsafe partial class TlsSession
{
    private const nint VerifyOk = 0;

    /// <summary>Why it failed, for logs; null when it did not. Made when asked for: peers can cause failures at will.</summary>
    public string? LastError => this switch
    {
        { _refusal: { } refusal } => refusal,
        { _errorCode: not 0 } => OpenSsl.Describe(_errorCode) + VerificationError(),
        { _errno: not 0 } => Marshal.GetPInvokeErrorMessage(_errno),
        { _phase: Phase.Broken } => "the peer closed the connection",
        _ => null,
    };

    /// <summary><c>TLSv1.3</c> or <c>TLSv1.2</c>, as nginx writes it; empty before the handshake.</summary>
    public string ProtocolVersion => _ssl == 0 ? "" : LibSsl.SSL_version(_ssl) switch
    {
        LibSsl.Tls13 => "TLSv1.3",
        LibSsl.Tls12 => "TLSv1.2",
        _ => "",
    };

    /// <summary>The cipher by its OpenSSL name; empty before the handshake.</summary>
    public ReadOnlySpan<byte> Cipher
    {
        get
        {
            var cipher = _ssl == 0 ? 0 : LibSsl.SSL_get_current_cipher(_ssl);
            return cipher == 0 ? default : MemoryMarshal.CreateReadOnlySpanFromNullTerminated(LibSsl.SSL_CIPHER_get_name(cipher));
        }
    }

    /// <summary>The SNI name as the client sent it; empty when it sent none.</summary>
    public ReadOnlySpan<byte> ServerName =>
        _ssl == 0 ? default : MemoryMarshal.CreateReadOnlySpanFromNullTerminated(LibSsl.SSL_get_servername(_ssl, 0));

    /// <summary>The protocol that ALPN chose; empty when there was no ALPN.</summary>
    public ReadOnlySpan<byte> ApplicationProtocol
    {
        get
        {
            if (_ssl == 0)
            {
                return default;
            }

            byte* protocol;
            uint length;
            LibSsl.SSL_get0_alpn_selected(_ssl, &protocol, &length);
            return new ReadOnlySpan<byte>(protocol, (int)length);
        }
    }

    /// <summary>Whether an earlier session was taken up again.</summary>
    public bool Resumed => _ssl != 0 && LibSsl.SSL_session_reused(_ssl) == 1;

    /// <summary>The peer's certificate, DER; null when it showed none. A new array.</summary>
    public byte[]? GetPeerCertificate()
    {
        var certificate = _ssl == 0 ? 0 : LibSsl.SSL_get1_peer_certificate(_ssl);
        if (certificate == 0)
        {
            return null;
        }

        var der = new byte[Math.Max(0, LibCrypto.i2d_X509(certificate, null))];
        int written;
        fixed (byte* data = der)
        {
            var output = data;
            written = der.Length == 0 ? 0 : LibCrypto.i2d_X509(certificate, &output);
        }

        LibCrypto.X509_free(certificate);
        return written > 0 ? der : null;
    }

    /// <summary>The rules of the host whose name was asked for; null when it had none.</summary>
    public TlsHostRules? Rules { get; internal set; }

    /// <summary>What the server's side shows; null before the client has said what it wants.</summary>
    internal TlsCertificate? Certificate { get; set; }

    /// <summary>OpenSSL's result about the peer's certificate; <see cref="TlsClientVerification.Verified"/> also when it showed none.</summary>
    public int VerificationResult => _ssl == 0 ? LibCrypto.UnspecifiedVerificationError : (int)LibSsl.SSL_get_verify_result(_ssl);

    /// <summary>What a result means, in OpenSSL's words.</summary>
    public static string DescribeVerification(int result) => Marshal.PtrToStringUTF8((nint)LibCrypto.X509_verify_cert_error_string(result)) ?? "";

    /// <summary>The peer's certificate in readable form; null when it showed none. A new object.</summary>
    public TlsPeerCertificate? ReadPeerCertificate()
    {
        var certificate = BorrowPeerCertificate(out _);
        if (certificate == 0)
        {
            return null;
        }

        var read = GetPeerCertificate() is { } der ? TlsPeerCertificate.From(certificate, der) : null;
        LibCrypto.X509_free(certificate);
        return read;
    }

    /// <summary>OpenSSL's object, to be freed by the caller, and the certificates that came with it, which stay OpenSSL's.</summary>
    internal nint BorrowPeerCertificate(out nint chain)
    {
        chain = _ssl == 0 ? 0 : LibSsl.SSL_get_peer_cert_chain(_ssl);
        return _ssl == 0 ? 0 : LibSsl.SSL_get1_peer_certificate(_ssl);
    }

    private string VerificationError()
    {
        var result = _ssl == 0 ? VerifyOk : LibSsl.SSL_get_verify_result(_ssl);
        return result == VerifyOk ? "" : $" ({Marshal.PtrToStringUTF8((nint)LibCrypto.X509_verify_cert_error_string(result))})";
    }
}
