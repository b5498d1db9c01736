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
