using System.Globalization;

namespace Portico.Proxy.Observing.Metrics;

/// <summary>
/// Renders the request metrics: sums the cells of all shards, series by series, and gives the reader's pace the say. The
/// shards are not touched. Runs on the scraper's thread; concurrent scrapes do not disturb each other.
/// </summary>
public sealed class RequestMetricsPage
{
    private readonly RequestMetrics _metrics;
    private readonly ConstantLabels _constantLabels;
    private readonly string[] _statusTexts;

    public RequestMetricsPage(RequestMetrics metrics, ConstantLabels constantLabels)
    {
        _metrics = metrics;
        _constantLabels = constantLabels;
        _statusTexts = [.. Enumerable.Range(0, 1024).Select(StatusText)];
        Families = metrics.Enabled ? [.. BuildFamilies()] : [];
    }

    /// <summary>Empty when request metrics are off.</summary>
    public IReadOnlyList<MetricFamily> Families { get; }

    private IEnumerable<MetricFamily> BuildFamilies()
    {
        if (_metrics.Layout.CountsRequests)
        {
            yield return new MetricFamily(RequestMetricDeclarations.Requests, (text, cancellation) => WriteAsync(text, null, cancellation));
        }

        foreach (var (metric, layout) in _metrics.Layout.Histograms)
        {
            yield return new MetricFamily(metric, (text, cancellation) => WriteAsync(text, layout, cancellation));
        }
    }

    /// <param name="histogram">The histogram to write, or null for the request count.</param>
    private async ValueTask WriteAsync(PrometheusText text, HistogramLayout? histogram, CancellationToken cancellation)
    {
        var cells = new List<Cell>();
        var sums = new long[histogram?.Length ?? 1];
        foreach (var series in _metrics.Sorted())
        {
            series.CollectInto(cells);
            WriteSeries(text, series, cells, histogram, sums);
            await text.FlushIfNeededAsync(cancellation);
        }
    }

    private void WriteSeries(PrometheusText text, RouteSeries series, List<Cell> cells, HistogramLayout? histogram, long[] sums)
    {
        var offset = histogram?.Offset ?? 0;
        for (var first = 0; first < cells.Count;)
        {
            Array.Clear(sums);
            var next = first;
            do
            {
                var values = cells[next].Values;
                for (var i = 0; i < sums.Length; i++)
                {
                    sums[i] += values[offset + i];
                }

                next++;
            }
            while (next < cells.Count && Cell.Compare(cells[first], cells[next]) == 0);

            WriteSample(text, series, cells[first], histogram, sums);
            first = next;
        }
    }

    private void WriteSample(PrometheusText text, RouteSeries series, Cell cell, HistogramLayout? histogram, long[] sums)
    {
        if (histogram is null)
        {
            Label(text.Labels, series.Labels, cell);
            text.Sample(sums[0]);
            return;
        }

        // A histogram that nothing was observed in (a request that reached no backend) does not exist.
        var counts = sums.AsSpan(0, histogram.BucketCount);
        if (counts.ContainsAnyExcept(0))
        {
            Label(text.Labels, series.Labels, cell);
            text.Histogram(histogram.BorderTexts, counts, histogram.Sum(sums[^1]));
        }
    }

    /// <summary>In the order of the label names, as client libraries in Go write them.</summary>
    private void Label(LabelBuffer labels, RouteLabels route, Cell cell)
    {
        labels.Clear();
        labels.Add("canary"u8, cell.Canary);
        _constantLabels.AppendTo(labels);
        if (cell.Host.Length > 0)
        {
            labels.Add("host"u8, cell.Host);
        }
        else if (route.Host is not null)
        {
            labels.Add("host"u8, route.Host);
        }

        labels.Add("ingress"u8, route.Ingress);
        labels.Add("method"u8, MethodLabel.NameOf(cell.Method));
        labels.Add("namespace"u8, route.Namespace);
        labels.Add("path"u8, route.Path);
        labels.Add("service"u8, route.Service);
        labels.Add("status"u8, _statusTexts[cell.Status]);
    }

    private string StatusText(int status) =>
        _metrics.StatusClasses ? string.Create(CultureInfo.InvariantCulture, $"{status}xx") : status.ToString(CultureInfo.InvariantCulture);
}
