using Portico.Net.Tls;
using Portico.Proxy.Routing;

namespace Portico.Proxy.Serving;

/// <summary>Tells handshakes of a listener what the host of a server name asks for, from the snapshot in force. Every shard.</summary>
internal sealed class HostRules(SnapshotSource snapshots, int listener) : ITlsHosts
{
    public TlsHostRules? FindRules(ReadOnlySpan<byte> serverName, out bool known)
    {
        var host = Find(snapshots.Current, listener, serverName);
        known = host is not null && host.Model.Name != Model.VirtualHost.AnyHost;
        return host?.TlsRules;
    }

    /// <summary>The host that answers for a server name; a name that is none leads where no name leads.</summary>
    public static CompiledHost? Find(Snapshot snapshot, int listener, ReadOnlySpan<byte> serverName)
    {
        Span<byte> scratch = stackalloc byte[256];
        if (serverName.Length > scratch.Length || !HostNames.TryNormalize(serverName, scratch, out var host))
        {
            host = default;
        }

        return snapshot.Table.Listeners[listener].Find(host);
    }
}
