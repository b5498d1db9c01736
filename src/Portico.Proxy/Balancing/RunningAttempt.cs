using System.Diagnostics;
using Portico.Net;

namespace Portico.Proxy.Balancing;

/// <summary>A try to get an answer from an endpoint, while it is under way.</summary>
internal readonly record struct RunningAttempt(BackendState Backend, EndpointState Endpoint, long StartedTicks)
{
    /// <summary>Tells the balancer that it is over.</summary>
    /// <returns>How long it took, in microseconds.</returns>
    public long End(Shard shard)
    {
        var elapsed = Stopwatch.GetElapsedTime(StartedTicks, shard.NowTicks);
        Backend.Balancer(shard.Index).Report(Endpoint, elapsed, shard.NowMilliseconds);
        return (long)elapsed.TotalMicroseconds;
    }
}
