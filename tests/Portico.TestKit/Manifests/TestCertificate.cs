using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Portico.TestKit.Manifests;

/// <summary>A certificate made on the spot: self-signed for the given names, an authority, or issued by one.</summary>
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

    /// <summary>Certificate and key, as the framework's TLS takes them.</summary>
    public X509Certificate2 WithKey() => X509Certificate2.CreateFromPem(CertificatePem, KeyPem);

    /// <summary>A certificate that may sign others.</summary>
    public static TestCertificate Authority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        var now = DateTimeOffset.UtcNow;
        using var certificate = request.CreateSelfSigned(now.AddDays(-2), now.AddDays(366));
        return new TestCertificate(certificate, key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>A certificate signed by this authority, for the name as common name and DNS name.</summary>
    public TestCertificate Issue(string name)
    {
        using var issuer = WithKey();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var alternative = new SubjectAlternativeNameBuilder();
        alternative.AddDnsName(name);
        request.CertificateExtensions.Add(alternative.Build());
        var now = DateTimeOffset.UtcNow;
        using var certificate = request.Create(issuer, now.AddDays(-1), now.AddDays(365), RandomNumberGenerator.GetBytes(8));
        return new TestCertificate(certificate, key.ExportPkcs8PrivateKeyPem());
    }

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
