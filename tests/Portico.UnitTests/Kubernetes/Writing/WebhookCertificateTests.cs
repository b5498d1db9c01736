using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Portico.Kubernetes.Webhook;
using Xunit;

namespace Portico.UnitTests.Kubernetes.Writing;

public sealed class WebhookCertificateTests : IDisposable
{
    private const string Configuration = """
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingWebhookConfiguration
        metadata: {name: portico-admission}
        webhooks:
        - name: validate.portico.dev
          clientConfig: {service: {name: portico-admission, namespace: gateways, path: /networking/v1/ingresses}}
        - name: somebody.else
          clientConfig: {service: {name: other, namespace: gateways}}
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("portico-webhook-").FullName;
    private readonly List<string> _log = [];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_certificate_is_made_kept_in_a_Secret_and_believed_by_the_configuration()
    {
        await using var cluster = await WritingCluster.StartAsync(Configuration);
        var webhook = Webhook(cluster);
        await webhook.TurnAsync(TestContext.Current.CancellationToken);

        var secret = cluster.Server.Get("secrets", "gateways", "portico-admission")!;
        using var authority = X509Certificate2.CreateFromPem(Data(secret, "ca.crt"));
        using var chain = new X509Chain { ChainPolicy = { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck } };
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        var shown = webhook.Current!.TargetCertificate;
        Assert.True(chain.Build(shown));
        Assert.True(shown.MatchesHostname("portico-admission.gateways.svc"));

        var webhooks = (JsonArray)cluster.Server.Get("validatingwebhookconfigurations", "", "portico-admission")!["webhooks"]!;
        Assert.Equal(secret["data"]!["ca.crt"]!.GetValue<string>(), webhooks[0]!["clientConfig"]!["caBundle"]!.GetValue<string>());
        Assert.Null(webhooks[1]!["clientConfig"]!["caBundle"]);
    }

    [Fact]
    public async Task Replicas_share_one_certificate()
    {
        await using var cluster = await WritingCluster.StartAsync(Configuration);
        var (first, second) = (Webhook(cluster), Webhook(cluster));
        await Task.WhenAll(first.TurnAsync(TestContext.Current.CancellationToken), second.TurnAsync(TestContext.Current.CancellationToken));

        Assert.Equal(first.Current!.TargetCertificate.Thumbprint, second.Current!.TargetCertificate.Thumbprint);
    }

    [Fact]
    public async Task A_certificate_that_is_about_to_end_is_renewed_and_the_old_authority_counts_on()
    {
        await using var cluster = await WritingCluster.StartAsync(Configuration);
        var webhook = Webhook(cluster);
        await webhook.TurnAsync(TestContext.Current.CancellationToken);
        var (old, before) = (webhook.Current!.TargetCertificate.Thumbprint, Data(cluster.Server.Get("secrets", "gateways", "portico-admission")!, "ca.crt"));

        var later = Webhook(cluster, new LaterClock(TimeSpan.FromDays(340)));
        await later.TurnAsync(TestContext.Current.CancellationToken);
        Assert.NotEqual(old, later.Current!.TargetCertificate.Thumbprint);

        var bundle = new X509Certificate2Collection();
        bundle.ImportFromPem(Data(cluster.Server.Get("secrets", "gateways", "portico-admission")!, "ca.crt"));
        Assert.Equal(2, bundle.Count);
        Assert.Equal(X509Certificate2.CreateFromPem(before).Thumbprint, bundle[1].Thumbprint);
    }

    [Fact]
    public async Task A_missing_configuration_is_named()
    {
        await using var cluster = await WritingCluster.StartAsync();

        Assert.Contains("there is no ValidatingWebhookConfiguration portico-admission", (await Assert.ThrowsAsync<IOException>(() => Webhook(cluster).TurnAsync(TestContext.Current.CancellationToken))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_are_read_again_when_they_change_and_a_broken_pair_changes_nothing()
    {
        var clock = new LaterClock(TimeSpan.Zero);
        var (certificate, key) = (Path.Combine(_folder, "tls.crt"), Path.Combine(_folder, "tls.key"));
        var files = new WebhookCertificateFiles(certificate, key, _log.Add, clock);
        Assert.Null(files.Current);
        Assert.Single(_log);

        Write(certificate, key, Pair(), 1);
        clock.Advance();
        var first = files.Current!.TargetCertificate.Thumbprint;

        Write(certificate, key, (Pair().Certificate, "nonsense"), 2);
        clock.Advance();
        Assert.Equal(first, files.Current!.TargetCertificate.Thumbprint);
        Assert.Contains("the last one stays in use", _log[^1], StringComparison.Ordinal);

        Write(certificate, key, Pair(), 3);
        clock.Advance();
        Assert.NotEqual(first, files.Current!.TargetCertificate.Thumbprint);
    }

    private SelfSignedWebhook Webhook(WritingCluster cluster, TimeProvider? clock = null) =>
        new(cluster.Client, new SelfSignedWebhookOptions { Namespace = "gateways", Name = "portico-admission" }, _log.Add, clock);

    private static string Data(JsonObject secret, string name) => Encoding.UTF8.GetString(Convert.FromBase64String(secret["data"]![name]!.GetValue<string>()));

    private static void Write(string certificateFile, string keyFile, (string Certificate, string Key) pair, int edition)
    {
        File.WriteAllText(certificateFile, pair.Certificate);
        File.WriteAllText(keyFile, pair.Key);
        File.SetLastWriteTimeUtc(certificateFile, DateTime.UnixEpoch.AddDays(edition));
    }

    private static (string Certificate, string Key) Pair()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=webhook", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>The system's clock, some time later, moved by hand for measuring.</summary>
    private sealed class LaterClock(TimeSpan later) : TimeProvider
    {
        private long _moved = 1;

        public void Advance() => _moved += TimestampFrequency * 5;

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + later;

        public override long GetTimestamp() => _moved;
    }
}
