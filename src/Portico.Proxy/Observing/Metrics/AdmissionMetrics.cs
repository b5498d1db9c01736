using System.Collections.Concurrent;

namespace Portico.Proxy.Observing.Metrics;

/// <summary>What the admission webhook did: counters by Ingress, and gauges of the last review under ingress-nginx's names.</summary>
public sealed class AdmissionMetrics(ConstantLabels constantLabels)
{
    /// <summary>Names are chosen by whoever may create Ingresses: beyond this many series the rest counts without names.</summary>
    private const int MostSeries = 10_000;

    private readonly ConcurrentDictionary<(string Namespace, string Ingress), long> _allowed = [];
    private readonly ConcurrentDictionary<(string Namespace, string Ingress), long> _refused = [];
    private volatile Last _last = new(0, 0, 0, 0);

    private sealed record Last(int Tested, long Bytes, double ReviewSeconds, double RoundTripSeconds);

    public static MetricDeclaration CheckSuccess { get; } = Labelled(
        "nginx_ingress_controller_check_success", MetricType.Counter, "Cumulative number of Ingresses that the admission webhook let in", "ingress", "namespace");

    public static MetricDeclaration CheckErrors { get; } = Labelled(
        "nginx_ingress_controller_check_errors", MetricType.Counter, "Cumulative number of Ingresses that the admission webhook refused", "ingress", "namespace");

    public static MetricDeclaration TestedIngresses { get; } = Labelled(
        "nginx_ingress_controller_admission_tested_ingresses", MetricType.Gauge, "The number of Ingresses that the last review was held against");

    public static MetricDeclaration TestedDuration { get; } = Labelled(
        "nginx_ingress_controller_admission_tested_duration", MetricType.Gauge, "The duration of the last review, seconds");

    public static MetricDeclaration RenderIngresses { get; } = Labelled(
        "nginx_ingress_controller_admission_render_ingresses", MetricType.Gauge, "The number of Ingresses that were translated for the last review: only its own");

    public static MetricDeclaration RenderDuration { get; } = Labelled(
        "nginx_ingress_controller_admission_render_duration", MetricType.Gauge, "The duration of the translation in the last review, seconds");

    public static MetricDeclaration ConfigSize { get; } = Labelled(
        "nginx_ingress_controller_admission_config_size", MetricType.Gauge, "The size of the last request of the webhook, bytes");

    public static MetricDeclaration RoundTripDuration { get; } = Labelled(
        "nginx_ingress_controller_admission_roundtrip_duration", MetricType.Gauge, "The duration of the last request of the webhook, seconds");

    public static IReadOnlyList<MetricDeclaration> All { get; } =
        [CheckSuccess, CheckErrors, TestedIngresses, TestedDuration, RenderIngresses, RenderDuration, ConfigSize, RoundTripDuration];

    public void Reviewed(string ns, string ingress, bool allowed, int tested, long bytes, double reviewSeconds, double roundTripSeconds)
    {
        var counters = allowed ? _allowed : _refused;
        var key = counters.Count < MostSeries || counters.ContainsKey((ns, ingress)) ? (ns, ingress) : ("", "");
        counters.AddOrUpdate(key, 1, static (_, count) => count + 1);
        _last = new Last(tested, bytes, reviewSeconds, roundTripSeconds);
    }

    /// <summary>ingress-nginx's names; only with <c>--enable-metrics</c> and a webhook.</summary>
    public IEnumerable<MetricFamily> NginxFamilies()
    {
        yield return Counters(CheckSuccess, _allowed);
        yield return Counters(CheckErrors, _refused);
        yield return Gauge(TestedIngresses, last => last.Tested);
        yield return Gauge(TestedDuration, last => last.ReviewSeconds);
        yield return Gauge(RenderIngresses, _ => 1);
        yield return Gauge(RenderDuration, last => last.ReviewSeconds);
        yield return Gauge(ConfigSize, last => last.Bytes);
        yield return Gauge(RoundTripDuration, last => last.RoundTripSeconds);
    }

    private MetricFamily Counters(MetricDeclaration declaration, ConcurrentDictionary<(string Namespace, string Ingress), long> counters) => new(declaration, text =>
    {
        foreach (var ((ns, ingress), count) in counters)
        {
            text.Labels.Clear();
            constantLabels.AppendTo(text.Labels);
            text.Labels.Add("ingress"u8, ingress);
            text.Labels.Add("namespace"u8, ns);
            text.Sample(count);
        }
    });

    private MetricFamily Gauge(MetricDeclaration declaration, Func<Last, double> value) => new(declaration, text =>
    {
        constantLabels.AppendTo(text.Labels);
        text.Sample(value(_last));
    });

    private static MetricDeclaration Labelled(string name, MetricType type, string help, params string[] labels) => new(name, type, help, labels) { HasConstantLabels = true };
}
