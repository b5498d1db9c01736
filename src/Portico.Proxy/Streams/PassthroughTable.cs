using System.Collections.Immutable;
using System.Text;
using Portico.Model;
using Portico.Proxy.Balancing;
using Portico.Proxy.Routing;

namespace Portico.Proxy.Streams;

/// <summary>The server names of a listener whose TLS connections are handed on unread. Immutable; read by all shards.</summary>
internal sealed class PassthroughTable
{
    private readonly ByteKeyTable<BackendState> _backends;

    private PassthroughTable(ImmutableDictionary<string, BackendId> model, BackendRegistry backends)
    {
        Model = model;
        _backends = new ByteKeyTable<BackendState>(model.Count);
        foreach (var (name, id) in model)
        {
            if (backends.TryGet(id, out var backend))
            {
                _backends.TryAdd(Encoding.UTF8.GetBytes(name), backend);
            }
        }
    }

    public ImmutableDictionary<string, BackendId> Model { get; }

    /// <summary>Null when the listener passes nothing through: its connections are not looked at then.</summary>
    public static PassthroughTable? For(Listener listener, BackendRegistry backends, PassthroughTable? previous) =>
        listener.Passthrough.IsEmpty ? null
        : ReferenceEquals(listener.Passthrough, previous?.Model) ? previous
        : new PassthroughTable(listener.Passthrough, backends);

    /// <param name="serverName">Lower case; exact names alone are matched.</param>
    public BackendState? Find(ReadOnlySpan<byte> serverName) => serverName.IsEmpty ? null : _backends.Find(serverName);
}
