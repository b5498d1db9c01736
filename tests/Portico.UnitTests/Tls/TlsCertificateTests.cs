using System.Security.Cryptography;
using System.Text;
using Portico.Net.Tls;
using Xunit;

namespace Portico.UnitTests.Tls;

public class TlsCertificateTests
{
    private const string Ed25519Key = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEIK4EFHaKXd7+abATuSO38EI8h5YN2TD40iS6QsJdL4ty
        -----END PRIVATE KEY-----
        """;

    private const string Ed25519Certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBOjCB7aADAgECAhRjBM+iiSjoWcQeuzyy8NqpoyurZDAFBgMrZXAwEjEQMA4G
        A1UEAwwHZWQudGVzdDAgFw0yNjExMjExMDIyMTZaGA8yMTI2MTAyODEwMjIxNlow
        EjEQMA4GA1UEAwwHZWQudGVzdDAqMAUGAytlcAMhANS0JIuWTznLllPDnJlakvAR
        lE8OF5F3edWVDXqvtR4Yo1MwUTAdBgNVHQ4EFgQUeouWFaKnKTvCK2PH1ICW/gaN
        6vMwHwYDVR0jBBgwFoAUeouWFaKnKTvCK2PH1ICW/gaN6vMwDwYDVR0TAQH/BAUw
        AwEB/zAFBgMrZXADQQDONZYlkOwOVi1pcNwF1GVbszbHlWtRKXOOjk2tCovl3M+r
        IPFTHpSp+RwwHgiL2yysnJBP9gFOWz0UDbO/gcsD
        -----END CERTIFICATE-----
        """;

    [Fact]
    public void Rsa_and_ecdsa_certificates_load()
    {
        TestCertificate.Rsa("a.test").Load();
        TestCertificate.Ecdsa("a.test").Load();
    }

    [Fact]
    public void An_ed25519_certificate_loads_and_is_served()
    {
        Assert.True(TlsCertificate.TryLoad(Encoding.ASCII.GetBytes(Ed25519Certificate), Encoding.ASCII.GetBytes(Ed25519Key), out var certificate, out var error), error);
        using var pair = new TlsPair(TlsPair.ServerContext(new TlsServerNames(certificate)), TlsPair.ClientContext());
        pair.Established().Send(toClient: true, "hello");
    }

    [Fact]
    public void A_key_in_its_own_old_format_behind_its_parameters_loads()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new System.Security.Cryptography.X509Certificates.CertificateRequest("CN=a.test", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        const string parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
        var keyPem = Encoding.ASCII.GetBytes(parameters + key.ExportECPrivateKeyPem());
        Assert.True(TlsCertificate.TryLoad(Encoding.ASCII.GetBytes(certificate.ExportCertificatePem()), keyPem, out _, out var error), error);
    }

    [Fact]
    public void The_key_of_another_certificate_is_refused_with_the_reason()
    {
        var error = Refused(TestCertificate.Ecdsa("a.test").ChainPem, TestCertificate.Ecdsa("b.test").KeyPem);
        Assert.Contains("does not belong to the certificate", error, StringComparison.Ordinal);
        Assert.Contains("mismatch", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_of_another_kind_is_refused() =>
        Assert.Contains("key types", Refused(TestCertificate.Ecdsa("a.test").ChainPem, TestCertificate.Rsa("a.test").KeyPem), StringComparison.Ordinal);

    [Fact]
    public void A_key_that_is_too_short_for_handshakes_is_refused_when_it_is_loaded()
    {
        var weak = TestCertificate.Rsa("a.test", bits: 1024);
        Assert.Contains("key too small", Refused(weak.ChainPem, weak.KeyPem), StringComparison.Ordinal);
    }

    [Fact]
    public void Encrypted_keys_are_refused_without_asking_anybody()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var encrypted = key.ExportEncryptedPkcs8PrivateKeyPem("secret", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000));
        Assert.Contains("encrypted", Refused(TestCertificate.Ecdsa("a.test").ChainPem, Encoding.ASCII.GetBytes(encrypted)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("garbage")]
    [InlineData("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")]
    [InlineData("-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n")]
    [InlineData("-----BEGIN CERTIFICATE-----\nMIIB")]
    public void Garbage_is_refused_with_a_text_on_either_side(string garbage)
    {
        var good = TestCertificate.Ecdsa("a.test");
        Assert.NotEmpty(Refused(Encoding.ASCII.GetBytes(garbage), good.KeyPem));
        Assert.NotEmpty(Refused(good.ChainPem, Encoding.ASCII.GetBytes(garbage.Replace("CERTIFICATE", "PRIVATE KEY", StringComparison.Ordinal))));
    }

    [Fact]
    public void A_chain_with_a_broken_intermediate_is_refused()
    {
        var good = TestCertificate.Ecdsa("a.test");
        byte[] chain = [.. good.ChainPem, .. "\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"u8];
        Assert.Contains("chain", Refused(chain, good.KeyPem), StringComparison.Ordinal);
    }

    [Fact]
    public void Text_around_the_blocks_does_not_matter()
    {
        var good = TestCertificate.Ecdsa("a.test");
        byte[] chain = [.. "subject=a\r\n"u8, .. good.ChainPem, .. "\n\ntrailing text\n"u8];
        Assert.True(TlsCertificate.TryLoad(chain, good.KeyPem, out _, out var error), error);
    }

    [Fact]
    public void An_expired_certificate_is_served()
    {
        var expired = TestCertificate.Ecdsa("a.test", validFor: TimeSpan.FromDays(1));
        using var pair = new TlsPair(TlsPair.ServerContext(expired), TlsPair.ClientContext());
        pair.Established();
        Assert.Equal(expired.Der, pair.ShownCertificate());
    }

    [Fact]
    public void A_deferred_certificate_is_read_by_its_first_handshake()
    {
        var certificate = TestCertificate.Ecdsa("a.test");
        var deferred = TlsCertificate.Deferred(certificate.ChainPem, certificate.KeyPem);
        var context = TlsPair.ServerContext(new TlsServerNames(deferred));
        for (var i = 0; i < 2; i++)
        {
            using var pair = new TlsPair(context, TlsPair.ClientContext());
            pair.Established();
            Assert.Equal(certificate.Der, pair.ShownCertificate());
        }

        Assert.Null(deferred.LoadError);
    }

    [Fact]
    public void A_deferred_certificate_that_is_broken_fails_its_handshakes_and_nothing_else()
    {
        var good = TestCertificate.Ecdsa("good.test");
        var broken = TlsCertificate.Deferred("garbage"u8.ToArray(), "garbage"u8.ToArray());
        var context = TlsPair.ServerContext(new TlsServerNames(good.Load()).With("broken.test", broken));
        for (var i = 0; i < 2; i++)
        {
            using var pair = new TlsPair(context, TlsPair.ClientContext(), "broken.test");
            Assert.Equal((TlsStatus.Failed, TlsStatus.Failed), pair.Handshake());
            Assert.StartsWith("no certificate in the PEM data", pair.Server.LastError, StringComparison.Ordinal);
        }

        using var other = new TlsPair(context, TlsPair.ClientContext(), "good.test");
        other.Established();
    }

    private static string Refused(byte[] chain, byte[] key)
    {
        Assert.False(TlsCertificate.TryLoad(chain, key, out var certificate, out var error));
        Assert.Null(certificate);
        return error;
    }
}
