using System.Collections.Immutable;

namespace Portico.Proxy.Observing.Metrics;

/// <summary>
/// The numbers of one cell: the request count, then each histogram that is not excluded. Made once from the flags;
/// immutable, shared by all shards.
/// </summary>
internal sealed class CellLayout
{
    private const long MicrosecondsPerSecond = 1_000_000;

    private readonly HistogramLayout? _requestDuration;
    private readonly HistogramLayout? _responseDuration;
    private readonly HistogramLayout? _headerDuration;
    private readonly HistogramLayout? _connectDuration;
    private readonly HistogramLayout? _requestSize;
    private readonly HistogramLayout? _responseSize;
    private readonly HistogramLayout? _bytesSent;

    public CellLayout(RequestMetricsOptions options)
    {
        var histograms = ImmutableArray.CreateBuilder<(MetricDeclaration, HistogramLayout)>();
        _requestDuration = Place(RequestMetricDeclarations.RequestDuration, options.TimeBuckets, MicrosecondsPerSecond);
        _responseDuration = Place(RequestMetricDeclarations.ResponseDuration, options.TimeBuckets, MicrosecondsPerSecond);
        _headerDuration = Place(RequestMetricDeclarations.HeaderDuration, options.TimeBuckets, MicrosecondsPerSecond);
        _connectDuration = Place(RequestMetricDeclarations.ConnectDuration, options.TimeBuckets, MicrosecondsPerSecond);
        _requestSize = Place(RequestMetricDeclarations.RequestSize, options.LengthBuckets, 1);
        _responseSize = Place(RequestMetricDeclarations.ResponseSize, options.LengthBuckets, 1);
        _bytesSent = Place(RequestMetricDeclarations.BytesSent, options.SizeBuckets, 1);
        Histograms = histograms.ToImmutable();
        CountsRequests = !options.Excludes(RequestMetricDeclarations.Requests);

        HistogramLayout? Place(MetricDeclaration metric, ImmutableArray<double> borders, long unitsPerOne)
        {
            if (options.Excludes(metric))
            {
                return null;
            }

            var layout = new HistogramLayout(borders, unitsPerOne, Length);
            Length += layout.Length;
            histograms.Add((metric, layout));
            return layout;
        }
    }

    /// <summary>The first number is the request count.</summary>
    public int Length { get; private set; } = 1;

    public bool CountsRequests { get; }

    public ImmutableArray<(MetricDeclaration Metric, HistogramLayout Layout)> Histograms { get; }

    public void Record(long[] cell, in RequestMeasurement measurement)
    {
        cell[0]++;
        Observe(_requestDuration, cell, measurement.RequestMicroseconds);
        Observe(_responseDuration, cell, measurement.ResponseMicroseconds);
        Observe(_headerDuration, cell, measurement.HeaderMicroseconds);
        Observe(_connectDuration, cell, measurement.ConnectMicroseconds);
        Observe(_requestSize, cell, measurement.RequestBytes);
        Observe(_responseSize, cell, measurement.ResponseBytes);
        Observe(_bytesSent, cell, measurement.ResponseBytes);
    }

    private static void Observe(HistogramLayout? histogram, long[] cell, long value)
    {
        if (histogram is not null && value >= 0)
        {
            histogram.Observe(cell, value);
        }
    }
}
