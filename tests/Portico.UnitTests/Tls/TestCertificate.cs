using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Portico.Net.Tls;
using Xunit;

namespace Portico.UnitTests.Tls;

/// <summary>A certificate made for a test, in all the forms that tests compare.</summary>
internal sealed class TestCertificate
{
    private TestCertificate(X509Certificate2 certificate, string keyPem, params X509Certificate2[] issuers)
    {
        Certificate = certificate;
        KeyPem = Encoding.ASCII.GetBytes(keyPem);
        ChainPem = Encoding.ASCII.GetBytes(string.Join('\n', [certificate.ExportCertificatePem(), .. issuers.Select(i => i.ExportCertificatePem())]));
        Der = certificate.RawData;
    }

    public X509Certificate2 Certificate { get; }

    public byte[] ChainPem { get; }

    public byte[] KeyPem { get; }

    public byte[] Der { get; }

    public static TestCertificate Ecdsa(string name, TimeSpan? validFor = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return SelfSigned(new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256), name, key.ExportPkcs8PrivateKeyPem(), validFor);
    }

    public static TestCertificate Rsa(string name, int bits = 2048)
    {
        using var key = RSA.Create(bits);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return SelfSigned(request, name, key.ExportPkcs8PrivateKeyPem(), null);
    }

    /// <summary>A leaf below an intermediate below the root that is answered beside it.</summary>
    public static TestCertificate Issued(string name, out X509Certificate2 root)
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var middleKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var leafKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        root = Authority("CN=Test Root", rootKey, null);
        var middle = Authority("CN=Test Intermediate", middleKey, root);
        var request = new CertificateRequest($"CN={name}", leafKey, HashAlgorithmName.SHA256);
        AddNames(request, name);
        var leaf = request.Create(middle, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1), [7]);
        return new TestCertificate(leaf, leafKey.ExportPkcs8PrivateKeyPem(), middle);
    }

    public TlsCertificate Load()
    {
        Assert.True(TlsCertificate.TryLoad(ChainPem, KeyPem, out var certificate, out var error), error);
        return certificate;
    }

    /// <summary>For servers of the framework.</summary>
    public X509Certificate2 WithKey() => X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(ChainPem), Encoding.ASCII.GetString(KeyPem));

    private static X509Certificate2 Authority(string subject, ECDsa key, X509Certificate2? issuer)
    {
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        var from = DateTimeOffset.UtcNow.AddHours(-1);
        return issuer is null
            ? request.CreateSelfSigned(from, from.AddHours(3))
            : request.Create(issuer, from, from.AddHours(2), [1]).CopyWithPrivateKey(key);
    }

    private static TestCertificate SelfSigned(CertificateRequest request, string name, string keyPem, TimeSpan? validFor)
    {
        AddNames(request, name);
        var from = DateTimeOffset.UtcNow.AddDays(-2);
        return new TestCertificate(request.CreateSelfSigned(from, from + (validFor ?? TimeSpan.FromDays(4))), keyPem);
    }

    private static void AddNames(CertificateRequest request, string name)
    {
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(name, out var address))
        {
            names.AddIpAddress(address);
        }
        else
        {
            names.AddDnsName(name);
        }

        request.CertificateExtensions.Add(names.Build());
    }
}
