using System.Collections.Immutable;

namespace Portico.Proxy.Observing.Metrics;

/// <summary>The flags that shape the request metrics. Fixed for the life of the process.</summary>
public sealed record RequestMetricsOptions
{
    /// <summary><c>--enable-metrics</c>: without it nothing with the prefix nginx_ingress_controller_ is on the page.</summary>
    public bool Enabled { get; init; }

    /// <summary><c>--metrics-per-host</c></summary>
    public bool PerHost { get; init; } = true;

    /// <summary><c>--metrics-per-undefined-host</c>: also count hosts that no rule spells out; needs <see cref="PerHost"/>.</summary>
    public bool PerUndefinedHost { get; init; }

    /// <summary><c>--report-status-classes</c>: the label is 2xx instead of 204.</summary>
    public bool StatusClasses { get; init; }

    /// <summary><c>--time-buckets</c>, seconds.</summary>
    public ImmutableArray<double> TimeBuckets { get; init; } = HistogramBorders.DefaultTime;

    /// <summary><c>--length-buckets</c>, bytes.</summary>
    public ImmutableArray<double> LengthBuckets { get; init; } = HistogramBorders.DefaultLength;

    /// <summary><c>--size-buckets</c>, bytes.</summary>
    public ImmutableArray<double> SizeBuckets { get; init; } = HistogramBorders.DefaultSize;

    /// <summary><c>--exclude-socket-metrics</c>: names with or without prefix; unknown ones change nothing.</summary>
    public ImmutableArray<string> Excluded { get; init; } = [];

    /// <summary>
    /// How many series of undefined hosts one shard keeps. Clients choose these names, so there has to be an end;
    /// what comes later is counted in portico_request_series_refused_total.
    /// </summary>
    public int UndefinedHostSeriesPerShard { get; init; } = 10_000;

    /// <summary>What is wrong with the combination, or null. ingress-nginx refuses to start then.</summary>
    public string? FindError() => PerUndefinedHost && !PerHost
        ? "--metrics-per-undefined-host=true must be passed with --metrics-per-host=true"
        : null;

    internal bool Excludes(MetricDeclaration metric)
    {
        foreach (var name in Excluded)
        {
            if (metric.Name == name || metric.Name == "nginx_ingress_controller_" + name)
            {
                return true;
            }
        }

        return false;
    }
}
