using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Portico.Net.Tls;
using Xunit;

namespace Portico.UnitTests.Tls;

/// <summary>A certificate authority of a test: issues certificates for clients, authorities below itself, and revocation lists.</summary>
internal sealed partial class TestAuthority
{
    private static long s_serial = 100;

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _certificate;
    private readonly TestAuthority? _issuer;

    public TestAuthority(string name, TestAuthority? issuer = null)
    {
        _issuer = issuer;
        var request = new CertificateRequest($"CN={name}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        // An authority ends with its issuer: a time of its own could end a second later.
        var from = DateTimeOffset.UtcNow.AddDays(-10);
        _certificate = issuer is null
            ? request.CreateSelfSigned(from, from.AddDays(100))
            : request.Create(issuer._certificate, from, issuer._certificate.NotAfter, NextSerial()).CopyWithPrivateKey(_key);
    }

    public string CertificatePem => _certificate.ExportCertificatePem() + "\n";

    public byte[] Pem => Encoding.ASCII.GetBytes(CertificatePem);

    /// <summary>A certificate with the chain up to, and without, the root; with it when the certificate names an OCSP responder.</summary>
    public (TlsCertificate Certificate, X509Certificate2 Leaf) Issue(string name, bool expired = false, string? responder = null, bool withIssuer = true)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}, O=Tests", key, HashAlgorithmName.SHA256);
        var from = DateTimeOffset.UtcNow.AddDays(-5);
        if (responder is not null)
        {
            request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension([responder], []));
        }

        var leaf = request.Create(_certificate, from, expired ? from.AddDays(2) : from.AddDays(30), NextSerial());
        var chain = leaf.ExportCertificatePem() + "\n";
        for (var authority = this; authority._issuer is not null; authority = authority._issuer)
        {
            chain += authority.CertificatePem;
        }

        chain += responder is null || !withIssuer ? "" : CertificatePem;

        Assert.True(TlsCertificate.TryLoad(
            Encoding.ASCII.GetBytes(chain), Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()), out var certificate, out var error), error);
        return (certificate, leaf);
    }

    public byte[] RevocationList(bool expired, params X509Certificate2[] revoked)
    {
        var builder = new CertificateRevocationListBuilder();
        foreach (var certificate in revoked)
        {
            builder.AddEntry(certificate, DateTimeOffset.UtcNow.AddDays(-1));
        }

        var now = DateTimeOffset.UtcNow;
        var list = builder.Build(
            _certificate, BigInteger.One, expired ? now.AddDays(-1) : now.AddDays(1), HashAlgorithmName.SHA256, thisUpdate: now.AddDays(-2));
        return Encoding.ASCII.GetBytes(PemEncoding.WriteString("X509 CRL", list) + "\n");
    }

    private static byte[] NextSerial() => BitConverter.GetBytes(System.Net.IPAddress.HostToNetworkOrder(Interlocked.Increment(ref s_serial)));
}
