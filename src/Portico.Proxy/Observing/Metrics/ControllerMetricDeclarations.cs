namespace Portico.Proxy.Observing.Metrics;

/// <summary>Metrics of the control loop, filled by <see cref="ControllerMetrics"/>.</summary>
public static class ControllerMetricDeclarations
{
    public static MetricDeclaration BuildInfo { get; } = Controller(
        "nginx_ingress_controller_build_info", MetricType.Gauge,
        "A metric with a constant '1' labeled with information about the build", "build", "release", "repository");

    public static MetricDeclaration ConfigHash { get; } = Controller(
        "nginx_ingress_controller_config_hash", MetricType.Gauge, "Hash of the running configuration; 0 after a publication that failed");

    public static MetricDeclaration LastReloadSuccessful { get; } = Controller(
        "nginx_ingress_controller_config_last_reload_successful", MetricType.Gauge, "Whether the last configuration was put into effect");

    public static MetricDeclaration LastReloadTimestamp { get; } = Controller(
        "nginx_ingress_controller_config_last_reload_successful_timestamp_seconds", MetricType.Gauge,
        "When a configuration was last put into effect");

    public static MetricDeclaration Success { get; } = Controller(
        "nginx_ingress_controller_success", MetricType.Counter, "Cumulative number of configurations that were put into effect");

    public static MetricDeclaration Errors { get; } = Controller(
        "nginx_ingress_controller_errors", MetricType.Counter, "Cumulative number of configurations that could not be put into effect");

    /// <summary>Without the constant labels, as ingress-nginx has it; <c>class</c> holds the controller class.</summary>
    public static MetricDeclaration SslExpireTime { get; } = new(
        "nginx_ingress_controller_ssl_expire_time_seconds", MetricType.Gauge,
        "Number of seconds since 1970 to the SSL certificate's expiry; only the leader reports it. Expiry within 10 days: "
        + "nginx_ingress_controller_ssl_expire_time_seconds < (time() + (10 * 24 * 3600))",
        "class", "host", "identifier", "namespace", "secret_name");

    public static MetricDeclaration SslCertificateInfo { get; } = new(
        "nginx_ingress_controller_ssl_certificate_info", MetricType.Gauge,
        "Holds all labels associated with a certificate; only the leader reports it",
        "class", "host", "identifier", "issuer_common_name", "issuer_organization", "namespace", "public_key_algorithm", "secret_name", "serial_number");

    public static MetricDeclaration LeaderElectionStatus { get; } = Controller(
        "nginx_ingress_controller_leader_election_status", MetricType.Gauge,
        "Status of the leader election: 0 follower, 1 leader; 'name' identifies the lease", "name");

    public static MetricDeclaration OrphanIngress { get; } = Controller(
        "nginx_ingress_controller_orphan_ingress", MetricType.Gauge,
        "Whether an Ingress names a Service that is missing (no-service) or has no endpoint (no-endpoint)", "ingress", "namespace", "type");

    public static MetricDeclaration PorticoBuildInfo { get; } = new(
        "portico_build_info", MetricType.Gauge, "A constant 1, labelled with the version", "version");

    public static MetricDeclaration SnapshotsPublished { get; } = new(
        "portico_snapshots_published_total", MetricType.Counter, "Configurations that were put into effect");

    public static MetricDeclaration SnapshotTimestamp { get; } = new(
        "portico_snapshot_timestamp_seconds", MetricType.Gauge, "When the running configuration was put into effect");

    public static MetricDeclaration Findings { get; } = new(
        "portico_findings", MetricType.Gauge, "Things wrong with the objects of the running configuration, by severity", "severity");

    public static IReadOnlyList<MetricDeclaration> All { get; } =
    [
        BuildInfo, ConfigHash, LastReloadSuccessful, LastReloadTimestamp, Success, Errors, SslExpireTime, SslCertificateInfo,
        LeaderElectionStatus, OrphanIngress, PorticoBuildInfo, SnapshotsPublished, SnapshotTimestamp, Findings,
    ];

    private static MetricDeclaration Controller(string name, MetricType type, string help, params string[] labels) =>
        new(name, type, help, labels) { HasConstantLabels = true };
}
