using Portico.Ingress.Annotations;
using Portico.Ingress.Configuration;
using Portico.Model;
using Portico.Model.Policies;
using Xunit;
using static Portico.UnitTests.IngressTranslation.TestCluster;

namespace Portico.UnitTests.IngressTranslation;

public class ConfigurationTests
{
    private readonly TestCluster _cluster = new();

    private GlobalSettings Settings(params (string, string)[] data)
    {
        _cluster.Config(data).Apply();
        return _cluster.Model.Settings;
    }

    private Finding[] Findings => _cluster.FindingsOf("ConfigMap", "config", "system");

    [Fact]
    public void Without_a_ConfigMap_all_defaults_hold()
    {
        _cluster.Apply();
        var settings = _cluster.Model.Settings;
        Assert.Equal(new HstsSettings(), settings.Hsts);
        Assert.Equal(new ClientLimits(), settings.Client);
        Assert.Equal(new UpstreamPoolSettings(), settings.UpstreamPool);
        Assert.True(settings.AccessLog.Enabled);
    }

    [Fact]
    public void Every_key_is_declared_once_and_takes_its_own_default_without_a_word()
    {
        Assert.Equal(ConfigKeys.All.Length, ConfigKeys.ByName.Count);
        Settings([.. ConfigKeys.All.Select(k => (k.Name, k.Default))]);
        Assert.Empty(Findings);
        Assert.Equal(UpstreamPolicy.Default.Retry, RetryPolicy.Default);
    }

    [Theory]
    [InlineData("1", true)]
    [InlineData("T", true)]
    [InlineData("0", false)]
    [InlineData("", false)]
    [InlineData("abc", true)]
    public void Booleans_are_read_as_Go_reads_them(string value, bool expected) =>
        Assert.Equal(expected, Settings(("generate-request-id", value)).GenerateRequestId);

    [Theory]
    [InlineData("0x10", 16)]
    [InlineData("0b11", 3)]
    [InlineData("0o17", 15)]
    [InlineData("010", 8)]
    [InlineData("1_000", 1000)]
    [InlineData("-1", 1000)]
    [InlineData("99999999999", 1000)]
    [InlineData("ten", 1000)]
    public void Integers_may_have_a_base_prefix(string value, int expected) =>
        Assert.Equal(expected, Settings(("keep-alive-requests", value)).Client.KeepAliveRequests);

    [Fact]
    public void One_bad_value_leaves_the_other_keys_alone()
    {
        _cluster.Add(IngressOf("i", [Rule("h.test")]));
        Settings(("proxy-read-timeout", "20k"), ("http-redirect-code", "301"), ("large-client-header-buffers", "nonsense"));
        Assert.Equal(TimeSpan.FromSeconds(60), _cluster.Route("h.test", "/").Upstream.ReadTimeout);
        Assert.Equal(301, _cluster.Route("h.test", "/").HttpsRedirect!.Status);
        Assert.Equal(["large-client-header-buffers", "proxy-read-timeout"], Findings.Select(f => f.Field));
    }

    [Theory]
    [InlineData("1h30m", 5400)]
    [InlineData("90", 90)]
    [InlineData("1d", 86400)]
    [InlineData("500ms", 0.5)]
    [InlineData("soon", 240)]
    [InlineData("", 240)]
    public void Times_have_the_units_of_nginx(string value, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Settings(("worker-shutdown-timeout", value)).ShutdownTimeout);

    [Fact]
    public void Unknown_keys_are_reported_with_a_hint_and_keys_of_nginx_are_explained()
    {
        Settings(("ssl-redirct", "true"), ("jaeger-collector-host", "x"), ("worker-processes", "4"), ("use-geoip2", "true"), ("main-snippet", "x;"));
        Assert.Contains(Findings, f => f.Reason == "UnknownConfigKey" && f.Message.Contains("ssl-redirect"));
        Assert.Contains(Findings, f => f.Field == "jaeger-collector-host");
        Assert.Contains(Findings, f => f.Field == "worker-processes" && f.Severity == FindingSeverity.Info);
        Assert.Contains(Findings, f => f.Field == "use-geoip2" && f.Message.Contains("not in effect yet"));
        Assert.Contains(Findings, f => f.Field == "main-snippet" && f.Severity == FindingSeverity.Error);
    }

    [Fact]
    public void Lists_are_trimmed_and_header_names_of_hide_headers_are_lower_case() =>
        Assert.Equal(["x-powered-by", "x-runtime"], Settings(("hide-headers", " X-Powered-By, ,x-runtime,")).HiddenResponseHeaders);

    [Fact]
    public void Hsts_parts()
    {
        Assert.Equal(
            new HstsSettings { MaxAge = "86400", IncludeSubdomains = false, Preload = true },
            Settings(("hsts-max-age", "86400"), ("hsts-include-subdomains", "false"), ("hsts-preload", "true")).Hsts);
        Assert.Null(Settings(("hsts", "false")).Hsts);
        Assert.Equal("31536000", Settings(("hsts-max-age", "1; evil")).Hsts!.MaxAge);
    }

    [Fact]
    public void Logs()
    {
        var log = Settings(("log-format-upstream", "$host $status"), ("log-format-escape-json", "true"), ("access-log-path", "/tmp/a"), ("http-access-log-path", "/tmp/b"), ("disable-http-access-log", "true")).AccessLog;
        Assert.Equal("$host $status", log.Format.Source);
        Assert.Equal(LogEscape.Json, log.Escape);
        Assert.Equal("/tmp/b", log.Path);
        Assert.False(log.Enabled);
        Assert.Equal("", Settings(("access-log-path", "/var/log/nginx/access.log")).AccessLog.Path);
    }

    [Fact]
    public void Referenced_header_maps_apply_as_they_change_and_touch_no_host()
    {
        _cluster.Add(Map("default", "add", ("X-A", "$host"), ("Bad Name", "x"))).Add(Map("default", "set", ("X-Secret", ""))).Add(IngressOf("i", [Rule("h.test")]));
        var settings = Settings(("add-headers", "default/add"), ("proxy-set-headers", "default/set"));
        Assert.Equal("X-A", Assert.Single(settings.ResponseHeaders).Name);
        Assert.True(Assert.Single(settings.RequestHeaders).Value.IsEmpty);
        var hosts = _cluster.Hosts;
        _cluster.Add(Map("default", "add", ("X-B", "1"))).Apply();
        Assert.Equal("X-B", Assert.Single(_cluster.Model.Settings.ResponseHeaders).Name);
        Assert.Same(hosts, _cluster.Hosts);
    }

    [Fact]
    public void A_missing_header_map_is_picked_up_when_it_comes()
    {
        Settings(("add-headers", "default/add"));
        Assert.Contains(Findings, f => f.Reason == "MissingConfigMap");
        _cluster.Add(Map("default", "add", ("X-A", "1"))).Apply();
        Assert.Single(_cluster.Model.Settings.ResponseHeaders);
        Assert.Empty(Findings);
    }

    [Fact]
    public void An_allow_list_without_a_readable_entry_lets_nobody_in_and_a_partly_bad_one_keeps_the_rest()
    {
        _cluster.Add(IngressOf("i", [Rule("h.test")])).Add(IngressOf("own", [Rule("own.test")], ("allowlist-source-range", "127.0.0.1")));
        Settings(("whitelist-source-range", "nonsense"), ("block-cidrs", "10.0.0.0/8,junk"), ("proxy-real-ip-cidr", "junk"));
        Assert.NotNull(_cluster.Route("h.test", "/").Denial);
        Assert.Null(_cluster.Route("own.test", "/").Denial);
        Assert.Single(_cluster.Model.Settings.BlockedClients);
        Assert.Empty(_cluster.Model.Settings.Forwarded.TrustedProxies);
        Settings(("whitelist-source-range", "junk,127.0.0.0/8"));
        Assert.Null(_cluster.Route("h.test", "/").Denial);
        Assert.Single(_cluster.Route("h.test", "/").SourceRanges!.Allow);
    }

    [Fact]
    public void Deleting_the_ConfigMap_keeps_its_last_values()
    {
        _cluster.Add(IngressOf("i", [Rule("h.test")]));
        Settings(("whitelist-source-range", "10.0.0.0/8"));
        _cluster.Delete(Map("system", "config")).Apply();
        Assert.NotNull(_cluster.Route("h.test", "/").SourceRanges);
        Assert.Contains(Findings, f => f.Reason == "MissingConfigMap");
    }

    [Fact]
    public void The_default_backend_is_logged_on_request_only()
    {
        Settings();
        Assert.False(_cluster.Route("_", "/").AccessLog);
        Settings(("enable-access-log-for-default-backend", "true"));
        Assert.True(_cluster.Route("_", "/").AccessLog);
    }

    [Fact]
    public void All_138_names_of_annotations_are_declared_with_documentation()
    {
        var names = AnnotationCatalog.Declarations.Where(d => !d.IsOwn).SelectMany(d => d.Alias is { } alias ? new[] { d.Name, alias } : [d.Name]).ToList();
        Assert.Equal(138, names.Distinct().Count());
        Assert.Equal(138, names.Count);
        Assert.All(AnnotationCatalog.Declarations, d => Assert.True(d.Doc.EndsWith('.') && d.Default.Length > 0, d.Name));
        Assert.All(AnnotationCatalog.Declarations, d => Assert.True(d.ConfigKey is null || ConfigKeys.ByName.ContainsKey(d.ConfigKey), d.Name));
        Assert.Equal(5, AnnotationCatalog.Declarations.Count(d => d.Risk == AnnotationRisk.Critical));
    }
}
