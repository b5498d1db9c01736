using Portico.Model;

namespace Portico.Proxy.Routing;

/// <summary>The hosts that are reachable through one listener. Immutable; read by all shards.</summary>
public sealed class ListenerTable
{
    internal ListenerTable(Listener model, HostIndex hosts)
    {
        Model = model;
        Hosts = hosts;
    }

    public Listener Model { get; }

    internal HostIndex Hosts { get; }

    /// <summary>The host that answers for a name: exact, then wildcards, then patterns, then the catch-all host.</summary>
    /// <param name="host">As <see cref="HostNames"/> makes it; empty for a request without a host.</param>
    /// <returns>Null only where the model has no catch-all host.</returns>
    public CompiledHost? Find(ReadOnlySpan<byte> host) => Hosts.Find(host);
}
