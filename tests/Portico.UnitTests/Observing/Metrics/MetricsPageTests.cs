using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Portico.Model;
using Portico.Proxy.Answers;
using Portico.Proxy.Observing.AccessLog;
using Portico.Proxy.Observing.ErrorLog;
using Portico.Proxy.Observing.Metrics;
using Xunit;

namespace Portico.UnitTests.Observing.Metrics;

public class MetricsPageTests
{
    private static readonly ConstantLabels Labels = new("ingress-nginx", "k8s.io/ingress-nginx", "pod-1");

    private readonly ProxyMetrics _proxy = new(2);
    private readonly ControllerMetrics _controller = new(Labels, new BuildInfo("1.2.3", "abcdef", "https://example.test/portico"), TimeProvider.System);

    private async Task<MetricsText> PageAsync(bool enabled)
    {
        var requests = new RequestMetrics(new RequestMetricsOptions { Enabled = enabled }, 2);
        var logs = new LogMetrics(new AccessLogWriter("", 2), new ErrorLogWriter("", TimeProvider.System), requests);
        var admission = new AdmissionMetrics(Labels);
        admission.Reviewed("ns", "i", allowed: true, 1, 2, 3, 4);
        admission.Reviewed("ns", "i", allowed: false, 1, 2, 3, 4);
        return await MetricsText.OfAsync(
        [
            .. MetricsPage.Families(Labels, requests, _proxy, _controller, new ProcessMetrics(), logs),
            .. new SourceMetrics(() => true, () => 1, () => 2).OwnFamilies(),
            .. requests.Enabled ? admission.NginxFamilies() : [],
        ]);
    }

    [Fact]
    public async Task Without_enable_metrics_only_the_process_and_Portico_speak()
    {
        var page = await PageAsync(enabled: false);

        Assert.DoesNotContain("nginx_ingress_controller", page.Text, StringComparison.Ordinal);
        Assert.True(page.One("process_resident_memory_bytes").Value > 0);
        Assert.True(page.One("process_open_fds").Value > 0);
        Assert.Equal("1.2.3", page.One("portico_build_info")["version"]);
    }

    [Fact]
    public async Task Everything_on_the_page_is_declared_with_its_type_and_labels()
    {
        _controller.OrphansFound([new OrphanIngress("ns", "i", OrphanIngress.NoService)]);
        _controller.LeadershipChanged(true, "ingress-nginx-leader");
        _controller.Published(ModelWithCertificate(), 1, [0, 0, 0]);

        var page = await PageAsync(enabled: true);

        var declared = MetricCatalog.All.ToDictionary(m => m.Name);
        foreach (var sample in page.Samples)
        {
            var metric = declared[sample.Name];
            Assert.Equal(page.Types[metric.Name], metric.Type switch { MetricType.Counter => "counter", _ => "gauge" });
            string[] constant = metric.HasConstantLabels ? ["controller_class", "controller_namespace", "controller_pod"] : [];
            Assert.Equal(metric.Labels.Concat(constant).Order(StringComparer.Ordinal), sample.Labels.Keys);
        }

        // Requests appear with the first request; io counters are hidden by some kernels.
        var missing = declared.Keys.Except(page.Types.Keys).Except(RequestMetricDeclarations.All.Select(m => m.Name));
        Assert.DoesNotContain(missing, name => !name.EndsWith("read_bytes_total", StringComparison.Ordinal) && !name.EndsWith("write_bytes_total", StringComparison.Ordinal));
    }

    [Fact]
    public void Names_are_declared_once_and_with_help()
    {
        Assert.Equal(MetricCatalog.All.Select(m => m.Name).Distinct(), MetricCatalog.All.Select(m => m.Name));
        Assert.All(MetricCatalog.All, m => Assert.NotEmpty(m.Help));
    }

    [Fact]
    public async Task Connections_are_summed_over_the_shards()
    {
        for (var shard = 0; shard < 2; shard++)
        {
            var counters = _proxy.Counters(shard);
            counters.ConnectionsAccepted = 10;
            counters.ConnectionsHandled = 9;
            counters.ConnectionsActive = 5;
            counters.ConnectionsReading = 1;
            counters.ConnectionsWriting = 2;
            counters.Requests = 100;
        }

        var page = await PageAsync(enabled: true);

        Assert.Equal(
            [("active", 10d), ("reading", 2d), ("waiting", 4d), ("writing", 4d)],
            page.All("nginx_ingress_controller_nginx_process_connections").Select(s => (s["state"], s.Value)));
        Assert.Equal(
            [("accepted", 20d), ("handled", 18d)],
            page.All("nginx_ingress_controller_nginx_process_connections_total").Select(s => (s["state"], s.Value)));
        Assert.Equal(200, page.One("nginx_ingress_controller_nginx_process_requests_total").Value);
    }

    [Fact]
    public async Task Answers_are_counted_by_reason()
    {
        _proxy.Answers(0).Count(AnswerReason.NoRoute);
        _proxy.Answers(1).Count(AnswerReason.NoRoute);

        var answers = (await PageAsync(enabled: false)).All("portico_answers_total").ToDictionary(s => s["reason"], s => s.Value);

        Assert.Equal(2, answers["no_route"]);
        Assert.Equal(0, answers["internal_error"]);
        Assert.DoesNotContain("none", answers.Keys);
    }

    [Fact]
    public async Task A_failed_publication_shows_until_the_next_that_works()
    {
        _controller.Published(GatewayModel.Empty, 4711, [0, 1, 0]);
        _controller.PublishFailed();
        var failed = await PageAsync(enabled: true);
        _controller.Published(GatewayModel.Empty, 4712, [0, 0, 0]);
        var works = await PageAsync(enabled: true);

        const string prefix = "nginx_ingress_controller_";
        Assert.Equal(0, failed.One(prefix + "config_last_reload_successful").Value);
        Assert.Equal(0, failed.One(prefix + "config_hash").Value);
        Assert.Equal(1, failed.One(prefix + "errors").Value);
        Assert.Equal(1, failed.All("portico_findings").Single(s => s["severity"] == "warning").Value);
        Assert.Equal(4712, works.One(prefix + "config_hash").Value);
        Assert.Equal(2, works.One(prefix + "success").Value);
        Assert.True(works.One(prefix + "config_last_reload_successful_timestamp_seconds").Value > 1.7e9);
    }

    [Fact]
    public async Task Certificates_are_reported_by_the_leader_only()
    {
        _controller.Published(ModelWithCertificate(), 1, [0, 0, 0]);
        var leader = await PageAsync(enabled: true);
        _controller.LeadershipChanged(false, "lease");
        var follower = await PageAsync(enabled: true);

        var info = leader.All("nginx_ingress_controller_ssl_certificate_info").Single(s => s["host"] == "h.test");
        Assert.Equal("ns", info["namespace"]);
        Assert.Equal("secret", info["secret_name"]);
        Assert.Equal("k8s.io/ingress-nginx", info["class"]);
        Assert.Equal("An Issuer", info["issuer_common_name"]);
        Assert.Equal("Example Org", info["issuer_organization"]);
        Assert.Equal("ECDSA", info["public_key_algorithm"]);
        Assert.Equal("258", info["serial_number"]);
        Assert.Equal("-258", info["identifier"]);
        Assert.Equal(["_", "broken.test", "h.test"], leader.All("nginx_ingress_controller_ssl_expire_time_seconds").Select(s => s["host"]).Order(StringComparer.Ordinal));
        Assert.Equal(
            4102444800, leader.All("nginx_ingress_controller_ssl_expire_time_seconds").Single(s => s["host"] == "h.test").Value);
        Assert.DoesNotContain("ssl_", follower.Text, StringComparison.Ordinal);
        Assert.Equal(0, follower.One("nginx_ingress_controller_leader_election_status").Value);
    }

    private static GatewayModel ModelWithCertificate()
    {
        var certificate = SelfMade();
        return new GatewayModel
        {
            Listeners =
            [
                new Listener
                {
                    Name = "https",
                    Protocol = ListenerProtocol.Https,
                    Port = 443,
                    Hosts = HostTable.Empty,
                    Certificates = new CertificateTable(
                        ImmutableDictionary<string, Certificate?>.Empty.Add("h.test", certificate).Add("broken.test", null),
                        certificate with { Name = "self-made", Fingerprint = "2" }),
                },
            ],
        };
    }

    private static Certificate SelfMade()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var issuer = new X500DistinguishedName("CN=An Issuer, O=Example Org");
        var request = new CertificateRequest("CN=h.test", key, HashAlgorithmName.SHA256);
        var notAfter = new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);
        using var made = request.Create(issuer, X509SignatureGenerator.CreateForECDsa(key), notAfter.AddYears(-90), notAfter, [1, 2]);
        return new Certificate
        {
            Name = "ns/secret",
            Fingerprint = "1",
            ChainPem = [.. Encoding.ASCII.GetBytes(made.ExportCertificatePem())],
            KeyPem = [],
            NotAfter = notAfter,
        };
    }
}
