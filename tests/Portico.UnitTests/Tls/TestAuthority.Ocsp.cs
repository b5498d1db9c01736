using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Portico.UnitTests.Tls;

/// <summary>The authority as an OCSP responder (RFC 6960), which also reads questions as strictly as the format allows.</summary>
internal sealed partial class TestAuthority
{
    private const string BasicResponse = "1.3.6.1.5.5.7.48.1.1";
    private const string EcdsaWithSha256 = "1.2.840.10045.4.3.2";
    private const string OcspSigning = "1.3.6.1.5.5.7.3.9";

    public enum Status
    {
        Good,
        Revoked,
        Unknown,
    }

    /// <param name="request">What was asked.</param>
    /// <param name="status">What is said.</param>
    /// <param name="thisUpdate">Since when it holds; an hour ago without.</param>
    /// <param name="nextUpdate">Until when; null leaves it out.</param>
    /// <param name="signer">Who signs instead, with a certificate that this authority issued for it.</param>
    /// <param name="delegated">Whether that certificate is for signing OCSP answers.</param>
    public byte[] AnswerOcsp(byte[] request, Status status, DateTimeOffset? nextUpdate, DateTimeOffset? thisUpdate = null, ECDsa? signer = null, bool delegated = true)
    {
        using var certificate = signer is null ? null : Responder(signer, delegated);
        var data = ResponseData(CertId(request), status, thisUpdate ?? DateTimeOffset.UtcNow.AddHours(-1), nextUpdate, (certificate ?? _certificate).SubjectName);
        var basic = new AsnWriter(AsnEncodingRules.DER);
        using (basic.PushSequence())
        {
            basic.WriteEncodedValue(data);
            using (basic.PushSequence())
            {
                basic.WriteObjectIdentifier(EcdsaWithSha256);
            }

            basic.WriteBitString((signer ?? _key).SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
            if (certificate is not null)
            {
                using (basic.PushSequence(Context(0)))
                using (basic.PushSequence())
                {
                    basic.WriteEncodedValue(certificate.RawData);
                }
            }
        }

        return Wrap(basic.Encode());
    }

    /// <summary>An answer without content: the responder refuses.</summary>
    public static byte[] RefuseOcsp(byte status) => [0x30, 3, 0x0a, 1, status];

    private static byte[] Wrap(byte[] basic)
    {
        var response = new AsnWriter(AsnEncodingRules.DER);
        using (response.PushSequence())
        {
            response.WriteEncodedValue([0x0a, 1, 0]);
            using (response.PushSequence(Context(0)))
            using (response.PushSequence())
            {
                response.WriteObjectIdentifier(BasicResponse);
                response.WriteOctetString(basic);
            }
        }

        return response.Encode();
    }

    private static byte[] ResponseData(ReadOnlyMemory<byte> certId, Status status, DateTimeOffset thisUpdate, DateTimeOffset? nextUpdate, X500DistinguishedName responder)
    {
        var data = new AsnWriter(AsnEncodingRules.DER);
        using (data.PushSequence())
        {
            using (data.PushSequence(Context(1)))
            {
                data.WriteEncodedValue(responder.RawData);
            }

            data.WriteGeneralizedTime(DateTimeOffset.UtcNow, omitFractionalSeconds: true);
            using (data.PushSequence())
            using (data.PushSequence())
            {
                data.WriteEncodedValue(certId.Span);
                WriteStatus(data, status);
                data.WriteGeneralizedTime(thisUpdate, omitFractionalSeconds: true);
                if (nextUpdate is { } end)
                {
                    using (data.PushSequence(Context(0)))
                    {
                        data.WriteGeneralizedTime(end, omitFractionalSeconds: true);
                    }
                }
            }
        }

        return data.Encode();
    }

    private static void WriteStatus(AsnWriter data, Status status)
    {
        if (status == Status.Revoked)
        {
            using (data.PushSequence(Context(1)))
            {
                data.WriteGeneralizedTime(DateTimeOffset.UtcNow.AddDays(-1), omitFractionalSeconds: true);
            }
        }
        else
        {
            data.WriteNull(new Asn1Tag(TagClass.ContextSpecific, status == Status.Good ? 0 : 2));
        }
    }

    private static ReadOnlyMemory<byte> CertId(byte[] request)
    {
        var reader = new AsnReader(request, AsnEncodingRules.DER);
        var list = reader.ReadSequence().ReadSequence().ReadSequence();
        reader.ThrowIfNotEmpty();
        var single = list.ReadSequence();
        list.ThrowIfNotEmpty();
        return single.ReadEncodedValue();
    }

    private X509Certificate2 Responder(ECDsa key, bool delegated)
    {
        var request = new CertificateRequest("CN=responder", key, HashAlgorithmName.SHA256);
        if (delegated)
        {
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(OcspSigning)], false));
        }

        return request.Create(_certificate, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1), NextSerial());
    }

    private static Asn1Tag Context(int number) => new(TagClass.ContextSpecific, number, isConstructed: true);
}
