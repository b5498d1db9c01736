using Portico.Proxy.Answers;
using Portico.Proxy.Observing.AccessLog;
using Portico.Proxy.Observing.ErrorLog;
using Portico.Proxy.Observing.Metrics;

namespace Portico.Proxy.Serving;

/// <summary>Who hears what the data plane does: metrics and logs. Made by the composition root, shared with the admin server.</summary>
public sealed class DataPlaneObservers(int shards, RequestMetricsOptions metrics, AccessLogWriter accessLog, ErrorLogWriter errorLog)
{
    private static readonly RepeatedMessage Defects = new();

    public RequestMetrics Requests { get; } = new(metrics, shards);

    public ProxyMetrics Proxy { get; } = new(shards);

    public AccessLogWriter AccessLog { get; } = accessLog;

    /// <summary>Where TCP and UDP services log when it is not where HTTP does.</summary>
    public AccessLogWriter StreamLog { get; init; } = accessLog;

    public ErrorLogWriter ErrorLog { get; } = errorLog;

    internal void ReportDefect(Exception defect) =>
        ErrorLog.Write(ErrorLogLevel.Error, Defects, $"an exchange was given up because of a defect in portico: {defect}");
}
