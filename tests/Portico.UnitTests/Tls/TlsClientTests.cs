using System.Text;
using Portico.Net.Tls;
using Xunit;

namespace Portico.UnitTests.Tls;

public class TlsClientTests
{
    [Fact]
    public void Nothing_is_verified_by_default()
    {
        using var pair = new TlsPair(TlsPair.ServerContext(TestCertificate.Ecdsa("other.test")), TlsPair.ClientContext(), "a.test");
        pair.Established();
    }

    [Theory]
    [InlineData("a.test", "a.test", 1, null)]
    [InlineData("a.test", null, 1, null)]
    [InlineData("a.test", "b.test", 1, "hostname mismatch")]
    [InlineData("10.0.0.1", "10.0.0.1", 1, null)]
    [InlineData("10.0.0.1", "10.0.0.2", 1, "IP address mismatch")]
    [InlineData("a.test", "a.test", 0, "certificate chain too long")]
    public void Chain_name_and_depth_are_verified_when_asked(string certificateName, string? verifyName, int depth, string? expected)
    {
        var certificate = TestCertificate.Issued(certificateName, out var root);
        var client = TlsPair.ClientContext(new TlsClientOptions
        {
            Verify = true,
            VerifyName = verifyName,
            VerifyDepth = depth,
            TrustedCaPem = Encoding.ASCII.GetBytes(root.ExportCertificatePem()),
        });
        using var pair = new TlsPair(TlsPair.ServerContext(certificate), client);
        if (expected is null)
        {
            pair.Established().Send(toClient: true, "verified");
            return;
        }

        var (server, status) = pair.Handshake();
        Assert.Equal(TlsStatus.Failed, status);
        Assert.NotEqual(TlsStatus.WantRead, server);
        Assert.Contains(expected, pair.Client.LastError, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_certificate_of_somebody_else_is_not_trusted()
    {
        TestCertificate.Issued("a.test", out var root);
        var client = TlsPair.ClientContext(new TlsClientOptions { Verify = true, TrustedCaPem = Encoding.ASCII.GetBytes(root.ExportCertificatePem()) });
        using var pair = new TlsPair(TlsPair.ServerContext(TestCertificate.Ecdsa("a.test")), client);
        Assert.Equal(TlsStatus.Failed, pair.Handshake().Client);
        Assert.Contains("certificate verify failed (self-signed certificate)", pair.Client.LastError, StringComparison.Ordinal);
        Assert.Contains("unknown ca", pair.Server.LastError, StringComparison.Ordinal);
    }

    [Fact]
    public void Verifying_without_a_readable_ca_is_refused()
    {
        Assert.False(TlsClientContext.TryCreate(new TlsClientOptions { Verify = true }, out _, out var error));
        Assert.Contains("trusted certificates", error, StringComparison.Ordinal);
        Assert.False(TlsClientContext.TryCreate(new TlsClientOptions { Verify = true, TrustedCaPem = "garbage"u8.ToArray() }, out _, out error));
        Assert.Contains("trusted certificates", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_broken_client_certificate_or_cipher_list_is_refused()
    {
        var broken = TlsCertificate.Deferred("x"u8.ToArray(), "y"u8.ToArray());
        Assert.False(TlsClientContext.TryCreate(new TlsClientOptions { Certificate = broken }, out _, out var error));
        Assert.Contains("client certificate", error, StringComparison.Ordinal);
        Assert.False(TlsClientContext.TryCreate(new TlsClientOptions { Ciphers = "NOTHING" }, out _, out error));
        Assert.Contains("cipher list", error, StringComparison.Ordinal);
    }
}
