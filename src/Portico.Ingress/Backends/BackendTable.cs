using System.Collections.Immutable;
using Portico.Kubernetes;
using Portico.Model;
using Portico.Model.Policies;

namespace Portico.Ingress.Backends;

/// <summary>
/// All backends in use. A changed Service or slice touches exactly the backends that lead there; an unchanged backend stays
/// the same object. Owned by the translator.
/// </summary>
internal sealed class BackendTable(ServiceResolver resolver)
{
    private readonly Dictionary<BackendId, Use> _uses = [];
    private readonly Dictionary<NamespacedName, HashSet<BackendId>> _byService = [];
    private readonly HashSet<BackendId> _dirty = [];
    private readonly HashSet<BackendId> _changed = [];
    private ImmutableDictionary<BackendId, Backend> _told = ImmutableDictionary<BackendId, Backend>.Empty;

    /// <summary>The backends that lead nowhere, and whether for want of a Service.</summary>
    private readonly Dictionary<BackendId, bool> _empty = [];

    public ImmutableDictionary<BackendId, Backend> Backends { get; private set; } = ImmutableDictionary<BackendId, Backend>.Empty;

    /// <summary>The Ingresses that use a backend which leads nowhere; each once for either cause.</summary>
    public ImmutableArray<OrphanedIngress> Orphans { get; private set; } = [];

    /// <summary>What has changed since this was asked last. An <see cref="IngressTranslator.Apply"/> may rebuild more than once.</summary>
    public TableChange<BackendId, Backend> TakeChange()
    {
        var change = new TableChange<BackendId, Backend>(_told, [.. _changed]);
        _told = Backends;
        _changed.Clear();
        return change;
    }

    public Backend? Find(BackendId id) => Backends.GetValueOrDefault(id);

    /// <summary>The Services that were looked at in the last <see cref="Rebuild"/>.</summary>
    public HashSet<NamespacedName> Looked { get; } = [];

    /// <summary>What is wrong with the ports of a Service that Ingresses name.</summary>
    public IEnumerable<(string Port, string Problem)> ProblemsOf(NamespacedName service) =>
        from id in _byService.GetValueOrDefault(service) ?? []
        where id.Namespace == service.Namespace && id.Service == service.Name && _uses[id].Problem is not null && !BackendVariants.IsStream(id.Variant)
        orderby id.Port
        select (id.Port, _uses[id].Problem!);

    /// <summary>Why a backend has no endpoints; null when all is as it should be.</summary>
    public string? ProblemOf(BackendId id) => _uses.GetValueOrDefault(id)?.Problem;

    public void AddUser(BackendId id, IngressEntry user)
    {
        if (!_uses.TryGetValue(id, out var use))
        {
            _uses[id] = use = new Use(id);
            Watch(new NamespacedName(id.Namespace, id.Service), id);
        }

        use.Users.Add(user);
        MarkDirty(id, use);
    }

    public void RemoveUser(BackendId id, IngressEntry user)
    {
        if (_uses.TryGetValue(id, out var use) && use.Users.Remove(user))
        {
            MarkDirty(id, use);
        }
    }

    /// <summary>Lets a canary take requests of a backend, or none any more.</summary>
    /// <param name="keepsSessions">The canary takes over the session affinity of the main backend.</param>
    public void SetCanary(BackendId main, CanaryPolicy? policy, bool keepsSessions)
    {
        if (!_uses.TryGetValue(main, out var use))
        {
            return;
        }

        if (use.Canary is { } old && (old != policy || !keepsSessions) && _uses.TryGetValue(old.Alternative, out var former) && former.SessionsOf == use)
        {
            former.SessionsOf = null;
            _dirty.Add(old.Alternative);
        }

        if (policy is not null && keepsSessions && _uses.TryGetValue(policy.Alternative, out var canary) && canary.SessionsOf is null or { Users.Count: 0 })
        {
            canary.SessionsOf = use;
            _dirty.Add(policy.Alternative);
        }

        if (use.Canary != policy)
        {
            use.Canary = policy;
            MarkDirty(main, use);
        }
    }

    /// <summary>Keeps a backend that no Ingress asked for: the global default.</summary>
    public void Pin(BackendId id, string name, LoadBalancing loadBalancing)
    {
        if (!_uses.TryGetValue(id, out var use))
        {
            _uses[id] = use = new Use(id);
            Watch(new NamespacedName(id.Namespace, id.Service), id);
        }

        use.PinnedName = name;
        use.PinnedLoadBalancing = loadBalancing;
        _dirty.Add(id);
    }

    public void Unpin(BackendId id)
    {
        if (_uses.TryGetValue(id, out var use))
        {
            use.PinnedName = null;
            _dirty.Add(id);
        }
    }

    public void ServiceChanged(NamespacedName service)
    {
        if (_byService.TryGetValue(service, out var ids))
        {
            _dirty.UnionWith(ids);
        }
    }

    /// <summary>Something changed that counts for the endpoints of every Service.</summary>
    public void EverythingChanged() => _dirty.UnionWith(_uses.Keys);

    public void Rebuild(IResourceView view)
    {
        Looked.Clear();
        if (_dirty.Count == 0)
        {
            return;
        }

        var builder = Backends.ToBuilder();
        var orphansChanged = false;
        foreach (var id in _dirty)
        {
            var use = _uses[id];
            orphansChanged |= _empty.ContainsKey(id);
            Looked.Add(new NamespacedName(id.Namespace, id.Service));
            if (use.Users.Count == 0 && use.PinnedName is null)
            {
                builder.Remove(id);
                _changed.Add(id);
                _empty.Remove(id);
                Forget(id, use);
                continue;
            }

            var resolution = resolver.Resolve(id, view);
            Follow(id, use, resolution.Follows);
            use.Problem = resolution.Problem;
            if (resolution.Endpoints.IsEmpty && resolution.Dns is null && id.Variant is not (BackendVariants.Subrequest or BackendVariants.HostName))
            {
                _empty[id] = resolution.ServiceMissing;
                orphansChanged = true;
            }
            else
            {
                _empty.Remove(id);
            }

            var next = Build(id, use, resolution);
            if (!builder.TryGetValue(id, out var previous) || !SameTarget(previous, next))
            {
                builder[id] = next;
                _changed.Add(id);
            }
        }

        _dirty.Clear();
        Backends = builder.ToImmutable();
        Orphans = orphansChanged ? FindOrphans() : Orphans;
    }

    private void MarkDirty(BackendId id, Use use)
    {
        _dirty.Add(id);
        if (use.Canary is { } canary && _uses.ContainsKey(canary.Alternative))
        {
            _dirty.Add(canary.Alternative);
        }
    }

    private ImmutableArray<OrphanedIngress> FindOrphans() =>
    [
        .. from empty in _empty
           from user in _uses[empty.Key].Users
           select new OrphanedIngress(user.Key.Namespace, user.Key.Name, empty.Value) into orphan
           group orphan by orphan into same
           orderby same.Key.Namespace, same.Key.Name
           select same.Key,
    ];

    /// <summary>The first Ingress in order that uses the Service port decides how it is balanced.</summary>
    private static Backend Build(BackendId id, Use use, ServiceResolution resolution) => new()
    {
        Id = id,
        Name = use.PinnedName ?? id.ToString(),
        Endpoints = resolution.Endpoints,
        Dns = resolution.Dns,
        Protocol = resolution.Protocol,
        LoadBalancing = id.Variant is BackendVariants.Subrequest or BackendVariants.HostName ? LoadBalancing.RoundRobin
            : use.Users.Min?.Settings.LoadBalancing ?? use.PinnedLoadBalancing,
        Affinity = AffinityOf(use.SessionsOf is { Users.Count: > 0 } main ? main : use),
        Canary = use.Canary,
    };

    /// <summary>
    /// The first Ingress in order that names a mode decides on it; the cookie's name is the last one's, as in ingress-nginx. A canary
    /// has no say.
    /// </summary>
    private static SessionAffinityPolicy? AffinityOf(Use use)
    {
        SessionAffinityPolicy? affinity = null;
        AffinityMode? mode = null;
        foreach (var user in use.Users)
        {
            if (!user.Settings.IsCanary && user.Footprint.RuleBackends.Contains(use.Id))
            {
                mode ??= user.Settings.AffinityMode;
                affinity = user.Settings.Affinity ?? affinity;
            }
        }

        return affinity is null ? null : affinity with { Mode = mode ?? AffinityMode.Balanced };
    }

    private static bool SameTarget(Backend a, Backend b) =>
        a.Name == b.Name && a.Dns == b.Dns && a.Protocol == b.Protocol && a.LoadBalancing == b.LoadBalancing && a.Affinity == b.Affinity
        && a.Canary == b.Canary && a.Endpoints.AsSpan().SequenceEqual(b.Endpoints.AsSpan());

    private void Follow(BackendId id, Use use, ImmutableArray<NamespacedName> services)
    {
        foreach (var service in use.Follows)
        {
            if (!services.Contains(service) && service != new NamespacedName(id.Namespace, id.Service))
            {
                Unwatch(service, id);
            }
        }

        foreach (var service in services)
        {
            Watch(service, id);
        }

        use.Follows = services;
    }

    private void Forget(BackendId id, Use use)
    {
        _uses.Remove(id);
        Unwatch(new NamespacedName(id.Namespace, id.Service), id);
        foreach (var service in use.Follows)
        {
            Unwatch(service, id);
        }
    }

    private void Watch(NamespacedName service, BackendId id)
    {
        if (!_byService.TryGetValue(service, out var ids))
        {
            _byService[service] = ids = [];
        }

        ids.Add(id);
    }

    private void Unwatch(NamespacedName service, BackendId id)
    {
        if (_byService.TryGetValue(service, out var ids) && ids.Remove(id) && ids.Count == 0)
        {
            _byService.Remove(service);
        }
    }

    private sealed class Use(BackendId id)
    {
        public BackendId Id => id;

        public SortedSet<IngressEntry> Users { get; } = new(IngressOrder.Instance);

        public string? PinnedName { get; set; }

        public LoadBalancing PinnedLoadBalancing { get; set; } = LoadBalancing.RoundRobin;

        public CanaryPolicy? Canary { get; set; }

        /// <summary>Of a canary: the main backend whose affinity it has taken over.</summary>
        public Use? SessionsOf { get; set; }

        public string? Problem { get; set; }

        public ImmutableArray<NamespacedName> Follows { get; set; } = [];
    }
}
