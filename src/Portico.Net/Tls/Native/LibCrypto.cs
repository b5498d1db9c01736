using System.Runtime.InteropServices;

namespace Portico.Net.Tls.Native;

/// <summary>The imports from OpenSSL's libcrypto: PEM, X.509, keys and the error queue of the calling thread.</summary>
internal static unsafe partial class LibCrypto
{
    // X509_STORE_set_flags
    public const ulong VerifyCrlCheck = 0x4;
    public const ulong VerifyCrlCheckAll = 0x8;

    // X509_V_ERR_*
    public const int UnspecifiedVerificationError = 1;
    public const int SelfSignedLeaf = 18;
    public const int SelfSignedInChain = 19;
    public const int IssuerNotFound = 20;
    public const int LeafNotVerifiable = 21;

    // XN_FLAG_RFC2253
    public const ulong NameFormatRfc2253 = 0x1110317;

    public const int BioControlInfo = 3;

    private const string Library = "libcrypto.so.3";

    [LibraryImport(Library)]
    public static partial nint BIO_new_mem_buf(byte* data, int length);

    [LibraryImport(Library)]
    public static partial void BIO_free(nint bio);

    [LibraryImport(Library)]
    public static partial nint PEM_read_bio_X509(
        nint bio, nint reuse, delegate* unmanaged[Cdecl]<byte*, int, int, nint, int> passwordCallback, nint argument);

    /// <summary>Like the above, and also takes <c>BEGIN TRUSTED CERTIFICATE</c>.</summary>
    [LibraryImport(Library)]
    public static partial nint PEM_read_bio_X509_AUX(
        nint bio, nint reuse, delegate* unmanaged[Cdecl]<byte*, int, int, nint, int> passwordCallback, nint argument);

    [LibraryImport(Library)]
    public static partial nint PEM_read_bio_PrivateKey(
        nint bio, nint reuse, delegate* unmanaged[Cdecl]<byte*, int, int, nint, int> passwordCallback, nint argument);

    [LibraryImport(Library)]
    public static partial nint PEM_read_bio_Parameters(nint bio, nint reuse);

    [LibraryImport(Library)]
    public static partial int X509_check_private_key(nint certificate, nint key);

    [LibraryImport(Library)]
    public static partial void X509_free(nint certificate);

    [LibraryImport(Library)]
    public static partial int i2d_X509(nint certificate, byte** output);

    [LibraryImport(Library)]
    public static partial int X509_STORE_add_cert(nint store, nint certificate);

    [LibraryImport(Library)]
    public static partial byte* X509_verify_cert_error_string(nint result);

    [LibraryImport(Library)]
    public static partial nint X509_STORE_new();

    [LibraryImport(Library)]
    public static partial void X509_STORE_free(nint store);

    [LibraryImport(Library)]
    public static partial void X509_STORE_set_flags(nint store, ulong flags);

    [LibraryImport(Library)]
    public static partial int X509_STORE_add_crl(nint store, nint list);

    [LibraryImport(Library)]
    public static partial nint PEM_read_bio_X509_CRL(
        nint bio, nint reuse, delegate* unmanaged[Cdecl]<byte*, int, int, nint, int> passwordCallback, nint argument);

    [LibraryImport(Library)]
    public static partial void X509_CRL_free(nint list);

    [LibraryImport(Library)]
    public static partial nint X509_STORE_CTX_new();

    [LibraryImport(Library)]
    public static partial void X509_STORE_CTX_free(nint context);

    [LibraryImport(Library)]
    public static partial int X509_STORE_CTX_init(nint context, nint store, nint certificate, nint chain);

    [LibraryImport(Library)]
    public static partial int X509_STORE_CTX_set_default(nint context, byte* purpose);

    [LibraryImport(Library)]
    public static partial void X509_STORE_CTX_set_depth(nint context, int depth);

    [LibraryImport(Library)]
    public static partial void X509_STORE_CTX_set_verify_cb(nint context, delegate* unmanaged[Cdecl]<int, nint, int> callback);

    [LibraryImport(Library)]
    public static partial int X509_STORE_CTX_get_error(nint context);

    [LibraryImport(Library)]
    public static partial void X509_verify_cert(nint context);

    [LibraryImport(Library)]
    public static partial nint X509_get_subject_name(nint certificate);

    [LibraryImport(Library)]
    public static partial nint X509_get_issuer_name(nint certificate);

    [LibraryImport(Library)]
    public static partial nint X509_get0_serialNumber(nint certificate);

    [LibraryImport(Library)]
    public static partial nint X509_get0_notBefore(nint certificate);

    [LibraryImport(Library)]
    public static partial nint X509_get0_notAfter(nint certificate);

    [LibraryImport(Library)]
    public static partial nint X509_NAME_dup(nint name);

    [LibraryImport(Library)]
    public static partial void X509_NAME_free(nint name);

    [LibraryImport(Library)]
    public static partial void X509_NAME_print_ex(nint bio, nint name, int indent, ulong flags);

    [LibraryImport(Library)]
    public static partial void i2a_ASN1_INTEGER(nint bio, nint number);

    [LibraryImport(Library)]
    public static partial void ASN1_TIME_print(nint bio, nint time);

    [LibraryImport(Library)]
    public static partial nint EVP_sha1();

    [LibraryImport(Library)]
    public static partial nint EVP_aes_128_cbc();

    [LibraryImport(Library)]
    public static partial nint EVP_aes_256_cbc();

    [LibraryImport(Library)]
    public static partial int EVP_CipherInit_ex(nint context, nint cipher, nint engine, byte* key, byte* vector, int encrypt);

    [LibraryImport(Library)]
    public static partial int EVP_MAC_CTX_set_params(nint context, void* parameters);

    [LibraryImport(Library)]
    public static partial int X509_digest(nint certificate, nint algorithm, byte* digest, uint* length);

    [LibraryImport(Library)]
    public static partial nint BIO_s_mem();

    [LibraryImport(Library)]
    public static partial nint BIO_new(nint kind);

    [LibraryImport(Library)]
    public static partial nint BIO_ctrl(nint bio, int command, nint number, void* pointer);

    [LibraryImport(Library)]
    public static partial void EVP_PKEY_free(nint key);

    [LibraryImport(Library)]
    public static partial nint OPENSSL_sk_new_null();

    [LibraryImport(Library)]
    public static partial int OPENSSL_sk_push(nint stack, nint item);

    [LibraryImport(Library)]
    public static partial int OPENSSL_sk_num(nint stack);

    [LibraryImport(Library)]
    public static partial nint OPENSSL_sk_value(nint stack, int index);

    [LibraryImport(Library)]
    public static partial void OPENSSL_sk_free(nint stack);

    [LibraryImport(Library)]
    public static partial void ERR_clear_error();

    [LibraryImport(Library)]
    public static partial nuint ERR_get_error();

    [LibraryImport(Library)]
    public static partial nuint ERR_peek_last_error();

    [LibraryImport(Library)]
    public static partial byte* ERR_reason_error_string(nuint code);
}
