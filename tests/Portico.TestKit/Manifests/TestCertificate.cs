using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Portico.TestKit.Manifests;

/// <summary>A certificate made on the spot: self-signed for the given names, an authority, or issued by one.</summary>
public sealed class TestCertificate
{
    private TestCertificate(X509Certificate2 certificate, string keyPem, string issuers = "")
    {
        CertificatePem = certificate.ExportCertificatePem() + issuers;
        SerialNumber = certificate.SerialNumber;
        KeyPem = keyPem;
        Thumbprint = certificate.Thumbprint;
    }

    /// <summary>With the chain, where it has one.</summary>
    public string CertificatePem { get; }

    public string KeyPem { get; }

    public string Thumbprint { get; }

    /// <summary>Hexadecimal.</summary>
    public string SerialNumber { get; }

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
    /// <param name="name">The name.</param>
    /// <param name="responder">Where an OCSP responder is to be asked; the authority's certificate is part of the chain then.</param>
    public TestCertificate Issue(string name, string? responder = null)
    {
        using var issuer = WithKey();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var alternative = new SubjectAlternativeNameBuilder();
        alternative.AddDnsName(name);
        request.CertificateExtensions.Add(alternative.Build());
        var now = DateTimeOffset.UtcNow;
        if (responder is not null)
        {
            request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension([responder], []));
        }

        using var certificate = request.Create(issuer, now.AddDays(-1), now.AddDays(365), [1, .. RandomNumberGenerator.GetBytes(7)]);
        return new TestCertificate(certificate, key.ExportPkcs8PrivateKeyPem(), responder is null ? "" : "\n" + CertificatePem);
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
