using System.Diagnostics.CodeAnalysis;
using System.Net;
using Portico.Net.Tls.Native;

namespace Portico.Net.Tls;

/// <summary>
/// The TLS side towards backends that share their settings: one <c>SSL_CTX</c> for all shards. Immutable, never disposed: it goes when
/// the last backend and connection let go of it.
/// </summary>
public sealed unsafe class TlsClientContext
{
    private readonly SslContextHandle _handle;
    private readonly byte[]? _verifyName;

    private TlsClientContext(SslContextHandle handle, TlsClientOptions options)
    {
        _handle = handle;
        _verifyName = options is { Verify: true, VerifyName: { } name } ? SslContextSettings.NullTerminated(name) : null;
    }

    public static bool TryCreate(
        TlsClientOptions options,
        [NotNullWhen(true)] out TlsClientContext? context,
        [NotNullWhen(false)] out string? error)
    {
        context = null;
        var handle = SslContextSettings.Create(server: false, out var native);
        error = handle.IsInvalid ? OpenSsl.TakeError() : Configure(handle, native, options);
        if (error is not null)
        {
            handle.Dispose();
            return false;
        }

        context = new TlsClientContext(handle, options);
        return true;
    }

    /// <summary>A native session, or zero with the reason in the error queue.</summary>
    internal nint NewSession(string? serverName)
    {
        var ssl = LibSsl.SSL_new(_handle.DangerousGetHandle());
        GC.KeepAlive(this);
        if (ssl != 0 && SetServerName(ssl, serverName) && SetVerifyName(ssl))
        {
            return ssl;
        }

        LibSsl.SSL_free(ssl);
        return 0;
    }

    private static bool SetServerName(nint ssl, string? serverName)
    {
        if (string.IsNullOrEmpty(serverName) || IPAddress.TryParse(serverName, out _))
        {
            return true;
        }

        fixed (byte* name = SslContextSettings.NullTerminated(serverName))
        {
            return LibSsl.SSL_ctrl(ssl, LibSsl.ControlSetHostName, 0, name) == 1;
        }
    }

    // Set on each session: OpenSSL has no such call for the context.
    private bool SetVerifyName(nint ssl)
    {
        fixed (byte* name = _verifyName)
        {
            return name == null || LibSsl.SSL_set1_host(ssl, name) == 1;
        }
    }

    private static string? Configure(SslContextHandle handle, nint context, TlsClientOptions options)
    {
        SslContextSettings.ApplyCommon(context, 0);
        LibSsl.SSL_CTX_ctrl(context, LibSsl.ControlSetSessionCacheMode, LibSsl.SessionCacheOff, null);
        return SslContextSettings.ApplyVersions(context, options.Tls12, options.Tls13)
            ?? SslContextSettings.ApplyCiphers(context, options.Ciphers)
            ?? ApplyProtocols(context, options)
            ?? ApplyVerification(context, options)
            ?? ApplyCertificate(handle, options.Certificate);
    }

    private static string? ApplyProtocols(nint context, TlsClientOptions options)
    {
        if (SslContextSettings.EncodeProtocols(options.ApplicationProtocols, out var wire) is { } error)
        {
            return error;
        }

        fixed (byte* protocols = wire)
        {
            // This one answers zero for success.
            return wire.Length == 0 || LibSsl.SSL_CTX_set_alpn_protos(context, protocols, (uint)wire.Length) == 0 ? null : OpenSsl.TakeError();
        }
    }

    private static string? ApplyVerification(nint context, TlsClientOptions options)
    {
        if (!options.Verify)
        {
            LibSsl.SSL_CTX_set_verify(context, LibSsl.VerifyNone, 0);
            return null;
        }

        if (!Pem.TryReadCertificates(options.TrustedCaPem.Span, out var first, out var others, out var error))
        {
            LibCrypto.X509_free(first);
            Pem.FreeCertificates(others);
            return $"trusted certificates: {error}";
        }

        var trusted = TryTrust(LibSsl.SSL_CTX_get_cert_store(context), first, others);
        LibCrypto.X509_free(first);
        Pem.FreeCertificates(others);
        LibSsl.SSL_CTX_set_verify_depth(context, options.VerifyDepth);
        LibSsl.SSL_CTX_set_verify(context, LibSsl.VerifyPeer, 0);
        return trusted ? null : $"trusted certificates: {OpenSsl.TakeError()}";
    }

    // The store takes references of its own; a certificate that is listed twice is no error.
    private static bool TryTrust(nint store, nint first, nint others)
    {
        var added = LibCrypto.X509_STORE_add_cert(store, first) == 1;
        var count = others == 0 ? 0 : LibCrypto.OPENSSL_sk_num(others);
        for (var i = 0; i < count; i++)
        {
            added &= LibCrypto.X509_STORE_add_cert(store, LibCrypto.OPENSSL_sk_value(others, i)) == 1;
        }

        return added;
    }

    private static string? ApplyCertificate(SslContextHandle context, TlsCertificate? certificate) =>
        certificate is null || certificate.ApplyTo(context) ? null : $"client certificate: {certificate.LoadError ?? OpenSsl.TakeError()}";
}
