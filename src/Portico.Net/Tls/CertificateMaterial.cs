using System.Diagnostics.CodeAnalysis;
using Portico.Net.Tls.Native;

namespace Portico.Net.Tls;

/// <summary>
/// The native half of a <see cref="TlsCertificate"/>: leaf, chain and key as OpenSSL objects. Immutable and used by every shard at once.
/// The garbage collector decides when it is freed; a handshake that uses it holds OpenSSL's own references.
/// </summary>
internal sealed unsafe class CertificateMaterial
{
    // What leaf, one intermediate and key cost outside the managed heap: the collector must know, or old keys would linger.
    private const int NativeBytes = 11 * 1024;

    private static int s_live;

    private readonly nint _leaf;
    private readonly nint _key;
    private readonly nint _chain;

    private CertificateMaterial(nint leaf, nint key, nint chain)
    {
        _leaf = leaf;
        _key = key;
        _chain = chain;
        GC.AddMemoryPressure(NativeBytes);
        Interlocked.Increment(ref s_live);
    }

    ~CertificateMaterial()
    {
        Free(_leaf, _key, _chain);
        GC.RemoveMemoryPressure(NativeBytes);
        Interlocked.Decrement(ref s_live);
    }

    /// <summary>OpenSSL's certificate, alive as long as this object: whoever uses it keeps this alive.</summary>
    public nint Leaf => _leaf;

    /// <summary>The certificate of the chain that signed <see cref="Leaf"/>, under the same terms; zero when the chain does not hold it.</summary>
    public nint Issuer
    {
        get
        {
            for (var i = 0; _chain != 0 && i < LibCrypto.OPENSSL_sk_num(_chain); i++)
            {
                var candidate = LibCrypto.OPENSSL_sk_value(_chain, i);
                if (LibCrypto.X509_check_issued(candidate, _leaf) == 0)
                {
                    return candidate;
                }
            }

            return 0;
        }
    }

    /// <summary>How many are alive in the process.</summary>
    public static int Live => Volatile.Read(ref s_live);

    /// <summary>Reads and checks everything that a handshake would trip over.</summary>
    public static bool TryParse(
        ReadOnlySpan<byte> chainPem,
        ReadOnlySpan<byte> keyPem,
        [NotNullWhen(true)] out CertificateMaterial? material,
        [NotNullWhen(false)] out string? error)
    {
        OpenSsl.EnsureInitialized();
        LibCrypto.ERR_clear_error();
        material = null;
        nint key = 0;
        if (!Pem.TryReadCertificates(chainPem, out var leaf, out var chain, out error)
            || !Pem.TryReadPrivateKey(keyPem, out key, out error)
            || !TryMatch(leaf, key, chain, out error))
        {
            Free(leaf, key, chain);
            return false;
        }

        // Decoders leave errors of formats that they tried in vain. This may run inside a handshake, which would take them for its own.
        LibCrypto.ERR_clear_error();
        material = new CertificateMaterial(leaf, key, chain);
        return true;
    }

    /// <summary>Makes it the certificate of one connection. OpenSSL takes references of its own.</summary>
    public bool ApplyTo(nint ssl)
    {
        var applied = LibSsl.SSL_use_cert_and_key(ssl, _leaf, _key, _chain, replace: 1) == 1;
        GC.KeepAlive(this);
        return applied;
    }

    /// <summary>Makes it the certificate that every connection of a client context presents when asked.</summary>
    public bool ApplyTo(SslContextHandle context)
    {
        var applied = LibSsl.SSL_CTX_use_cert_and_key(context.DangerousGetHandle(), _leaf, _key, _chain, replace: 1) == 1;
        GC.KeepAlive(this);
        GC.KeepAlive(context);
        return applied;
    }

    // Put on a scratch connection, as a handshake does: this also finds what the security level forbids, such as too short keys.
    private static bool TryMatch(nint leaf, nint key, nint chain, [NotNullWhen(false)] out string? error)
    {
        error = null;
        LibCrypto.ERR_clear_error();
        if (LibCrypto.X509_check_private_key(leaf, key) != 1)
        {
            error = $"the private key does not belong to the certificate: {OpenSsl.TakeError()}";
            return false;
        }

        var ssl = LibSsl.SSL_new(Scratch.Context.DangerousGetHandle());
        if (LibSsl.SSL_use_cert_and_key(ssl, leaf, key, chain, replace: 1) != 1)
        {
            error = $"the certificate is not acceptable: {OpenSsl.TakeError()}";
        }

        LibSsl.SSL_free(ssl);
        return error is null;
    }

    private static void Free(nint leaf, nint key, nint chain)
    {
        LibCrypto.X509_free(leaf);
        LibCrypto.EVP_PKEY_free(key);
        Pem.FreeCertificates(chain);
    }

    private static class Scratch
    {
        public static readonly SslContextHandle Context = new(LibSsl.SSL_CTX_new(LibSsl.TLS_server_method()));
    }
}
