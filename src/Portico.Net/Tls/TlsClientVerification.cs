using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Portico.Net.Tls.Native;

namespace Portico.Net.Tls;

/// <summary>
/// Which client certificates are good: the authorities, their revocation lists and how long a chain may be, as OpenSSL objects. Put on a
/// connection inside its handshake, which it never ends: as in nginx the result is kept, and HTTP answers. Immutable, used by all shards;
/// freed by the collector when no host names it any more.
/// </summary>
public sealed unsafe class TlsClientVerification
{
    /// <summary>OpenSSL's word for a certificate that verified, and for a client that showed none.</summary>
    public const int Verified = 0;

    private readonly nint _store;
    private readonly nint _names;
    private readonly int _depth;

    /// <summary>
    /// The session id context: a session made under other authorities, revocation lists or depth is never resumed (RFC 8446, 4.6.1 leaves
    /// that to us), so a client whose certificate was revoked has to show it again.
    /// </summary>
    private readonly byte[] _identity;

    private TlsClientVerification(nint store, nint names, int depth, byte[] identity)
    {
        _store = store;
        _names = names;
        _depth = depth;
        _identity = identity;
    }

    ~TlsClientVerification() => Free(_store, _names);

    /// <param name="authoritiesPem">The trusted certificates; their names are told to clients. The system's are never used.</param>
    /// <param name="revocationPem">Revocation lists; when there are any, each certificate of a chain must be covered by one that has not expired.</param>
    /// <param name="depth">Intermediate certificates allowed between the client's and a trusted one.</param>
    public static bool TryCreate(
        ReadOnlySpan<byte> authoritiesPem,
        ReadOnlySpan<byte> revocationPem,
        int depth,
        [NotNullWhen(true)] out TlsClientVerification? verification,
        [NotNullWhen(false)] out string? error)
    {
        OpenSsl.EnsureInitialized();
        LibCrypto.ERR_clear_error();
        verification = null;
        var names = LibCrypto.OPENSSL_sk_new_null();
        var store = LibCrypto.X509_STORE_new();
        error = AddAuthorities(store, names, authoritiesPem) ?? AddRevocationLists(store, revocationPem);
        LibCrypto.ERR_clear_error();
        if (error is not null)
        {
            Free(store, names);
            return false;
        }

        verification = new TlsClientVerification(store, names, depth, IdentityOf(authoritiesPem, revocationPem, depth));
        return true;
    }

    /// <summary>Whether a result only says that the chain leads to nobody who is trusted: what nginx's optional_no_ca forgives.</summary>
    public static bool IsUnknownAuthority(int result) => result is LibCrypto.SelfSignedLeaf or LibCrypto.SelfSignedInChain
        or LibCrypto.IssuerNotFound or LibCrypto.LeafNotVerifiable;

    /// <summary>Whether a connection that was verified by the other one counts as verified by this one.</summary>
    public bool IsSameAs(TlsClientVerification? other) =>
        ReferenceEquals(this, other) || (other is not null && _identity.AsSpan().SequenceEqual(other._identity));

    /// <summary>
    /// Looks at the certificate of an open connection again, which was made under rules that have changed since.
    /// </summary>
    /// <returns>OpenSSL's result; <see cref="Verified"/> when the client showed no certificate.</returns>
    public int Verify(TlsSession session)
    {
        var certificate = session.BorrowPeerCertificate(out var chain);
        if (certificate == 0)
        {
            return Verified;
        }

        var context = LibCrypto.X509_STORE_CTX_new();
        var result = LibCrypto.UnspecifiedVerificationError;
        fixed (byte* purpose = "ssl_client\0"u8)
        {
            if (LibCrypto.X509_STORE_CTX_init(context, _store, certificate, chain) == 1 && LibCrypto.X509_STORE_CTX_set_default(context, purpose) == 1)
            {
                LibCrypto.X509_STORE_CTX_set_depth(context, _depth);
                LibCrypto.X509_STORE_CTX_set_verify_cb(context, &GoOn);
                LibCrypto.X509_verify_cert(context);
                result = LibCrypto.X509_STORE_CTX_get_error(context);
            }
        }

        LibCrypto.X509_STORE_CTX_free(context);
        LibCrypto.X509_free(certificate);
        LibCrypto.ERR_clear_error();
        GC.KeepAlive(this);
        return result;
    }

    /// <summary>Inside the ClientHello callback, before OpenSSL looks for a session to resume.</summary>
    internal bool ApplyTo(nint ssl)
    {
        LibSsl.SSL_set_verify(ssl, LibSsl.VerifyPeer, &GoOn);
        LibSsl.SSL_set_verify_depth(ssl, _depth);
        LibSsl.SSL_set_client_CA_list(ssl, LibSsl.SSL_dup_CA_list(_names));
        fixed (byte* identity = _identity)
        {
            var applied = LibSsl.SSL_ctrl(ssl, LibSsl.ControlSetVerifyStore, 1, (void*)_store) == 1
                && LibSsl.SSL_set_session_id_context(ssl, identity, (uint)_identity.Length) == 1;
            GC.KeepAlive(this);
            return applied;
        }
    }

    private static string? AddAuthorities(nint store, nint names, ReadOnlySpan<byte> pem)
    {
        var read = Pem.TryReadCertificates(pem, out var first, out var others, out var error);
        if (read)
        {
            var count = others == 0 ? 0 : LibCrypto.OPENSSL_sk_num(others);
            for (var i = -1; i < count && error is null; i++)
            {
                // The store takes a reference of its own; a certificate that is listed twice is no error.
                var certificate = i < 0 ? first : LibCrypto.OPENSSL_sk_value(others, i);
                var name = LibCrypto.X509_NAME_dup(LibCrypto.X509_get_subject_name(certificate));
                error = LibCrypto.X509_STORE_add_cert(store, certificate) == 1 && LibCrypto.OPENSSL_sk_push(names, name) != 0
                    ? null
                    : $"an authority cannot be used: {OpenSsl.TakeError()}";
            }
        }

        LibCrypto.X509_free(first);
        Pem.FreeCertificates(others);
        return error;
    }

    private static string? AddRevocationLists(nint store, ReadOnlySpan<byte> pem)
    {
        if (pem.IsEmpty)
        {
            return null;
        }

        if (!Pem.TryAddRevocationLists(pem, store, out var error))
        {
            return error;
        }

        // As nginx: the whole chain, not the client's certificate alone.
        LibCrypto.X509_STORE_set_flags(store, LibCrypto.VerifyCrlCheck | LibCrypto.VerifyCrlCheckAll);
        return null;
    }

    private static byte[] IdentityOf(ReadOnlySpan<byte> authorities, ReadOnlySpan<byte> revocation, int depth)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(BitConverter.GetBytes(depth));
        hash.AppendData(BitConverter.GetBytes(authorities.Length));
        hash.AppendData(authorities);
        hash.AppendData(revocation);
        return hash.GetHashAndReset();
    }

    private static void Free(nint store, nint names)
    {
        LibCrypto.X509_STORE_free(store);
        for (var i = LibCrypto.OPENSSL_sk_num(names) - 1; i >= 0; i--)
        {
            LibCrypto.X509_NAME_free(LibCrypto.OPENSSL_sk_value(names, i));
        }

        LibCrypto.OPENSSL_sk_free(names);
    }

    // A bad certificate does not end the handshake: verification goes on to the end and its last error is the result.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int GoOn(int ok, nint context) => 1;
}
