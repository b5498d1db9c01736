using System.Collections.Immutable;
using System.Text;
using Portico.Model;

namespace Portico.Proxy.Balancing;

/// <summary>
/// A backend while it lives: its endpoints now, and one balancer for each shard. Made and changed by the
/// <see cref="BackendRegistry"/>; read by all shards. Routes hold the object, so an endpoint change touches no route.
/// </summary>
public sealed class BackendState
{
    private readonly Balancer?[] _balancers;
    private volatile Backend _model;
    private volatile SessionAffinity? _affinity;
    private volatile CanaryShare? _canary;
    private volatile EndpointSet _current;

    internal BackendState(Backend model, int shards)
    {
        Id = model.Id;
        NameBytes = Encoding.UTF8.GetBytes(model.Name);
        _model = model;
        _affinity = SessionAffinity.For(model);
        _current = EndpointSet.Empty;
        _balancers = new Balancer?[shards];
    }

    public BackendId Id { get; }

    /// <summary>The name in logs and metrics.</summary>
    public string Name => _model.Name;

    /// <summary>The same in UTF-8; not to be changed.</summary>
    internal byte[] NameBytes { get; }

    /// <summary>The backend as the translator gave it last; the key template of a consistent hash is found here.</summary>
    public Backend Model => _model;

    /// <summary>Sessions by cookie; null when the backend has none.</summary>
    internal SessionAffinity? Affinity => _affinity;

    /// <summary>The canary that takes some of the requests; null when there is none.</summary>
    internal CanaryShare? Canary
    {
        get => _canary;
        set => _canary = value;
    }

    public EndpointSet Current
    {
        get => _current;
        internal set => _current = value;
    }

    /// <summary>Endpoints of the model that were left out because their address is no IP literal or their port no port.</summary>
    public ImmutableArray<Endpoint> Unusable { get; internal set; } = [];

    /// <summary>Takes over what the translator says now. Control thread.</summary>
    internal void Take(Backend model)
    {
        if (_model.Affinity != model.Affinity || _model.Name != model.Name)
        {
            _affinity = SessionAffinity.For(model);
        }

        _model = model;
    }

    /// <summary>The balancer of a shard. Only that shard's thread may call this and use what it gets.</summary>
    public Balancer Balancer(int shardIndex)
    {
        var kind = _current.Kind;
        var balancer = _balancers[shardIndex];
        if (balancer is null || balancer.Kind != kind)
        {
            balancer = Balancing.Balancer.Create(this, kind);
            _balancers[shardIndex] = balancer;
        }

        return balancer;
    }
}
