using System.Globalization;
using Portico.Probes;

namespace Portico.Services.Observing;

/// <summary>
/// The numbers of the proxy under the names of kube-proxy, where they mean the same. Written by the proxy's task and by probes, read by
/// scrapes.
/// </summary>
internal sealed class ProxyMetrics
{
    /// <summary>1 ms × 2ᵏ.</summary>
    private static readonly double[] SyncBuckets = [.. Enumerable.Range(0, 15).Select(k => 0.001 * (1 << k))];

    /// <summary>kube-proxy's: a quarter and half a second, each second to a minute, then coarser to five minutes.</summary>
    private static readonly double[] ProgrammingBuckets =
        [0.25, 0.5, .. Enumerable.Range(1, 59).Select(s => (double)s), .. Enumerable.Range(0, 12).Select(s => 60 + (5.0 * s)), .. Enumerable.Range(0, 7).Select(s => 120 + (30.0 * s))];

    private readonly MetricTable _table = new();
    private readonly IReadOnlyList<IpFamily> _families;

    /// <summary>What counts is there from the start, at nothing: a rate over the first event is known only then.</summary>
    public ProxyMetrics(IReadOnlyList<IpFamily> families)
    {
        _families = families;
        foreach (var label in families.Select(Label))
        {
            SyncDuration(label, null);
            FullSyncDuration(label, null);
            PartialSyncDuration(label, null);
            ProgrammingDuration(label, null);
            Failed(label, 0);
            Forgot(label, 0, null);

            // Nothing that was taken out of the table is cleaned up apart from the change that did it.
            _table.Count("kubeproxy_sync_proxy_rules_nftables_cleanup_failures_total", "Always 0: a change takes out what is not needed any more", label, 0);
        }
    }

    /// <summary>A transaction was taken.</summary>
    /// <param name="full">Whether it held the whole table.</param>
    public void Synced(IpFamily family, bool full, double seconds, double now)
    {
        var label = Label(family);
        SyncDuration(label, seconds);
        if (full)
        {
            FullSyncDuration(label, seconds);
        }
        else
        {
            PartialSyncDuration(label, seconds);
        }

        _table.Gauge("kubeproxy_sync_proxy_rules_last_timestamp_seconds", "When the rules were last brought up to date", label, now);
    }

    /// <summary>Changes came in and wait.</summary>
    public void Queued(int services, int slices, double now)
    {
        foreach (var label in _families.Select(Label))
        {
            _table.Gauge("kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds", "When a change last came in", label, now);
            _table.Count("kubeproxy_sync_proxy_rules_service_changes_total", "Changes of Services", label, services);
            _table.Count("kubeproxy_sync_proxy_rules_endpoint_changes_total", "Changes of EndpointSlices", label, slices);
            _table.Gauge("kubeproxy_sync_proxy_rules_service_changes_pending", "Changes of Services that are not in force yet", label, services, add: true);
            _table.Gauge("kubeproxy_sync_proxy_rules_endpoint_changes_pending", "Changes of EndpointSlices that are not in force yet", label, slices, add: true);
        }
    }

    /// <summary>Everything that is known is in force.</summary>
    /// <param name="withoutLocal">Ports with a Local policy and endpoints elsewhere only.</param>
    /// <param name="programmed">For each change of a pod that is in force now, the seconds since.</param>
    public void InForce(IpFamily family, (int Inside, int Outside) withoutLocal, IEnumerable<double> programmed)
    {
        const string WithoutLocal = "kubeproxy_sync_proxy_rules_no_local_endpoints_total";
        const string WithoutLocalHelp = "Service ports with a Local traffic policy and no endpoint on this node";
        var label = Label(family);
        _table.Gauge("kubeproxy_sync_proxy_rules_service_changes_pending", "Changes of Services that are not in force yet", label, 0);
        _table.Gauge("kubeproxy_sync_proxy_rules_endpoint_changes_pending", "Changes of EndpointSlices that are not in force yet", label, 0);
        _table.Gauge(WithoutLocal, WithoutLocalHelp, $"{label},traffic_policy=\"internal\"", withoutLocal.Inside);
        _table.Gauge(WithoutLocal, WithoutLocalHelp, $"{label},traffic_policy=\"external\"", withoutLocal.Outside);
        foreach (var seconds in programmed)
        {
            ProgrammingDuration(label, seconds);
        }
    }

    /// <summary>The kernel refused.</summary>
    public void Failed(IpFamily family) => Failed(Label(family), 1);

    /// <summary>Flows of UDP that were forgotten, so that they choose anew.</summary>
    public void Forgot(IpFamily family, int flows, double seconds) => Forgot(Label(family), flows, seconds);

    /// <summary>A probe was answered.</summary>
    public void Probed(bool live, int status)
    {
        var label = string.Create(CultureInfo.InvariantCulture, $"code=\"{status}\"");
        if (live)
        {
            _table.Count("kubeproxy_proxy_livez_total", "Answers of /livez", label, 1);
        }
        else
        {
            _table.Count("kubeproxy_proxy_healthz_total", "Answers of /healthz", label, 1);
        }
    }

    /// <summary>The page in the text format of Prometheus.</summary>
    public string Page() => _table.Page();

    private void SyncDuration(string label, double? seconds) =>
        _table.Histogram("kubeproxy_sync_proxy_rules_duration_seconds", "How long bringing the rules up to date took", SyncBuckets, label, seconds);

    private void FullSyncDuration(string label, double? seconds) =>
        _table.Histogram("kubeproxy_sync_full_proxy_rules_duration_seconds", "How long writing all rules took", SyncBuckets, label, seconds);

    private void PartialSyncDuration(string label, double? seconds) =>
        _table.Histogram("kubeproxy_sync_partial_proxy_rules_duration_seconds", "How long writing changes of rules took", SyncBuckets, label, seconds);

    private void ProgrammingDuration(string label, double? seconds) =>
        _table.Histogram("kubeproxy_network_programming_duration_seconds", "From the change of a pod to the rules for it", ProgrammingBuckets, label, seconds);

    private void Failed(string label, int more) =>
        _table.Count("kubeproxy_sync_proxy_rules_nftables_sync_failures_total", "Transactions that the kernel refused", label, more);

    private void Forgot(string label, int flows, double? seconds)
    {
        _table.Histogram("kubeproxy_conntrack_reconciler_sync_duration_seconds", "How long looking through the connections took", SyncBuckets, label, seconds);
        _table.Count("kubeproxy_conntrack_reconciler_deleted_entries_total", "Connections that were forgotten because their endpoint has gone", label, flows);
    }

    private static string Label(IpFamily family) => $"ip_family=\"{family}\"";
}
