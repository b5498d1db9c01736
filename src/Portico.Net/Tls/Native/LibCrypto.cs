using System.Runtime.InteropServices;

namespace Portico.Net.Tls.Native;

/// <summary>The imports from OpenSSL's libcrypto: PEM, X.509, keys and the error queue of the calling thread.</summary>
internal static unsafe partial class LibCrypto
{
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
