using System.Text;
using Portico.Net.Tls;
using Xunit;

namespace Portico.UnitTests.Tls;

public class TlsClientVerificationTests
{
    private const int Expired = 10;
    private const int Revoked = 23;
    private const int NoRevocationList = 3;
    private const int RevocationListExpired = 12;

    private static readonly TestCertificate Server = TestCertificate.Ecdsa("a.test");
    private static readonly TestAuthority Root = new("Root");
    private static readonly TestAuthority Middle = new("Middle", Root);
    private static readonly TestAuthority Low = new("Low", Middle);
    private static readonly TestAuthority Stranger = new("Stranger");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_certificate_of_the_authority_verifies_and_is_told(bool tls13)
    {
        var (certificate, leaf) = Root.Issue("client");
        using var pair = Open(Rules(Root.Pem), certificate, tls13);
        Assert.Equal(TlsClientVerification.Verified, pair.Server.VerificationResult);
        var shown = pair.Server.ReadPeerCertificate()!;
        Assert.Equal("CN=client,O=Tests", Text(shown.Subject));
        Assert.Equal("CN=Root", Text(shown.Issuer));
        Assert.Equal(leaf.SerialNumber.TrimStart('0'), Text(shown.Serial).TrimStart('0'));
        Assert.Equal(leaf.Thumbprint, Text(shown.Fingerprint).ToUpperInvariant());
        Assert.Equal(leaf.ExportCertificatePem() + "\n", Text(shown.Pem));
        Assert.Equal(Text(shown.Pem), Uri.UnescapeDataString(Text(shown.EscapedPem)));
        Assert.StartsWith("-----BEGIN%20CERTIFICATE-----%0A", Text(shown.EscapedPem), StringComparison.Ordinal);
        Assert.Equal(24, shown.DaysLeft(DateTime.UtcNow));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_client_without_a_certificate_gets_through_the_handshake(bool tls13)
    {
        using var pair = Open(Rules(Root.Pem), null, tls13);
        Assert.Equal(TlsClientVerification.Verified, pair.Server.VerificationResult);
        Assert.Null(pair.Server.ReadPeerCertificate());
    }

    [Fact]
    public void Faults_are_results_not_failed_handshakes()
    {
        Assert.True(TlsClientVerification.IsUnknownAuthority(ResultOf(Rules(Root.Pem), Stranger.Issue("client").Certificate)));
        Assert.Equal(Expired, ResultOf(Rules(Root.Pem), Root.Issue("client", expired: true).Certificate));
        Assert.Equal(Expired, ResultOf(Rules(Root.Pem), Stranger.Issue("client", expired: true).Certificate));
    }

    [Fact]
    public void Chains_are_followed_as_deep_as_allowed()
    {
        Assert.Equal(TlsClientVerification.Verified, ResultOf(Rules(Root.Pem), Middle.Issue("client").Certificate));
        Assert.NotEqual(TlsClientVerification.Verified, ResultOf(Rules(Root.Pem), Low.Issue("client").Certificate));
        Assert.Equal(TlsClientVerification.Verified, ResultOf(Rules(Root.Pem, depth: 2), Low.Issue("client").Certificate));
    }

    [Fact]
    public void Revocation_lists_count_for_the_whole_chain_and_only_while_they_are_valid()
    {
        var (revoked, leaf) = Root.Issue("revoked");
        var list = Root.RevocationList(expired: false, leaf);
        Assert.Equal(Revoked, ResultOf(Rules(Root.Pem, list), revoked));
        Assert.Equal(TlsClientVerification.Verified, ResultOf(Rules(Root.Pem, list), Root.Issue("other").Certificate));
        Assert.Equal(RevocationListExpired, ResultOf(Rules(Root.Pem, Root.RevocationList(expired: true)), Root.Issue("other").Certificate));
        Assert.Equal(NoRevocationList, ResultOf(Rules(Root.Pem, list), Middle.Issue("below").Certificate));
        Assert.Equal(
            TlsClientVerification.Verified, ResultOf(Rules(Root.Pem, [.. list, .. Middle.RevocationList(expired: false)]), Middle.Issue("below").Certificate));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    public void A_session_comes_back_under_the_same_rules_and_never_under_others(bool tls13, bool tickets)
    {
        var (certificate, leaf) = Root.Issue("client");
        var hosts = new OneHost { Rules = Rules(Root.Pem) };
        var server = Context(hosts, new TlsServerOptions { SessionTickets = tickets });
        var client = Client(certificate, tls13);
        using var memory = new TlsResumption();
        Assert.False(Visit(server, client, memory, out _));
        hosts.Rules = Rules(Root.Pem);
        Assert.True(Visit(server, client, memory, out var result));
        Assert.Equal(TlsClientVerification.Verified, result);
        hosts.Rules = Rules(Root.Pem, Root.RevocationList(expired: false, leaf));
        Assert.False(Visit(server, client, memory, out result));
        Assert.Equal(Revoked, result);
        hosts.Rules = Rules(Stranger.Pem);
        Assert.False(Visit(server, client, memory, out result));
        Assert.NotEqual(TlsClientVerification.Verified, result);
        hosts.Rules = null;
        Assert.False(Visit(server, client, memory, out _));
    }

    [Fact]
    public void A_session_without_a_certificate_does_not_come_back_where_one_is_asked_for()
    {
        var hosts = new OneHost();
        var server = Context(hosts);
        var client = Client(Root.Issue("client").Certificate, tls13: true);
        using var memory = new TlsResumption();
        Visit(server, client, memory, out _);
        hosts.Rules = Rules(Root.Pem);
        Assert.False(Visit(server, client, memory, out _));
    }

    [Fact]
    public void An_open_connection_can_be_looked_at_again_under_other_rules()
    {
        var (certificate, leaf) = Middle.Issue("client");
        var before = Rules(Root.Pem);
        using var pair = Open(before, certificate, tls13: true);
        Assert.Equal(TlsClientVerification.Verified, before.Verification!.Verify(pair.Server));
        Assert.Equal(Revoked, Rules(Root.Pem, [.. Root.RevocationList(false), .. Middle.RevocationList(false, leaf)]).Verification!.Verify(pair.Server));
        Assert.True(TlsClientVerification.IsUnknownAuthority(Rules(Stranger.Pem).Verification!.Verify(pair.Server)));
    }

    [Fact]
    public void Lists_that_cannot_be_read_are_refused()
    {
        Assert.False(TlsClientVerification.TryCreate("no certificate"u8, default, 1, out _, out var error));
        Assert.Contains("certificate", error, StringComparison.Ordinal);
        Assert.False(TlsClientVerification.TryCreate(Root.Pem, "no list"u8, 1, out _, out error));
        Assert.Contains("revocation list", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Ciphers_of_a_host_are_those_of_its_handshakes()
    {
        var hosts = new OneHost { Rules = new TlsHostRules(null, "ECDHE-ECDSA-AES256-GCM-SHA384") };
        using var pair = new TlsPair(Context(hosts), Client(null, tls13: false), "a.test").Established();
        Assert.Equal("ECDHE-ECDSA-AES256-GCM-SHA384", Text(pair.Server.Cipher));
        Assert.NotNull(TlsHostRules.FindCipherProblem("NO-SUCH-CIPHER"));
        Assert.Null(TlsHostRules.FindCipherProblem("ALL:!aNULL:RC4+RSA@STRENGTH:+HIGH@SECLEVEL=0:+SSLv2"));
    }

    private static TlsHostRules Rules(byte[] authorities, byte[]? revocation = null, int depth = 1)
    {
        Assert.True(TlsClientVerification.TryCreate(authorities, revocation, depth, out var verification, out var error), error);
        return new TlsHostRules(verification);
    }

    private static int ResultOf(TlsHostRules rules, TlsCertificate certificate)
    {
        using var pair = Open(rules, certificate, tls13: true);
        Assert.NotNull(pair.Server.ReadPeerCertificate());
        return pair.Server.VerificationResult;
    }

    private static TlsPair Open(TlsHostRules rules, TlsCertificate? certificate, bool tls13)
    {
        var pair = new TlsPair(Context(new OneHost { Rules = rules }), Client(certificate, tls13), "a.test").Established();
        pair.Send(toClient: false, "x");
        return pair;
    }

    private static bool Visit(TlsServerContext server, TlsClientContext client, TlsResumption memory, out int result)
    {
        using var pair = new TlsPair(server, client, "a.test", memory).Established();
        pair.Send(toClient: false, "x");
        pair.Send(toClient: true, "y");
        result = pair.Server.VerificationResult;
        return pair.Server.Resumed;
    }

    private static TlsClientContext Client(TlsCertificate? certificate, bool tls13) =>
        TlsPair.ClientContext(new TlsClientOptions { Certificate = certificate, Tls13 = tls13 });

    private static TlsServerContext Context(ITlsHosts hosts, TlsServerOptions? options = null)
    {
        Assert.True(TlsServerContext.TryCreate(options ?? new TlsServerOptions(), new TlsServerNames(Server.Load()), out var context, out var error, hosts), error);
        return context;
    }

    private static string Text(ReadOnlySpan<byte> text) => Encoding.UTF8.GetString(text);

    private sealed class OneHost : ITlsHosts
    {
        public TlsHostRules? Rules { get; set; }

        public TlsHostRules? FindRules(ReadOnlySpan<byte> serverName, out bool known)
        {
            known = true;
            return Rules;
        }
    }
}
