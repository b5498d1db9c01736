using System.Collections.Immutable;
using System.Net;
using Portico.Model;
using Portico.Proxy.Balancing;

namespace Portico.Proxy.Streams;

/// <summary>Where a port leads now. Immutable; sessions that have begun keep theirs.</summary>
internal sealed record StreamTarget(StreamListener Model, BackendState Backend);

/// <summary>
/// A port of a TCP or UDP service on all its addresses, with a socket for each shard. Opened and closed by the control thread while the
/// gateway runs; what shards read of it is <see cref="Target"/>.
/// </summary>
internal abstract class StreamPort(StreamTarget target)
{
    private volatile StreamTarget _target = target;

    /// <summary>Replaced when the configuration changes: new sessions go there.</summary>
    public StreamTarget Target
    {
        get => _target;
        set => _target = value;
    }

    /// <summary>Opens the sockets; nothing is taken in yet.</summary>
    /// <returns>Null, or why the port cannot be had; nothing is left open then.</returns>
    public abstract string? Open(ImmutableArray<IPAddress> addresses);

    /// <summary>Begins to take in.</summary>
    public abstract void Start();

    /// <summary>Closes the listening sockets. TCP connections go on; UDP sessions, which live on those sockets, end.</summary>
    public abstract Task StopAsync();
}
