using System.Collections.Immutable;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Portico.Kubernetes.Resources;
using Portico.Model;

namespace Portico.Ingress.Tls;

/// <summary>A TLS Secret, read: either a certificate or what is wrong with it.</summary>
internal sealed record CertificateResult(Certificate? Certificate, string? Problem);

/// <summary>Reads <c>tls.crt</c> and <c>tls.key</c> of a Secret and checks that they belong together.</summary>
internal static class CertificateParser
{
    public static CertificateResult Parse(Secret secret)
    {
        if (!secret.Data.TryGetValue("tls.crt", out var chain) || !secret.Data.TryGetValue("tls.key", out var key))
        {
            return new CertificateResult(null, "has no tls.crt and tls.key");
        }

        try
        {
            // CreateFromPem takes the first certificate, the leaf, and fails when the key is another one's.
            using var leaf = X509Certificate2.CreateFromPem(Encoding.UTF8.GetString(chain), Encoding.UTF8.GetString(key));
            return new CertificateResult(Describe(new NamespacedName(secret.Metadata.Namespace, secret.Metadata.Name).ToString(), leaf, chain, key), null);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or FormatException or NotSupportedException)
        {
            return new CertificateResult(null, $"cannot be used: {e.Message}");
        }
    }

    public static Certificate Describe(string name, X509Certificate2 leaf, byte[] chainPem, byte[] keyPem) => new()
    {
        Name = name,
        Fingerprint = Convert.ToHexStringLower(SHA256.HashData([.. chainPem, 0, .. keyPem])),
        ChainPem = [.. chainPem],
        KeyPem = [.. keyPem],
        Subject = leaf.Subject,
        DnsNames = NamesOf(leaf),
        MustStaple = DemandsStaple(leaf),
        NotBefore = leaf.NotBefore,
        NotAfter = leaf.NotAfter,
    };

    /// <summary>Whether the TLS features of the certificate (RFC 7633, 4.2.3.1) name status_request, or its second version. What cannot be read names nothing.</summary>
    private static bool DemandsStaple(X509Certificate2 certificate)
    {
        const string TlsFeature = "1.3.6.1.5.5.7.1.24";
        if (certificate.Extensions[TlsFeature] is not { } extension)
        {
            return false;
        }

        try
        {
            var features = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
            var demands = false;
            while (features.HasData)
            {
                demands |= features.ReadInteger() is var feature && (feature == 5 || feature == 17);
            }

            return demands;
        }
        catch (AsnContentException)
        {
            return false;
        }
    }

    /// <summary>The alternative names; the common name only where there are none.</summary>
    private static ImmutableArray<string> NamesOf(X509Certificate2 certificate)
    {
        foreach (var extension in certificate.Extensions)
        {
            if (extension is X509SubjectAlternativeNameExtension alternatives)
            {
                return [.. alternatives.EnumerateDnsNames().Select(n => n.ToLowerInvariant())];
            }
        }

        const string CommonName = "2.5.4.3";
        foreach (var part in certificate.SubjectName.EnumerateRelativeDistinguishedNames())
        {
            if (!part.HasMultipleElements && part.GetSingleElementType().Value == CommonName)
            {
                return [part.GetSingleElementValue()!.ToLowerInvariant()];
            }
        }

        return [];
    }
}
