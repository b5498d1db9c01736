using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Portico.TestKit.Manifests;

/// <summary>A self-signed server certificate for the given names, made on the spot.</summary>
public sealed class TestCertificate
{
    private TestCertificate(X509Certificate2 certificate, string keyPem)
    {
        CertificatePem = certificate.ExportCertificatePem();
        KeyPem = keyPem;
        Thumbprint = certificate.Thumbprint;
    }

    public string CertificatePem { get; }

    public string KeyPem { get; }

    public string Thumbprint { get; }

    public static TestCertificate For(params string[] names)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={names[0]}", key, HashAlgorithmName.SHA256);
        var alternative = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            alternative.AddDnsName(name);
        }
        request.CertificateExtensions.Add(alternative.Build());
        var now = DateTimeOffset.UtcNow;
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(365));
        return new TestCertificate(certificate, key.ExportPkcs8PrivateKeyPem());
    }
}
