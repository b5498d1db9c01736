using System.Net;
using Portico.Flags;
using Portico.Flags.Declared;
using Xunit;

namespace Portico.UnitTests.Cli;

public sealed class ServeCommandLineTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("portico-flags-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Without_flags_everything_has_the_defaults_of_ingress_nginx()
    {
        var options = Accepted();

        Assert.Equal((80, 443, 10254), (options.HttpPort, options.HttpsPort, options.HealthzPort));
        Assert.Null(options.BindAddress);
        Assert.Equal("k8s.io/ingress-nginx", options.ControllerClass);
        Assert.Equal("nginx", options.IngressClass);
        Assert.True(options.DeepInspect);
        Assert.True(options.MetricsPerHost);
        Assert.False(options.EnableMetrics);
        Assert.Equal("cluster.local", options.ClusterDomain);
        Assert.Equal([0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10], options.TimeBuckets);
        Assert.Equal(TimeSpan.FromSeconds(30), options.ElectionTtl);
    }

    [Theory]
    [InlineData("--http-port=8080")]
    [InlineData("--http-port", "8080")]
    [InlineData("-http-port=8080")]
    [InlineData("--http-port=1", "--http-port=8080")]
    public void A_value_follows_the_name_by_an_equals_sign_or_as_the_next_argument_and_the_last_one_wins(params string[] arguments) =>
        Assert.Equal(8080, Accepted(arguments).HttpPort);

    [Theory]
    [InlineData("--deep-inspect", true)]
    [InlineData("--deep-inspect=true", true)]
    [InlineData("--deep-inspect=1", true)]
    [InlineData("--deep-inspect=T", true)]
    [InlineData("--deep-inspect=TRUE", true)]
    [InlineData("--deep-inspect=false", false)]
    [InlineData("--deep-inspect=0", false)]
    [InlineData("--deep-inspect=F", false)]
    [InlineData("--deep-inspect=False", false)]
    public void A_switch_reads_the_words_of_Go(string argument, bool expected) => Assert.Equal(expected, Accepted(argument).DeepInspect);

    [Fact]
    public void A_switch_does_not_take_the_next_argument()
    {
        var refused = Refused("--enable-metrics", "false");

        Assert.Equal("'false' is not expected here; write --enable-metrics=false", Assert.Single(refused));
        Assert.True(Accepted("--enable-metrics", "--http-port=8080").EnableMetrics);
    }

    [Theory]
    [InlineData("-v=5")]
    [InlineData("-v", "5")]
    [InlineData("-v5")]
    [InlineData("--v=5", "--logtostderr")]
    [InlineData("--v=5", "--logtostderr=false")]
    public void Flags_of_klog_are_understood(params string[] arguments) => Assert.Equal(5, Accepted(arguments).Verbosity);

    [Fact]
    public void Manifests_may_be_given_several_times_and_become_absolute()
    {
        var file = Path.Combine(_folder, "one.yaml");
        File.WriteAllText(file, "");

        Assert.Equal([_folder, file], Accepted("--manifests", file).Manifests);
    }

    [Theory]
    [InlineData("--http-port=0", "--http-port=0: expected a port number from 1 to 65535")]
    [InlineData("--http-port=65536", "--http-port=65536: expected a port number from 1 to 65535")]
    [InlineData("--http-port=-1", "--http-port=-1: expected a port number from 1 to 65535")]
    [InlineData("--http-port= 80", "--http-port= 80: expected a port number from 1 to 65535")]
    [InlineData("--http-port=", "--http-port=: expected a port number from 1 to 65535")]
    [InlineData("--bind-address=localhost", "--bind-address=localhost: expected an IPv4 or IPv6 address")]
    [InlineData("--bind-address=127.1", "--bind-address=127.1: expected an IPv4 or IPv6 address")]
    [InlineData("--configmap=settings", "--configmap=settings: expected namespace/name")]
    [InlineData("--configmap=a/b/c", "--configmap=a/b/c: expected namespace/name")]
    [InlineData("--default-ssl-certificate=/b", "--default-ssl-certificate=/b: expected namespace/name")]
    [InlineData("--watch-namespace-selector=a in b", "--watch-namespace-selector=a in b: expected a label selector, e.g. 'tier in (gold, silver),!internal'")]
    [InlineData("--deep-inspect=yes", "--deep-inspect=yes: expected true or false")]
    [InlineData("--election-ttl=30", "--election-ttl=30: expected a duration such as 30s, 1m30s or 500ms")]
    [InlineData("--time-buckets=1,0.5", "--time-buckets=1,0.5: expected rising numbers with commas between them")]
    [InlineData("--health-check-path=health", "--health-check-path=health: expected a path that begins with /")]
    [InlineData("--cluster-domain=", "--cluster-domain=: expected a name, not empty")]
    [InlineData("--shards=two", "--shards=two: expected a whole number, 0 or more")]
    [InlineData("--validating-webhook=8443", "--validating-webhook=8443: expected an address and a port, e.g. :8443 or 10.0.0.1:8443")]
    public void A_bad_value_is_refused_with_flag_value_and_what_is_expected(string argument, string error) =>
        Assert.Equal(error, Assert.Single(Refused(argument)));

    [Theory]
    [InlineData("--http-port", "--http-port needs a value: a port number from 1 to 65535")]
    [InlineData("--configmap", "--configmap needs a value: namespace/name")]
    public void A_missing_value_at_the_end_is_named(string argument, string error) => Assert.Equal(error, Assert.Single(Refused(argument)));

    [Fact]
    public void A_flag_where_a_value_belongs_means_that_the_value_was_forgotten() =>
        Assert.Equal("--configmap needs a value: namespace/name", Assert.Single(Refused("--configmap", "--http-port=8080")));

    [Theory]
    [InlineData("--htp-port=80", "--htp-port is not a flag of serve; did you mean --http-port?")]
    [InlineData("--enable-metric", "--enable-metric is not a flag of serve; did you mean --enable-metrics?")]
    [InlineData("--colour", "--colour is not a flag of serve")]
    [InlineData("--HTTP-PORT=80", "--HTTP-PORT is not a flag of serve")]
    public void An_unknown_flag_is_refused_with_the_closest_name(string argument, string error) =>
        Assert.Equal(error, Assert.Single(Refused(argument)));

    [Fact]
    public void The_value_of_an_unknown_flag_is_not_a_second_error() => Assert.Single(Refused("--htp-port", "80"));

    [Fact]
    public void All_errors_are_told_at_once() => Assert.Equal(3, Refused("stray", "--http-port=x", "--nonsense-flag").Length);

    [Theory]
    [InlineData("--publish-service=a/b", "--publish-status-address=1.2.3.4", "--publish-service and --publish-status-address exclude each other; give one of them")]
    [InlineData("--watch-namespace=a", "--watch-namespace-selector=b=c", "--watch-namespace and --watch-namespace-selector exclude each other; give one of them")]
    [InlineData("--metrics-per-undefined-host", "--metrics-per-host=false", "--metrics-per-undefined-host needs --metrics-per-host")]
    [InlineData("--http-port=8080", "--https-port=8080", "--http-port and --https-port are both 8080; each needs a port of its own")]
    [InlineData("--https-port=9000", "--healthz-port=9000", "--https-port and --healthz-port are both 9000; each needs a port of its own")]
    public void Flags_that_contradict_each_other_are_refused(string first, string second, string error) =>
        Assert.Equal(error, Assert.Single(Refused(first, second)));

    [Fact]
    public void The_administrative_port_may_equal_another_on_a_different_address()
    {
        string[] same = ["--bind-address=127.0.0.1", "--http-port=9000", "--healthz-port=9000"];

        Assert.Equal(9000, Accepted([.. same, "--healthz-host=127.0.0.2"]).HealthzPort);
        Assert.Single(Refused([.. same, "--healthz-host=127.0.0.1"]));
        Assert.Single(Refused(same));
    }

    [Fact]
    public void The_administrative_port_listens_where_traffic_does_unless_told_otherwise()
    {
        Assert.Equal(IPAddress.Loopback, Accepted("--bind-address=127.0.0.1").HealthzHost);
        Assert.Equal(IPAddress.IPv6Loopback, Accepted("--bind-address=127.0.0.1", "--healthz-host=::1").HealthzHost);
    }

    [Fact]
    public void Without_manifests_the_error_says_what_to_give()
    {
        var parsed = ServeCommandLine.Parse([], NoEnvironment);

        Assert.Null(parsed.Options);
        var error = Assert.Single(parsed.Errors);
        Assert.Contains("give --manifests with a file or folder", error, StringComparison.Ordinal);
        Assert.Contains("--kubeconfig", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cluster_takes_the_place_of_manifests()
    {
        Assert.Equal("/etc/kube", ServeCommandLine.Parse(["--kubeconfig=/etc/kube"], NoEnvironment).Options!.KubeConfig);
        Assert.NotNull(ServeCommandLine.Parse([], name => name == "KUBERNETES_SERVICE_HOST" ? "10.0.0.1" : null).Options);
        Assert.NotNull(ServeCommandLine.Parse([], name => name == "KUBECONFIG" ? "/etc/kube" : null).Options);
    }

    [Fact]
    public void Manifests_and_a_cluster_exclude_each_other() =>
        Assert.Equal("--manifests and --kubeconfig exclude each other; give one of them", Assert.Single(Refused("--kubeconfig=/etc/kube")));

    [Fact]
    public void A_folder_that_is_not_there_is_named()
    {
        var missing = Path.Combine(_folder, "missing");

        Assert.Equal($"--manifests={missing}: expected the path of a file or folder that exists", Assert.Single(Refused("--manifests", missing)));
    }

    [Fact]
    public void Flags_without_effect_are_accepted_with_one_warning_each()
    {
        var parsed = Parse("--sync-rate-limit=1", "--sync-rate-limit=2", "--maxmind-license-key=k", "--http-port=8080");

        Assert.Empty(parsed.Errors);
        Assert.Equal(
            ["--sync-rate-limit has no effect: a change costs its own size and is applied within milliseconds",
             "--maxmind-license-key has no effect yet: client locations are still to come"],
            parsed.Warnings);
    }

    [Fact]
    public void Flags_of_ingress_nginx_warn_only_when_given() => Assert.Empty(Parse("--http-port=8080").Warnings);

    [Fact]
    public void The_flag_version_needs_nothing_else() => Assert.True(ServeCommandLine.Parse(["--version"], NoEnvironment).VersionWanted);

    [Fact]
    public void Lists_split_at_commas_and_grow_with_each_mention() =>
        Assert.Equal(["a", "b", "c"], Accepted("--exclude-socket-metrics=a,b", "--exclude-socket-metrics", "c").ExcludeSocketMetrics);

    [Fact]
    public void The_pod_is_known_from_the_environment()
    {
        var parsed = ServeCommandLine.Parse(["--manifests", _folder], name => name == "POD_NAME" ? "gateway-1" : null);

        Assert.Equal(("gateway-1", ""), (parsed.Options?.PodName, parsed.Options?.PodNamespace));
    }

    [Fact]
    public void The_pause_after_shutdown_is_taken_only_when_asked_for_without_a_cluster()
    {
        Assert.Equal(TimeSpan.Zero, Accepted().PostShutdownGracePeriod);
        Assert.Equal(TimeSpan.FromSeconds(3), Accepted("--post-shutdown-grace-period=3").PostShutdownGracePeriod);
    }

    [Fact]
    public void Every_flag_is_declared_once_with_words_about_it()
    {
        Assert.Equal(ServeFlags.All.Length, ServeFlags.All.Select(f => f.Name).Distinct().Count());
        Assert.All(ServeFlags.All, flag => Assert.NotEmpty(flag.Doc));
        Assert.All(ServeFlags.All.Where(f => f.Effect != FlagEffect.Implemented), flag => Assert.NotEmpty(flag.Because));
        Assert.Contains(SourceFlags.Manifests, ServeFlags.All);
    }

    [Fact]
    public void Every_flag_of_ingress_nginx_is_known()
    {
        string[] names =
        [
            "annotations-prefix", "apiserver-host", "certificate-authority", "kubeconfig", "bucket-factor", "max-buckets", "time-buckets",
            "length-buckets", "size-buckets", "configmap", "controller-class", "ingress-class", "ingress-class-by-name",
            "watch-ingress-without-class", "deep-inspect", "default-backend-service", "default-server-port", "default-ssl-certificate",
            "disable-catch-all", "disable-full-test", "disable-leader-election", "disable-svc-external-name", "disable-sync-events",
            "dynamic-configuration-retries", "election-id", "election-ttl", "enable-annotation-validation", "enable-metrics",
            "exclude-socket-metrics", "metrics-per-host", "metrics-per-undefined-host", "report-status-classes", "monitor-max-batch-size",
            "enable-ssl-chain-completion", "enable-ssl-passthrough", "ssl-passthrough-proxy-port", "enable-topology-aware-routing",
            "health-check-path", "health-check-timeout", "healthz-host", "healthz-port", "http-port", "https-port", "internal-logger-address",
            "maxmind-edition-ids", "maxmind-license-key", "maxmind-mirror", "maxmind-retries-count", "maxmind-retries-timeout",
            "post-shutdown-grace-period", "shutdown-grace-period", "profiling", "profiler-address", "profiler-port", "publish-service",
            "publish-status-address", "report-node-internal-ip-address", "update-status", "update-status-on-shutdown",
            "status-update-interval", "status-port", "stream-port", "sync-period", "sync-rate-limit", "tcp-services-configmap",
            "udp-services-configmap", "validating-webhook", "validating-webhook-certificate", "validating-webhook-key", "version",
            "watch-namespace", "watch-namespace-selector",
        ];

        Assert.Empty(names.Except(ServeFlags.All.Select(f => f.Name)));
    }

    private static string? NoEnvironment(string name) => null;

    private ServeCommandLine Parse(params string[] arguments) => ServeCommandLine.Parse(["--manifests", _folder, .. arguments], NoEnvironment);

    private ServeOptions Accepted(params string[] arguments)
    {
        var parsed = Parse(arguments);
        Assert.Empty(parsed.Errors);
        return Assert.IsType<ServeOptions>(parsed.Options);
    }

    private string[] Refused(params string[] arguments)
    {
        var parsed = Parse(arguments);
        Assert.Null(parsed.Options);
        return [.. parsed.Errors];
    }
}
