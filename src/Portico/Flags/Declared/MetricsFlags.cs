using System.Collections.Immutable;
using System.Net;

namespace Portico.Flags.Declared;

/// <summary>Health, metrics and profiles: the administrative port.</summary>
internal static class MetricsFlags
{
    private const string NoNativeHistograms = "histograms have the fixed borders of the *-buckets flags";

    public static FlagGroup Group { get; } = new("Health and metrics");

    public static Flag<int> HealthzPort { get; } = Group.Add(
        FlagTypes.Port, "healthz-port", 10254, "The port of /healthz, /readyz, /metrics and /configuration.");

    public static Flag<IPAddress?> HealthzHost { get; } = Group.Add(
        FlagTypes.Address, "healthz-host", null, "The address of that port.", "as --bind-address");

    public static Flag<string> HealthCheckPath { get; } = Group.Add(
        FlagTypes.HttpPath, "health-check-path", "/healthz", "The path of the health check.");

    public static Flag<bool> EnableMetrics { get; } = Group.Add(
        FlagTypes.Switch, "enable-metrics", false, "Count requests, connections and changes.");

    public static Flag<bool> MetricsPerHost { get; } = Group.Add(
        FlagTypes.Switch, "metrics-per-host", true, "Request metrics carry the host as a label.");

    public static Flag<bool> MetricsPerUndefinedHost { get; } = Group.Add(
        FlagTypes.Switch, "metrics-per-undefined-host", false, "Also for hosts that no Ingress names; needs --metrics-per-host.");

    public static Flag<bool> ReportStatusClasses { get; } = Group.Add(
        FlagTypes.Switch, "report-status-classes", false, "Request metrics carry 2xx instead of 200 and so on.");

    public static Flag<ImmutableArray<string>> ExcludeSocketMetrics { get; } = Group.Add(
        FlagTypes.Names, "exclude-socket-metrics", [], "Request metrics not to keep, with or without the prefix nginx_ingress_controller_.");

    public static Flag<ImmutableArray<double>> TimeBuckets { get; } = Group.Add(
        FlagTypes.Borders, "time-buckets", [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10], "Borders of the histograms of durations, seconds.");

    public static Flag<ImmutableArray<double>> LengthBuckets { get; } = Group.Add(
        FlagTypes.Borders, "length-buckets", [10, 20, 30, 40, 50, 60, 70, 80, 90, 100], "Borders of the histograms of request and response sizes, bytes.");

    public static Flag<ImmutableArray<double>> SizeBuckets { get; } = Group.Add(
        FlagTypes.Borders, "size-buckets", [10, 100, 1e3, 1e4, 1e5, 1e6, 1e7], "Borders of the histogram of bytes sent.");

    public static Flag<double> BucketFactor { get; } = Group.AddNotYet(
        FlagTypes.Number, "bucket-factor", 0, "Above 1: Prometheus native histograms.", NoNativeHistograms);

    public static Flag<int> MaxBuckets { get; } = Group.AddNotYet(
        FlagTypes.Count, "max-buckets", 100, "The most buckets of a native histogram.", NoNativeHistograms);
}
