using System.IO.Pipelines;

namespace Portico.Proxy.Observing.Metrics;

/// <summary>
/// The page at <c>/metrics</c>: families in the order of their names. Made once at start-up; rendered on the scraper's
/// thread, concurrently if need be.
/// </summary>
public sealed class MetricsPage
{
    private readonly MetricFamily[] _families;

    public MetricsPage(IEnumerable<MetricFamily> families)
    {
        _families = [.. families.OrderBy(f => f.Declaration.Name, StringComparer.Ordinal)];
    }

    public static string ContentType => PrometheusText.ContentType;

    /// <summary>Everything that a gateway tells. What has ingress-nginx's names is only there with <c>--enable-metrics</c>.</summary>
    public static IEnumerable<MetricFamily> Families(
        ConstantLabels constantLabels, RequestMetrics requests, ProxyMetrics proxy, ControllerMetrics controller, ProcessMetrics process, LogMetrics logs)
    {
        IEnumerable<MetricFamily> families =
            [.. proxy.OwnFamilies(), .. controller.OwnFamilies(), .. process.OwnFamilies(), .. logs.OwnFamilies()];
        return !requests.Enabled ? families :
        [
            .. families,
            .. new RequestMetricsPage(requests, constantLabels).Families,
            .. proxy.NginxFamilies(constantLabels),
            .. controller.NginxFamilies(),
            .. process.NginxFamilies(constantLabels),
        ];
    }

    public async ValueTask WriteAsync(PipeWriter output, CancellationToken cancellation)
    {
        var text = new PrometheusText(output);
        foreach (var family in _families)
        {
            await family.WriteAsync(text, cancellation);
        }

        await text.FlushAsync(cancellation);
    }
}
