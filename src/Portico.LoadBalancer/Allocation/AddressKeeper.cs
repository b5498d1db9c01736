using System.Collections.Immutable;
using Portico.Kubernetes.Resources;

namespace Portico.LoadBalancer.Allocation;

/// <summary>What a Service's status has to say from now on, and the events that led there.</summary>
/// <param name="Addresses">Empty for none.</param>
/// <param name="Pool">Empty for none.</param>
/// <param name="Differs">Whether the object that was read last says something else.</param>
internal sealed record ServiceOutcome(Service Service, ImmutableArray<Address> Addresses, string Pool, bool Differs, IReadOnlyList<ServiceNews> News);

/// <summary>How a keeper of addresses works.</summary>
internal sealed record AddressKeeperOptions
{
    /// <summary><c>--lb-class</c>: null for Services without a class.</summary>
    public string? LoadBalancerClass { get; init; }

    /// <summary>Services are those of a folder, to which no API server gave cluster addresses.</summary>
    public bool WithoutCluster { get; init; }
}

/// <summary>
/// Decides which Service of type LoadBalancer has which addresses. It is told Services and pools; <see cref="Settle"/> says what is to be
/// written. The status of the Services is the memory: a new keeper that is told all of them begins where the last one ended. Nobody who
/// holds an address loses it to one who came later. One thread.
/// </summary>
internal sealed partial class AddressKeeper(AddressKeeperOptions options)
{
    private readonly Allocator _allocator = new();
    private readonly Dictionary<ServiceKey, Kept> _services = [];
    private readonly HashSet<ServiceKey> _dirty = [];

    /// <summary>Those that would take more than they have: nothing was to be had, or one family of two.</summary>
    private readonly HashSet<ServiceKey> _waiting = [];
    private bool _hasPools;
    private bool _mayHelpOthers;

    private sealed class Kept(Service service)
    {
        public Service Service { get; set; } = service;

        /// <summary>What the status was seen to say as we want it: what differs after that is somebody else's writing.</summary>
        public bool Echoed { get; set; }

        /// <summary>The status is to be looked at: it is the first one, or somebody's writing. Each is judged once.</summary>
        public bool IsStatusNew { get; set; } = true;

        /// <summary>The failure that was told last: it is told again when it is another.</summary>
        public string Failure { get; set; } = "";

        /// <summary>The deprecated names that were told.</summary>
        public string Deprecated { get; set; } = "";
    }

    public Allocator Allocator => _allocator;

    /// <summary>Services that wait for an address.</summary>
    public int Waiting => _waiting.Count;

    /// <summary>Until this was called once nothing is decided.</summary>
    public void SetPools(PoolSet pools)
    {
        _allocator.SetPools(pools);
        _hasPools = true;
        _dirty.UnionWith(_services.Keys);
    }

    public void Put(Service service)
    {
        var key = ServiceReading.KeyOf(service);
        if (!IsOurs(service, key))
        {
            // Of another class now: the address is free again, and the status is the other one's matter.
            Forget(key);
            return;
        }

        if (_services.TryGetValue(key, out var kept))
        {
            kept.Service = service;
            kept.IsStatusNew |= kept.Echoed;
        }
        else
        {
            _services[key] = new Kept(service);
        }

        _dirty.Add(key);
    }

    public void Remove(ServiceKey key) => Forget(key);

    /// <summary>
    /// Handles what has changed since the last time: first those that hold addresses, the older ones first, so that newcomers steal
    /// nothing; then, when something was given back, those that wait.
    /// </summary>
    public IReadOnlyList<ServiceOutcome> Settle()
    {
        if (!_hasPools)
        {
            return [];
        }

        var outcomes = new Dictionary<ServiceKey, ServiceOutcome>();
        HandleAll(_dirty, outcomes);
        _dirty.Clear();
        while (_mayHelpOthers)
        {
            _mayHelpOthers = false;
            HandleAll(_waiting, outcomes);
        }

        return [.. outcomes.Values];
    }

    /// <summary>A Service without our type is ours as long as it carries what we gave it.</summary>
    private bool IsOurs(Service service, ServiceKey key) =>
        service.Spec.Type == "LoadBalancer"
            ? service.Spec.LoadBalancerClass == options.LoadBalancerClass
            : _services.ContainsKey(key) || ServiceAnnotations.Of(service, ServiceAnnotations.AllocatedFromPool).Length > 0;

    private void Forget(ServiceKey key)
    {
        _services.Remove(key);
        _dirty.Remove(key);
        _waiting.Remove(key);
        _mayHelpOthers |= _allocator.Release(key);
    }

    private void HandleAll(IEnumerable<ServiceKey> keys, Dictionary<ServiceKey, ServiceOutcome> outcomes)
    {
        var inTurn = keys.Select(k => (Key: k, Kept: _services[k]))
            .OrderByDescending(s => Math.Max(_allocator.HeldBy(s.Key).Length, s.Kept.Service.LoadBalancer.Count))
            .ThenBy(s => s.Kept.Service.Metadata.CreationTimestamp)
            .ThenBy(s => s.Key)
            .ToList();
        foreach (var (key, kept) in inTurn)
        {
            var news = new List<ServiceNews>();
            Converge(key, kept, news);
            var outcome = OutcomeOf(key, kept, news);
            outcomes[key] = outcomes.TryGetValue(key, out var earlier) ? outcome with { News = [.. earlier.News, .. news] } : outcome;
            if (kept.Service.Spec.Type != "LoadBalancer" && !outcome.Differs)
            {
                _services.Remove(key);
            }
        }
    }

    private ServiceOutcome OutcomeOf(ServiceKey key, Kept kept, List<ServiceNews> news)
    {
        var addresses = _allocator.HeldBy(key);
        var pool = addresses.IsEmpty ? "" : _allocator.Pools.PoolOf(addresses[0])?.Name ?? "";
        var says = kept.Service.LoadBalancer.Select(i => i.Ip);
        var saysPool = kept.Service.Metadata.Annotations.GetValueOrDefault(ServiceAnnotations.AllocatedFromPool.Now) ?? "";
        var differs = !says.SequenceEqual(addresses.Select(a => a.ToString())) || kept.Service.LoadBalancer.Any(i => i.Hostname.Length > 0) || saysPool != pool
            || kept.Service.Metadata.Annotations.ContainsKey(ServiceAnnotations.AllocatedFromPool.Deprecated);
        kept.Echoed = !differs;
        return new ServiceOutcome(kept.Service, addresses, pool, differs, news);
    }
}
