using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Portico.Net.Tls.Native;

namespace Portico.Net.Tls;

/// <summary>What a responder's answer is worth.</summary>
public enum OcspVerdict
{
    Good,
    Revoked,

    /// <summary>The responder does not know the certificate.</summary>
    Unknown,

    /// <summary>There is no answer, or it cannot be believed.</summary>
    Failed,
}

/// <param name="Staple">With <see cref="OcspVerdict.Good"/> only.</param>
/// <param name="Reason">With any other: why, for people.</param>
public readonly record struct OcspJudgement(OcspVerdict Verdict, OcspStaple? Staple, string Reason)
{
    public static OcspJudgement Failed(string reason) => new(OcspVerdict.Failed, null, reason);
}

/// <summary>
/// The question whether one certificate is still good (RFC 6960), and the judgement of an answer to it: signed by the issuer or by whom the
/// issuer delegated it to, about this certificate, and of now. No I/O. Immutable; for any thread.
/// </summary>
public sealed unsafe class OcspQuery
{
    private const int ClockSkewSeconds = 300;

    /// <summary>How long an answer serves that names no end: there may be news at any time.</summary>
    private static readonly TimeSpan WithoutNextUpdate = TimeSpan.FromHours(1);

    private readonly CertificateMaterial _material;

    private OcspQuery(CertificateMaterial material, Uri responder)
    {
        _material = material;
        Responder = responder;
        Request = Encode();
    }

    /// <summary>Where to ask, from the certificate itself.</summary>
    public Uri Responder { get; }

    /// <summary>The body of a POST of type <c>application/ocsp-request</c>. Without a nonce, so that responders can answer from a cache.</summary>
    public byte[] Request { get; }

    /// <summary>False for a certificate that names no responder or comes without its issuer.</summary>
    public static bool TryCreate(TlsCertificate certificate, [NotNullWhen(true)] out OcspQuery? query, [NotNullWhen(false)] out string? error)
    {
        query = null;
        if (certificate.Material() is not { } material)
        {
            error = certificate.LoadError ?? "the certificate cannot be read";
        }
        else if (FindResponder(material) is not { } responder)
        {
            error = "the certificate names no OCSP responder that is asked by http";
        }
        else if (material.Issuer == 0)
        {
            error = "its chain does not hold the issuer, without whom no OCSP answer can be verified";
        }
        else
        {
            error = null;
            query = new OcspQuery(material, responder);
        }

        return query is not null;
    }

    public OcspJudgement Judge(byte[] answer)
    {
        LibCrypto.ERR_clear_error();
        nint response;
        bool whole;
        fixed (byte* data = answer)
        {
            var at = data;
            response = LibCrypto.d2i_OCSP_RESPONSE(0, &at, answer.Length);
            whole = at == data + answer.Length;
        }

        try
        {
            if (response == 0 || !whole)
            {
                return OcspJudgement.Failed("what came is no OCSP answer");
            }

            var status = LibCrypto.OCSP_response_status(response);
            return status == 0
                ? JudgeBasic(LibCrypto.OCSP_response_get1_basic(response), answer)
                : OcspJudgement.Failed($"the responder says {Marshal.PtrToStringUTF8((nint)LibCrypto.OCSP_response_status_str(status))}");
        }
        finally
        {
            LibCrypto.OCSP_RESPONSE_free(response);
            LibCrypto.ERR_clear_error();
            GC.KeepAlive(_material);
        }
    }

    private OcspJudgement JudgeBasic(nint basic, byte[] answer)
    {
        if (basic == 0)
        {
            return OcspJudgement.Failed($"the answer is of an unknown kind: {OpenSsl.TakeError()}");
        }

        var id = NewId();
        try
        {
            if (!IsSignedByIssuer(basic))
            {
                return OcspJudgement.Failed($"the answer cannot be verified: {OpenSsl.TakeError()}");
            }

            int status, reason;
            nint revokedAt, thisUpdate, nextUpdate;
            if (LibCrypto.OCSP_resp_find_status(basic, id, &status, &reason, &revokedAt, &thisUpdate, &nextUpdate) != 1)
            {
                return OcspJudgement.Failed("the answer is about another certificate");
            }

            return LibCrypto.OCSP_check_validity(thisUpdate, nextUpdate, ClockSkewSeconds, -1) != 1 || Left(nextUpdate) is not { Ticks: > 0 } left
                ? OcspJudgement.Failed("the answer is not of this time")
                : status switch
                {
                    LibCrypto.OcspGood => new OcspJudgement(OcspVerdict.Good, new OcspStaple(answer, DateTime.UtcNow + left), ""),
                    LibCrypto.OcspRevoked => new OcspJudgement(OcspVerdict.Revoked, null, "the certificate is revoked"),
                    _ => new OcspJudgement(OcspVerdict.Unknown, null, "the responder does not know the certificate"),
                };
        }
        finally
        {
            LibCrypto.OCSP_CERTID_free(id);
            LibCrypto.OCSP_BASICRESP_free(basic);
        }
    }

    // The issuer is all that is trusted: it signed itself, or it signed a certificate with the use OCSPSigning that comes with the answer.
    private bool IsSignedByIssuer(nint basic)
    {
        var store = LibCrypto.X509_STORE_new();
        var certificates = LibCrypto.OPENSSL_sk_new_null();
        LibCrypto.X509_STORE_set_flags(store, LibCrypto.VerifyPartialChain);
        var good = LibCrypto.OPENSSL_sk_push(certificates, _material.Issuer) > 0
            && LibCrypto.X509_STORE_add_cert(store, _material.Issuer) == 1
            && LibCrypto.OCSP_basic_verify(basic, certificates, store, 0) == 1;
        LibCrypto.OPENSSL_sk_free(certificates);
        LibCrypto.X509_STORE_free(store);
        return good;
    }

    private static TimeSpan Left(nint nextUpdate)
    {
        if (nextUpdate == 0)
        {
            return WithoutNextUpdate;
        }

        int days, seconds;
        return LibCrypto.ASN1_TIME_diff(&days, &seconds, 0, nextUpdate) == 1 ? new TimeSpan(days, 0, 0, seconds) : default;
    }

    private nint NewId() => LibCrypto.OCSP_cert_to_id(0, _material.Leaf, _material.Issuer);

    private byte[] Encode()
    {
        var request = LibCrypto.OCSP_REQUEST_new();
        LibCrypto.OCSP_request_add0_id(request, NewId());
        byte* encoded = null;
        var length = LibCrypto.i2d_OCSP_REQUEST(request, &encoded);
        var copy = new ReadOnlySpan<byte>(encoded, Math.Max(0, length)).ToArray();
        LibCrypto.CRYPTO_free(encoded, 0, 0);
        LibCrypto.OCSP_REQUEST_free(request);
        GC.KeepAlive(_material);
        return copy;
    }

    private static Uri? FindResponder(CertificateMaterial material)
    {
        var addresses = LibCrypto.X509_get1_ocsp(material.Leaf);
        Uri? found = null;
        for (var i = 0; found is null && addresses != 0 && i < LibCrypto.OPENSSL_sk_num(addresses); i++)
        {
            var text = Marshal.PtrToStringUTF8(LibCrypto.OPENSSL_sk_value(addresses, i));
            found = Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme == Uri.UriSchemeHttp ? address : null;
        }

        LibCrypto.X509_email_free(addresses);
        GC.KeepAlive(material);
        return found;
    }
}
