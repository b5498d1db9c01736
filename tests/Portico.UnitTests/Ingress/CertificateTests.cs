using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Portico.Ingress;
using Portico.Kubernetes.Resources;

using Xunit;
using static Portico.UnitTests.IngressTranslation.TestCluster;

namespace Portico.UnitTests.IngressTranslation;

public class CertificateTests
{
    private readonly TestCluster _cluster = new();

    [Fact]
    public void A_listed_host_gets_its_Secret_whatever_the_case()
    {
        _cluster.Add(TlsSecret("tls", ["a.test"])).Add(WithTls(IngressOf("i", [Rule("a.test")]), new IngressTls { Hosts = ["A.TEST"], SecretName = "tls" })).Apply();
        Assert.Equal("default/tls", _cluster.Certificates.ByServerName["a.test"]!.Name);
    }

    [Fact]
    public void An_unlisted_host_gets_the_first_Secret_that_covers_it()
    {
        _cluster.Add(TlsSecret("b", ["b.test"])).Add(TlsSecret("a", ["a.test", "*.a.test"])).Add(WithTls(
            IngressOf("i", [Rule("x.a.test"), Rule("z.test")]),
            new IngressTls { Hosts = ["b.test"], SecretName = "b" },
            new IngressTls { SecretName = "a" })).Apply();
        Assert.Equal("default/a", _cluster.Certificates.ByServerName["x.a.test"]!.Name);
        Assert.Null(_cluster.Certificates.ByServerName["z.test"]);
    }

    [Fact]
    public void Missing_unusable_or_wrong_Secrets_mean_the_default_certificate_and_still_a_TLS_host()
    {
        var other = TlsSecret("other", ["x.test"]);
        _cluster.Add(TlsSecret("wrong", ["else.test"])).Add(TlsSecret("mixed", ["mixed.test"], keyOf: other));
        _cluster.Add(WithTls(
            IngressOf("i", [Rule("wrong.test"), Rule("mixed.test"), Rule("missing.test"), Rule("empty.test")]),
            new IngressTls { Hosts = ["wrong.test"], SecretName = "wrong" },
            new IngressTls { Hosts = ["mixed.test"], SecretName = "mixed" },
            new IngressTls { Hosts = ["missing.test"], SecretName = "nope" },
            new IngressTls { Hosts = ["empty.test"] })).Apply();
        Assert.Equal(4, _cluster.Certificates.ByServerName.Count);
        Assert.All(_cluster.Certificates.ByServerName.Values, Assert.Null);
        Assert.Equal(3, _cluster.FindingsOf("Ingress", "i").Count(f => f.Reason == "Certificate"));
    }

    [Fact]
    public void The_common_name_counts_only_without_alternative_names()
    {
        _cluster.Add(TlsSecret("cn", [], "cn.test")).Add(TlsSecret("both", ["x.test"], "both.test")).Add(WithTls(
            IngressOf("i", [Rule("cn.test"), Rule("both.test")]), new IngressTls { Hosts = ["cn.test"], SecretName = "cn" }, new IngressTls { Hosts = ["both.test"], SecretName = "both" })).Apply();
        Assert.NotNull(_cluster.Certificates.ByServerName["cn.test"]);
        Assert.Null(_cluster.Certificates.ByServerName["both.test"]);
    }

    [Fact]
    public void A_wildcard_host_has_an_entry_of_its_own_and_hosts_without_TLS_have_none()
    {
        _cluster.Add(TlsSecret("tls", ["*.a.test"])).Add(WithTls(IngressOf("w", [Rule("*.a.test")]), new IngressTls { Hosts = ["*.a.test"], SecretName = "tls" }));
        _cluster.Add(IngressOf("x", [Rule("x.a.test")])).Apply();
        Assert.Equal(["*.a.test"], _cluster.Certificates.ByServerName.Keys);
        Assert.NotNull(_cluster.Certificates.ByServerName["*.a.test"]);
    }

    [Fact]
    public void A_Secret_that_comes_or_changes_later_touches_no_route()
    {
        _cluster.Add(WithTls(IngressOf("i", [Rule("a.test")]), new IngressTls { Hosts = ["a.test"], SecretName = "tls" })).Apply();
        var host = _cluster.Host("a.test");
        _cluster.Add(TlsSecret("tls", ["a.test"])).Apply();
        var first = _cluster.Certificates.ByServerName["a.test"]!;
        _cluster.Add(TlsSecret("tls", ["a.test"])).Apply();
        Assert.NotEqual(first.Fingerprint, _cluster.Certificates.ByServerName["a.test"]!.Fingerprint);
        Assert.Same(host, _cluster.Host("a.test"));
        Assert.Empty(_cluster.FindingsOf("Ingress", "i"));
    }

    [Fact]
    public void A_removed_host_leaves_no_certificate_behind()
    {
        var ingress = WithTls(IngressOf("i", [Rule("a.test")]), new IngressTls { Hosts = ["a.test"], SecretName = "tls" });
        _cluster.Add(TlsSecret("tls", ["a.test"])).Add(ingress).Apply();
        _cluster.Delete(ingress).Apply();
        Assert.Empty(_cluster.Certificates.ByServerName);
        Assert.False(_cluster.Hosts.Hosts.ContainsKey("a.test"));
    }

    [Fact]
    public void A_certificate_that_grows_old_while_nothing_changes_is_reported_in_stages()
    {
        var clock = new MovableClock();
        var cluster = new TestCluster(clock: clock);
        cluster.Add(TlsSecret("tls", ["a.test"], days: 100)).Add(WithTls(IngressOf("i", [Rule("a.test")]), new IngressTls { Hosts = ["a.test"], SecretName = "tls" })).Apply();
        var served = cluster.Model;
        Assert.Empty(cluster.FindingsOf("Ingress", "i"));
        Assert.False(cluster.LookAtCertificates());
        foreach (var (days, text) in new[] { (95, "within 10 days"), (98, "within 3 days"), (100, "within a day"), (102, "has expired") })
        {
            clock.Now = DateTimeOffset.UtcNow.AddDays(days - 0.5);
            Assert.True(cluster.LookAtCertificates());
            Assert.False(cluster.LookAtCertificates());
            Assert.Same(served, cluster.Apply().Model);
            Assert.Contains(text, Assert.Single(cluster.FindingsOf("Ingress", "i")).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void An_expired_certificate_is_served_with_a_warning()
    {
        _cluster.Add(TlsSecret("tls", ["a.test"], days: -1)).Add(WithTls(IngressOf("i", [Rule("a.test")]), new IngressTls { Hosts = ["a.test"], SecretName = "tls" })).Apply();
        Assert.NotNull(_cluster.Certificates.ByServerName["a.test"]);
        Assert.Contains(_cluster.FindingsOf("Ingress", "i"), f => f.Message.Contains("expired"));
    }

    [Theory]
    [InlineData(new byte[] { 0x30, 3, 2, 1, 5 }, true)]
    [InlineData(new byte[] { 0x30, 6, 2, 1, 1, 2, 1, 17 }, true)]
    [InlineData(new byte[] { 0x30, 3, 2, 1, 6 }, false)]
    [InlineData(new byte[] { 0x30, 0 }, false)]
    [InlineData(new byte[] { 0x30, 9, 1 }, false)]
    [InlineData(new byte[] { 2, 1, 5 }, false)]
    public void A_certificate_that_demands_a_staple_is_served_with_a_warning_while_there_is_none(byte[] features, bool demands)
    {
        var cluster = new TestCluster(new IngressOptions { DefaultSslCertificate = new NamespacedName("default", "tls") });
        cluster.Add(TlsSecret("tls", ["a.test"], features: features)).Add(WithTls(IngressOf("i", [Rule("a.test")]), new IngressTls { Hosts = ["a.test"], SecretName = "tls" })).Apply();
        Assert.Equal(demands, cluster.Certificates.ByServerName["a.test"]!.MustStaple);
        Assert.Equal(demands ? 1 : 0, cluster.FindingsOf("Ingress", "i").Count(f => f.Message.Contains("must-staple", StringComparison.Ordinal)));
        Assert.Equal(demands ? 1 : 0, cluster.FindingsOf("Flag", "default-ssl-certificate", "").Count(f => f.Message.Contains("must-staple", StringComparison.Ordinal)));
        var host = cluster.Host("a.test");
        cluster.Add(Map("system", "config", ("enable-ocsp", "true"))).Apply();
        Assert.Empty(cluster.FindingsOf("Ingress", "i"));
        Assert.Empty(cluster.FindingsOf("Flag", "default-ssl-certificate", ""));
        cluster.Add(Map("system", "config", ("enable-ocsp", "false"))).Apply();
        Assert.Equal(demands ? 1 : 0, cluster.FindingsOf("Ingress", "i").Length);
        Assert.Same(host, cluster.Host("a.test"));
    }

    [Fact]
    public void The_fake_certificate_is_the_default_and_made_once()
    {
        _cluster.Apply();
        var fake = _cluster.Certificates.Default;
        using var certificate = X509Certificate2.CreateFromPem(Encoding.ASCII.GetString([.. fake.ChainPem]), Encoding.ASCII.GetString([.. fake.KeyPem]));
        Assert.Contains("Acme Co", certificate.Subject);
        Assert.Contains("Kubernetes Ingress Controller Fake Certificate", certificate.Subject);
        Assert.Equal(["ingress.local"], fake.DnsNames);
        Assert.Equal(2048, certificate.GetRSAPublicKey()!.KeySize);
        _cluster.Add(IngressOf("i", [Rule("h.test")])).Apply();
        Assert.Same(fake, _cluster.Certificates.Default);
    }

    [Fact]
    public void The_configured_default_takes_over_when_its_Secret_appears()
    {
        var cluster = new TestCluster(new IngressOptions { DefaultSslCertificate = new NamespacedName("default", "main") });
        cluster.Apply();
        Assert.Equal("fake", cluster.Certificates.Default.Name);
        Assert.Contains(cluster.FindingsOf("Flag", "default-ssl-certificate", ""), f => f.Message.Contains("does not exist"));
        cluster.Add(TlsSecret("main", ["m.test"])).Apply();
        Assert.Equal("default/main", cluster.Certificates.Default.Name);
        Assert.Empty(cluster.FindingsOf("Flag", "default-ssl-certificate", ""));
    }

    [Fact]
    public void Hostless_rules_ignore_their_TLS_section()
    {
        _cluster.Add(TlsSecret("tls", ["a.test"])).Add(WithTls(IngressOf("i", [Rule("")]), new IngressTls { SecretName = "tls" })).Apply();
        Assert.Empty(_cluster.Certificates.ByServerName);
    }

    private sealed class MovableClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UtcNow;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
