using System.Collections.Immutable;

namespace Portico.Model;

/// <summary>
/// Everything that runs, as one immutable snapshot: what listens, which hosts and routes there are, and where they lead.
/// Translators build it, the proxy compiles it, <c>/configuration</c> prints it. Parts that did not change between two
/// snapshots are the same references, so "what changed" is a reference comparison.
/// </summary>
public sealed record GatewayModel
{
    /// <summary>Serves nothing: what runs before the first snapshot.</summary>
    public static GatewayModel Empty { get; } = new();

    /// <summary>The ports that carry HTTP. Listeners of one API share their <see cref="HostTable"/> by reference.</summary>
    public ImmutableArray<Listener> Listeners { get; init; } = [];

    /// <summary>The ports that carry bytes and datagrams nobody looks into, in the order of protocols and ports.</summary>
    public ImmutableArray<StreamListener> StreamListeners { get; init; } = [];

    /// <summary>Every destination a route can name. Endpoint changes replace entries here and touch no route.</summary>
    public ImmutableDictionary<BackendId, Backend> Backends { get; init; } = ImmutableDictionary<BackendId, Backend>.Empty;

    /// <summary>What differs from the <see cref="Backends"/> before; null where there were none.</summary>
    public TableChange<BackendId, Backend>? BackendChange { get; init; }

    public GlobalSettings Settings { get; init; } = new();
}
