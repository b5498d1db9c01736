using System.Runtime.InteropServices;

namespace Portico.Net.Tls.Native;

/// <summary>The imports for OCSP (RFC 6960): questions, answers and what judges them.</summary>
internal static unsafe partial class LibCrypto
{
    // V_OCSP_CERTSTATUS_*
    public const int OcspGood = 0;
    public const int OcspRevoked = 1;

    /// <summary>X509_V_FLAG_PARTIAL_CHAIN: any certificate of the store ends a chain, not only a self-signed one.</summary>
    public const ulong VerifyPartialChain = 0x80000;

    /// <summary>A stack of URLs that the caller frees with <see cref="X509_email_free"/>; zero when there are none.</summary>
    [LibraryImport(Library)]
    public static partial nint X509_get1_ocsp(nint certificate);

    [LibraryImport(Library)]
    public static partial void X509_email_free(nint stack);

    /// <summary>X509_V_OK (zero) when the names, key identifiers and uses fit.</summary>
    [LibraryImport(Library)]
    public static partial int X509_check_issued(nint issuer, nint certificate);

    /// <param name="digest">Zero for SHA-1, which RFC 5019 asks for and every responder knows.</param>
    [LibraryImport(Library)]
    public static partial nint OCSP_cert_to_id(nint digest, nint certificate, nint issuer);

    [LibraryImport(Library)]
    public static partial void OCSP_CERTID_free(nint id);

    [LibraryImport(Library)]
    public static partial nint OCSP_REQUEST_new();

    [LibraryImport(Library)]
    public static partial void OCSP_REQUEST_free(nint request);

    /// <summary>The identifier becomes the request's.</summary>
    [LibraryImport(Library)]
    public static partial nint OCSP_request_add0_id(nint request, nint id);

    [LibraryImport(Library)]
    public static partial int i2d_OCSP_REQUEST(nint request, byte** output);

    [LibraryImport(Library)]
    public static partial nint d2i_OCSP_RESPONSE(nint reuse, byte** input, nint length);

    [LibraryImport(Library)]
    public static partial void OCSP_RESPONSE_free(nint response);

    [LibraryImport(Library)]
    public static partial int OCSP_response_status(nint response);

    [LibraryImport(Library)]
    public static partial byte* OCSP_response_status_str(nint status);

    [LibraryImport(Library)]
    public static partial nint OCSP_response_get1_basic(nint response);

    [LibraryImport(Library)]
    public static partial void OCSP_BASICRESP_free(nint basic);

    [LibraryImport(Library)]
    public static partial int OCSP_basic_verify(nint basic, nint certificates, nint store, ulong flags);

    /// <summary>The times stay the answer's.</summary>
    [LibraryImport(Library)]
    public static partial int OCSP_resp_find_status(nint basic, nint id, int* status, int* reason, nint* revokedAt, nint* thisUpdate, nint* nextUpdate);

    [LibraryImport(Library)]
    public static partial int OCSP_check_validity(nint thisUpdate, nint nextUpdate, nint skewSeconds, nint maxAgeSeconds);

    /// <summary>A zero instead of a time is now.</summary>
    [LibraryImport(Library)]
    public static partial int ASN1_TIME_diff(int* days, int* seconds, nint from, nint to);

    /// <summary>For what OpenSSL shall free.</summary>
    [LibraryImport(Library)]
    public static partial byte* CRYPTO_malloc(nuint length, nint file, int line);

    [LibraryImport(Library)]
    public static partial void CRYPTO_free(void* memory, nint file, int line);
}
