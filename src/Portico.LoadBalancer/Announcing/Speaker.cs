using System.Collections.Immutable;
using System.Net;
using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Portico.LoadBalancer.Allocation;
using Portico.LoadBalancer.Bgp;
using Portico.LoadBalancer.Layer2;
using Portico.LoadBalancer.Liveness;
using Portico.LoadBalancer.Observing;
using Portico.LoadBalancer.Reporting;

namespace Portico.LoadBalancer.Announcing;

/// <summary>What a speaker is told at its start.</summary>
internal sealed record SpeakerOptions
{
    public required string NodeName { get; init; }

    /// <summary><c>--ignore-exclude-lb</c></summary>
    public bool IgnoreExcludeLabel { get; init; }

    /// <summary>The key of the heartbeats where it is a Secret of the cluster; null otherwise.</summary>
    public SharedKey? Key { get; init; }
}

/// <summary>What has changed since the last time.</summary>
/// <param name="Everything">Something that concerns every Service: a node, a pool, an advertisement.</param>
/// <param name="Services">Those that changed themselves, or their endpoints.</param>
internal readonly record struct Touched(bool Everything, IReadOnlyCollection<ServiceKey> Services);

/// <summary>
/// Announces what is this node's to announce. Called after each change by whoever follows the source, on its task; a Service that was not
/// touched costs nothing. The announcing itself is done elsewhere.
/// </summary>
/// <param name="announcer">Null when nothing is announced on the local network.</param>
/// <param name="heartbeats">Null where every node counts as alive.</param>
/// <param name="router">Null without BGP.</param>
internal sealed class Speaker(SpeakerOptions options, Announcer? announcer, Heartbeats? heartbeats, BgpAnnouncer? router, BalancerMetrics metrics, Action<string> log)
{
    private readonly Dictionary<ServiceKey, Spoken> _spoken = [];
    private readonly AddressBook _book = new();

    /// <summary>Of addresses that are announced, the pool that they were of before the pools changed.</summary>
    private Dictionary<Address, AddressPool> _formerPools = [];
    private IReadOnlyList<Node> _nodes = [];
    private IReadOnlyList<Node> _heard = [];
    private IReadOnlySet<string>? _alive;
    private PoolSet? _pools;
    private Action<Service, ServiceNews> _tell = (_, _) => { };
    private ClusterReports? _reports;
    private bool _interfacesChanged;
    private bool _decided;

    /// <summary>What was decided about a Service the last time.</summary>
    /// <param name="IsDark">This node is to answer, but not one of the interfaces is here: nobody does.</param>
    private sealed record Spoken(ImmutableArray<Address> Addresses, AnnouncementDecision Layer2, BgpDecision Bgp, bool IsDark)
    {
        public bool Announces => Layer2.Announces || Bgp.Reason.Length == 0;

        public static readonly Spoken Nothing = new([], new AnnouncementDecision("noIPAllocated", null), new BgpDecision("noIPAllocated", []), IsDark: false);
    }

    /// <summary>Null without BGP.</summary>
    public BgpAnnouncer? Router => router;

    /// <summary>Runs what a speaker has beside, until told to end.</summary>
    /// <param name="wake">Called from any thread when what is announced is to be decided anew, though no object has changed.</param>
    /// <param name="tell">Takes events about Services, called within <see cref="Update"/>.</param>
    /// <param name="reports">Takes who announces what; null without a cluster.</param>
    public async Task RunAsync(Action wake, Action<Service, ServiceNews> tell, ClusterReports? reports, CancellationToken stop)
    {
        (_tell, _reports) = (tell, reports);
        if (announcer is not null)
        {
            announcer.InterfacesChanged += () =>
            {
                Volatile.Write(ref _interfacesChanged, true);
                wake();
            };
        }

        if (heartbeats is not null)
        {
            heartbeats.Changed += wake;
        }

        if (router is not null)
        {
            await router.Router.RunAsync(stop).ConfigureAwait(false);
        }
    }

    /// <summary>What is wrong with advertisements.</summary>
    public IReadOnlyList<ConfigurationFinding> Findings { get; private set; } = [];

    /// <summary>What of the configuration is not in force here as it stands there, and why.</summary>
    public IEnumerable<string> Problems => [.. Findings.Where(f => !f.IsHint).Select(f => f.Text), .. router?.Problems ?? []];

    /// <summary>Secrets that have to be followed.</summary>
    public IEnumerable<ObjectKey> Secrets(IResourceView cluster) =>
        [.. router is null ? [] : BgpObjects.Secrets(cluster), .. options.Key is { } key ? (IEnumerable<ObjectKey>)[key.Secret] : []];

    /// <param name="addressesOf">What a Service has: what its status says, or what was just decided.</param>
    public void Update(IResourceView cluster, PoolSet pools, Func<Service, ImmutableArray<Address>> addressesOf, Touched touched)
    {
        if (touched.Everything || _nodes.Count == 0)
        {
            // A machine without a cluster is the only node.
            _nodes = [.. cluster.All<Node>()];
            _nodes = _nodes.Count > 0 ? _nodes : [new Node { Metadata = new ObjectMeta { Name = options.NodeName } }];
        }

        if (options.Key?.Changed(cluster) is { } another)
        {
            heartbeats?.SetKey(another);
        }

        var alive = Alive();
        var everything = touched.Everything || Interlocked.Exchange(ref _interfacesChanged, false) || !ReferenceEquals(pools, _pools) || (alive is not null && _alive?.SetEquals(alive) != true);
        if (_pools is not null && !ReferenceEquals(pools, _pools))
        {
            RememberPools(_pools);
        }

        (_pools, _alive) = (pools, alive);
        if (everything)
        {
            Find(cluster, pools);
        }

        var facts = new ClusterFacts(cluster, options.NodeName, _nodes, pools, options.IgnoreExcludeLabel, address => _formerPools.GetValueOrDefault(address));
        var layer2 = alive is null || announcer is null ? null : new AnnouncementPlan(facts, Layer2Advertisements(cluster), alive);
        var bgp = everything ? router?.PlanOf(facts, cluster) : router?.Plan(facts);
        foreach (var key in everything ? [.. cluster.All<Service>().Select(ServiceReading.KeyOf), .. _spoken.Keys] : touched.Services)
        {
            var service = cluster.Find<Service>(key.Namespace, key.Name);
            Decide(key, service?.Spec.Type == "LoadBalancer" ? service : null, addressesOf, layer2, bgp);
        }
        announcer?.Announce(_book.Addresses);
        router?.Announce();
        if (!_decided && alive is not null)
        {
            _decided = true;
            _reports?.Decided();
        }
    }

    private void Find(IResourceView cluster, PoolSet pools)
    {
        var known = Findings.Select(f => f.Text).ToHashSet(StringComparer.Ordinal);
        Findings = AdvertisementFindings.Find(cluster, pools);
        foreach (var finding in Findings.Select(f => f.Text).Where(t => !known.Contains(t)))
        {
            log(finding);
        }
    }

    /// <param name="before">The pools that were in force until now.</param>
    private void RememberPools(PoolSet before) => _formerPools = _spoken.Values.Where(s => s.Announces).SelectMany(s => s.Addresses).Distinct()
        .Select(a => (Address: a, Pool: before.PoolOf(a) ?? _formerPools.GetValueOrDefault(a))).Where(p => p.Pool is not null).ToDictionary(p => p.Address, p => p.Pool!);

    /// <summary>Pools of flags and of a ConfigMap have no advertisements; without being announced they would be of no use.</summary>
    private static IReadOnlyList<L2Advertisement> Layer2Advertisements(IResourceView cluster)
    {
        IReadOnlyList<L2Advertisement> found = [.. cluster.All<L2Advertisement>()];
        return found.Count > 0 || cluster.All<IPAddressPool>().Any() || cluster.All<BGPAdvertisement>().Any() ? found : [new L2Advertisement()];
    }

    private void Decide(ServiceKey key, Service? service, Func<Service, ImmutableArray<Address>> addressesOf, AnnouncementPlan? layer2, BgpPlan? bgp)
    {
        var before = _spoken.GetValueOrDefault(key, Spoken.Nothing);
        if (service is null)
        {
            _spoken.Remove(key);
            _book.Remove(key);
            router?.Put(key, []);
            Report(key, before, Spoken.Nothing);
            return;
        }

        var addresses = addressesOf(service);
        var onLink = layer2?.Decide(service, addresses) ?? new AnnouncementDecision(announcer is null ? "layer2Off" : "notOwner", null);
        var now = new Spoken(
            addresses,
            onLink,
            bgp?.Decide(service, addresses) ?? new BgpDecision("bgpOff", []),
            IsDark: onLink is { Announces: true, Interfaces: { } names } && announcer?.HasAny(names) == false);
        _spoken[key] = now;
        _book.Put(key, now.Layer2.Announces ? addresses : [], now.Layer2.Interfaces);
        router?.Put(key, now.Bgp.Routes);
        Tell(service, before, now);
        Report(key, before, now);
    }

    private void Report(ServiceKey key, Spoken before, Spoken now)
    {
        Measure("layer2", before.Layer2.Announces, now.Layer2.Announces);
        Measure("bgp", before.Bgp.Reason.Length == 0, now.Bgp.Reason.Length == 0);
        _reports?.Layer2(key, !now.Layer2.Announces || now.IsDark ? null : now.Layer2.Interfaces ?? []);
        _reports?.Bgp(key, router?.PeersOf(now.Bgp.Routes) is { Count: > 0 } peers ? peers : null);

        void Measure(string protocol, bool announcedBefore, bool announces)
        {
            foreach (var gone in announcedBefore ? before.Addresses.Where(a => !announces || !now.Addresses.Contains(a)) : [])
            {
                metrics.Withdrawn(protocol, key, options.NodeName, gone);
            }

            foreach (var fresh in announces ? now.Addresses.Where(a => !announcedBefore || !before.Addresses.Contains(a)) : [])
            {
                metrics.Announced(protocol, key, options.NodeName, fresh);
            }
        }
    }

    private void Tell(Service service, Spoken before, Spoken now)
    {
        var moved = !before.Addresses.AsSpan().SequenceEqual(now.Addresses.AsSpan());
        Tell("layer2", before.Layer2.Reason, now.Layer2.Reason);
        if (router is not null)
        {
            Tell("bgp", before.Bgp.Reason, now.Bgp.Reason);
        }

        if (now.IsDark && (moved || !before.IsDark))
        {
            _tell(service, ServiceNews.Warning("announceFailed", $"announce failed: node {options.NodeName} has none of the interfaces {string.Join(", ", now.Layer2.Interfaces!.Value)}"));
        }

        void Tell(string protocol, string reasonBefore, string reason)
        {
            if (reason.Length == 0 && (reasonBefore.Length > 0 || moved))
            {
                _tell(service, ServiceNews.Normal("nodeAssigned", $"announcing from node \"{options.NodeName}\" with protocol \"{protocol}\""));
                log($"Service {ServiceReading.KeyOf(service)}: announcing {string.Join(' ', now.Addresses)} from node {options.NodeName} with protocol {protocol}");
            }
            else if (reason.Length > 0 && reason != reasonBefore && (reasonBefore.Length == 0 || now.Addresses.Length > 0))
            {
                log($"Service {ServiceReading.KeyOf(service)}: not announced here with protocol {protocol}: {reason}");
            }
        }
    }

    /// <summary>Null while it is too early to say.</summary>
    private IReadOnlySet<string>? Alive()
    {
        if (heartbeats is null)
        {
            return _nodes.Select(n => n.Metadata.Name).ToHashSet(StringComparer.Ordinal);
        }

        if (!_nodes.SequenceEqual(_heard))
        {
            _heard = _nodes;
            heartbeats.SetNodes(_nodes.ToImmutableDictionary(n => n.Metadata.Name, n => n.InternalIPs
                .Select(text => IPAddress.TryParse(text, out var address) ? address : null).OfType<IPAddress>().ToImmutableArray()));
        }

        return heartbeats.Alive;
    }
}
