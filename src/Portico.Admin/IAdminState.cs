using System.IO.Pipelines;
using Portico.Model;

namespace Portico.Admin;

/// <summary>
/// What the admin server asks the running gateway. Implemented by the composition root; called on thread-pool threads, at
/// any time, concurrently.
/// </summary>
public interface IAdminState
{
    /// <summary>
    /// The health check <c>nginx-ingress-controller</c>: the first snapshot serves and nobody has asked the process to stop.
    /// Installations of ingress-nginx probe readiness by it too, so it must not hold before.
    /// </summary>
    bool IsHealthy { get; }

    /// <summary>What is missing until every source has synced and the first snapshot serves, one sentence each; empty when ready.</summary>
    IReadOnlyList<string> MissingForReadiness { get; }

    /// <summary>The snapshot that serves.</summary>
    GatewayModel Model { get; }

    string MetricsContentType { get; }

    ValueTask WriteMetricsAsync(PipeWriter output, CancellationToken cancellation);

    /// <summary>A page could not be made. The requester got 500 or a cut connection; somebody should tell the log.</summary>
    void PageFailed(string path, Exception error);
}
