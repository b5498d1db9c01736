using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Portico.Proxy.Observing.Metrics;

/// <summary>
/// What one shard counts beside requests. Only the shard's thread writes; the scraper reads at any time and sums over the
/// shards. The padding keeps two shards' numbers off one cache line.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public sealed class ShardCounters
{
#pragma warning disable CS0169, IDE0044, IDE0051 // Padding is never read.
    private CacheLines _before;
#pragma warning restore CS0169, IDE0044, IDE0051

    /// <summary>Client connections accepted, of which <see cref="ConnectionsHandled"/> were not refused for lack of resources.</summary>
    public long ConnectionsAccepted;
    public long ConnectionsHandled;

    /// <summary>Open client connections. Those that neither read a request head nor serve a request are waiting.</summary>
    public long ConnectionsActive;
    public long ConnectionsReading;
    public long ConnectionsWriting;

    public long Requests;
    public long ClientBytesRead;
    public long ClientBytesWritten;

    /// <summary>Connections that were closed because they did not begin with the PROXY header that their port demands.</summary>
    public long ProxyHeaderFailures;

    public long TlsHandshakes;
    public long TlsHandshakeFailures;

    /// <summary>TCP connections and UDP sessions that have ended, and those of them that did not reach an endpoint.</summary>
    public long StreamSessions;
    public long StreamSessionFailures;
    public long StreamBytesRead;
    public long StreamBytesWritten;

    /// <summary>Endpoints that did not accept a connection, or answered a datagram with an error.</summary>
    public long StreamConnectFailures;

    /// <summary>Datagrams that went nowhere: too many sessions, no endpoint, a full socket, answers nobody waited for.</summary>
    public long DatagramsDropped;

    public long BackendConnects;
    public long BackendConnectFailures;
    public long BackendConnectionsReused;
    public long BackendRetries;

    /// <summary>Requests that a mirror did not get, because too many copies were under way or the body was too large to keep.</summary>
    public long MirrorsDropped;

#pragma warning disable CS0169, IDE0044, IDE0051
    private CacheLines _after;
#pragma warning restore CS0169, IDE0044, IDE0051

    [InlineArray(16)]
    private struct CacheLines
    {
        private long _first;
    }
}
