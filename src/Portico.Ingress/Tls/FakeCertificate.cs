using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Portico.Model;

namespace Portico.Ingress.Tls;

/// <summary>
/// The certificate for names without one and for installations without <c>--default-ssl-certificate</c>. Made up once per
/// process, with the names by which ingress-nginx's is known.
/// </summary>
internal static class FakeCertificate
{
    private static readonly Lazy<Certificate> Made = new(() => Create(DateTimeOffset.UtcNow));

    /// <summary>Making the key takes a while, so it is done when first needed and never again.</summary>
    public static Certificate OfThisProcess => Made.Value;

    private static Certificate Create(DateTimeOffset now)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest(
            "O=Acme Co, CN=Kubernetes Ingress Controller Fake Certificate", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("ingress.local");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        using var certificate = request.CreateSelfSigned(now, now.AddDays(365));
        return CertificateParser.Describe(
            "fake", certificate, Encoding.ASCII.GetBytes(certificate.ExportCertificatePem()), Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()));
    }
}
