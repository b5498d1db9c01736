using System.Globalization;
using System.Text;

namespace Portico.Services.Observing;

/// <summary>
/// The numbers of the proxy under the names of kube-proxy, where they mean the same. Written by the proxy's task and by probes, read by
/// scrapes: a lock.
/// </summary>
internal sealed class ProxyMetrics(IReadOnlyList<IpFamily> families)
{
    /// <summary>1 ms × 2ᵏ.</summary>
    private static readonly double[] SyncBuckets = [.. Enumerable.Range(0, 15).Select(k => 0.001 * (1 << k))];

    /// <summary>kube-proxy's: a quarter and half a second, each second to a minute, then coarser to five minutes.</summary>
    private static readonly double[] ProgrammingBuckets =
        [0.25, 0.5, .. Enumerable.Range(1, 59).Select(s => (double)s), .. Enumerable.Range(0, 12).Select(s => 60 + (5.0 * s)), .. Enumerable.Range(0, 7).Select(s => 120 + (30.0 * s))];

    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, Metric> _metrics = new(StringComparer.Ordinal);

    /// <summary>A transaction was taken.</summary>
    /// <param name="full">Whether it held the whole table.</param>
    public void Synced(IpFamily family, bool full, double seconds, double now)
    {
        lock (_gate)
        {
            var label = Label(family);
            Histogram("kubeproxy_sync_proxy_rules_duration_seconds", "How long bringing the rules up to date took", SyncBuckets, label, seconds);
            if (full)
            {
                Histogram("kubeproxy_sync_full_proxy_rules_duration_seconds", "How long writing all rules took", SyncBuckets, label, seconds);
            }
            else
            {
                Histogram("kubeproxy_sync_partial_proxy_rules_duration_seconds", "How long writing changes of rules took", SyncBuckets, label, seconds);
            }

            Gauge("kubeproxy_sync_proxy_rules_last_timestamp_seconds", "When the rules were last brought up to date", label, now);
        }
    }

    /// <summary>Changes came in and wait.</summary>
    public void Queued(int services, int slices, double now)
    {
        lock (_gate)
        {
            foreach (var label in families.Select(Label))
            {
                Gauge("kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds", "When a change last came in", label, now);
                Count("kubeproxy_sync_proxy_rules_service_changes_total", "Changes of Services", label, services);
                Count("kubeproxy_sync_proxy_rules_endpoint_changes_total", "Changes of EndpointSlices", label, slices);
                Gauge("kubeproxy_sync_proxy_rules_service_changes_pending", "Changes of Services that are not in force yet", label, services, add: true);
                Gauge("kubeproxy_sync_proxy_rules_endpoint_changes_pending", "Changes of EndpointSlices that are not in force yet", label, slices, add: true);
            }
        }
    }

    /// <summary>Everything that is known is in force.</summary>
    /// <param name="withoutLocal">Ports with a Local policy and endpoints elsewhere only.</param>
    /// <param name="programmed">For each change of a pod that is in force now, the seconds since.</param>
    public void InForce(IpFamily family, (int Inside, int Outside) withoutLocal, IEnumerable<double> programmed)
    {
        const string WithoutLocal = "kubeproxy_sync_proxy_rules_no_local_endpoints_total";
        const string WithoutLocalHelp = "Service ports with a Local traffic policy and no endpoint on this node";
        lock (_gate)
        {
            var label = Label(family);
            Gauge("kubeproxy_sync_proxy_rules_service_changes_pending", "Changes of Services that are not in force yet", label, 0);
            Gauge("kubeproxy_sync_proxy_rules_endpoint_changes_pending", "Changes of EndpointSlices that are not in force yet", label, 0);
            Gauge(WithoutLocal, WithoutLocalHelp, $"{label},traffic_policy=\"internal\"", withoutLocal.Inside);
            Gauge(WithoutLocal, WithoutLocalHelp, $"{label},traffic_policy=\"external\"", withoutLocal.Outside);
            foreach (var seconds in programmed)
            {
                Histogram("kubeproxy_network_programming_duration_seconds", "From the change of a pod to the rules for it", ProgrammingBuckets, label, seconds);
            }
        }
    }

    /// <summary>The kernel refused.</summary>
    public void Failed(IpFamily family)
    {
        lock (_gate)
        {
            Count("kubeproxy_sync_proxy_rules_nftables_sync_failures_total", "Transactions that the kernel refused", Label(family), 1);
        }
    }

    /// <summary>Flows of UDP that were forgotten, so that they choose anew.</summary>
    public void Forgot(IpFamily family, int flows, double seconds)
    {
        lock (_gate)
        {
            Histogram("kubeproxy_conntrack_reconciler_sync_duration_seconds", "How long looking through the connections took", SyncBuckets, Label(family), seconds);
            Count("kubeproxy_conntrack_reconciler_deleted_entries_total", "Connections that were forgotten because their endpoint has gone", Label(family), flows);
        }
    }

    /// <summary>A probe was answered.</summary>
    public void Probed(bool live, int status)
    {
        lock (_gate)
        {
            var label = string.Create(CultureInfo.InvariantCulture, $"code=\"{status}\"");
            if (live)
            {
                Count("kubeproxy_proxy_livez_total", "Answers of /livez", label, 1);
            }
            else
            {
                Count("kubeproxy_proxy_healthz_total", "Answers of /healthz", label, 1);
            }
        }
    }

    /// <summary>The page in the text format of Prometheus.</summary>
    public string Page()
    {
        lock (_gate)
        {
            var text = new StringBuilder();
            foreach (var (name, metric) in _metrics)
            {
                text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {metric.Help}\n# TYPE {name} {metric.Type}\n");
                foreach (var (labels, value) in metric.Values)
                {
                    value.Append(text, name, labels);
                }
            }

            return text.ToString();
        }
    }

    private static string Label(IpFamily family) => $"ip_family=\"{family}\"";

    private void Count(string name, string help, string labels, double more) => ValueOf(name, help, "counter", labels, null).Sum += more;

    private void Gauge(string name, string help, string labels, double value, bool add = false)
    {
        var gauge = ValueOf(name, help, "gauge", labels, null);
        gauge.Sum = add ? gauge.Sum + value : value;
    }

    private void Histogram(string name, string help, double[] borders, string labels, double value) => ValueOf(name, help, "histogram", labels, borders).Observe(value);

    private Value ValueOf(string name, string help, string type, string labels, double[]? borders)
    {
        if (!_metrics.TryGetValue(name, out var metric))
        {
            _metrics[name] = metric = new Metric(help, type, new SortedDictionary<string, Value>(StringComparer.Ordinal));
        }

        if (!metric.Values.TryGetValue(labels, out var value))
        {
            metric.Values[labels] = value = new Value(borders);
        }

        return value;
    }

    private sealed record Metric(string Help, string Type, SortedDictionary<string, Value> Values);

    /// <summary>A number, or a histogram when it has borders.</summary>
    private sealed class Value(double[]? borders)
    {
        private readonly long[] _below = new long[(borders?.Length ?? 0) + 1];

        public double Sum { get; set; }

        public void Observe(double value)
        {
            Sum += value;
            var place = Array.FindIndex(borders!, border => value <= border);
            _below[place < 0 ? ^1 : place]++;
        }

        public void Append(StringBuilder text, string name, string labels)
        {
            if (borders is null)
            {
                text.Append(CultureInfo.InvariantCulture, $"{name}{{{labels}}} {Sum}\n");
                return;
            }

            var count = 0L;
            for (var i = 0; i <= borders.Length; i++)
            {
                count += _below[i];
                text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{{labels},le=\"{(i < borders.Length ? borders[i].ToString(CultureInfo.InvariantCulture) : "+Inf")}\"}} {count}\n");
            }

            text.Append(CultureInfo.InvariantCulture, $"{name}_sum{{{labels}}} {Sum}\n{name}_count{{{labels}}} {count}\n");
        }
    }
}
