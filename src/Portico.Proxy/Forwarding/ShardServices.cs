using Portico.Net;
using Portico.Net.Tls;
using Portico.Proxy.Upstream;

namespace Portico.Proxy.Forwarding;

/// <summary>What the exchanges of one shard share. Owned by the shard.</summary>
internal sealed class ShardServices(Shard shard, TlsClientContext upstreamTls)
{
    private readonly Stack<Forwarder> _freeForwarders = new();

    public Shard Shard { get; } = shard;

    public UpstreamPool Pool { get; } = new(shard);

    /// <summary>How backends are spoken to over TLS: nothing is verified, no server name is sent (ingress-nginx's default).</summary>
    public TlsClientContext UpstreamTls { get; } = upstreamTls;

    public Forwarder RentForwarder() => _freeForwarders.TryPop(out var forwarder) ? forwarder : new Forwarder(this);

    public void Return(Forwarder forwarder) => _freeForwarders.Push(forwarder);
}
