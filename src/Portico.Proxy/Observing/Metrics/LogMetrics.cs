using Portico.Proxy.Observing.AccessLog;
using Portico.Proxy.Observing.ErrorLog;

namespace Portico.Proxy.Observing.Metrics;

/// <summary>What became of log lines, and of series that were refused: where the observation itself has gaps.</summary>
public sealed class LogMetrics(AccessLogWriter accessLog, ErrorLogWriter errorLog, RequestMetrics requests)
{
    public static MetricDeclaration AccessLogLines { get; } = new(
        "portico_access_log_lines_total", MetricType.Counter, "Lines handed to the access log");

    public static MetricDeclaration AccessLogDropped { get; } = new(
        "portico_access_log_dropped_total", MetricType.Counter, "Access log lines that were lost, because the output was too slow or failed");

    public static MetricDeclaration ErrorLogDropped { get; } = new(
        "portico_error_log_dropped_total", MetricType.Counter, "Error log messages that were lost, because the output was too slow or failed");

    public static MetricDeclaration RefusedRequests { get; } = new(
        "portico_request_series_refused_total", MetricType.Counter,
        "Requests of undefined hosts that the request metrics leave out, because there are enough such series");

    public static IReadOnlyList<MetricDeclaration> All { get; } = [AccessLogLines, AccessLogDropped, ErrorLogDropped, RefusedRequests];

    /// <summary>On every page.</summary>
    public IEnumerable<MetricFamily> OwnFamilies()
    {
        yield return new MetricFamily(AccessLogLines, text => text.Sample(accessLog.Lines));
        yield return new MetricFamily(AccessLogDropped, text => text.Sample(accessLog.DroppedLines));
        yield return new MetricFamily(ErrorLogDropped, text => text.Sample(errorLog.Dropped));
        yield return new MetricFamily(RefusedRequests, text => text.Sample(requests.RefusedRequests));
    }
}
