using System.IO.Pipelines;
using Portico.Admin;
using Portico.Control;
using Portico.Model;
using Portico.Proxy.Observing.ErrorLog;
using Portico.Proxy.Observing.Metrics;
using Portico.Proxy.Serving;

namespace Portico.Serving;

/// <summary>What the admin server may know about the running gateway. Read from any thread.</summary>
internal sealed class GatewayState(ControlLoop loop, DataPlane dataPlane, MetricsPage metrics, ErrorLogWriter log, string objects) : IAdminState
{
    private volatile bool _stopping;

    public bool IsStopping
    {
        get => _stopping;
        set => _stopping = value;
    }

    public bool IsHealthy => loop.IsSynced && !_stopping;

    public IReadOnlyList<string> MissingForReadiness =>
        _stopping ? ["the gateway is stopping"]
        : loop.IsSynced ? []
        : [$"{objects} have not been read completely yet"];

    public GatewayModel Model => loop.Model;

    public string MetricsContentType => MetricsPage.ContentType;

    public async ValueTask WriteMetricsAsync(PipeWriter output, CancellationToken cancellation)
    {
        // Whoever had an answer finds it counted.
        await dataPlane.SettleCountersAsync(cancellation);
        await metrics.WriteAsync(output, cancellation);
    }

    public void PageFailed(string path, Exception error) => log.Write(ErrorLogLevel.Error, $"the page {path} could not be made: {error}");
}
