using System.Globalization;
using Portico.Kubernetes.Resources;
using Portico.LoadBalancer.Allocation;
using Xunit;

namespace Portico.UnitTests.LoadBalancer;

/// <summary>
/// A keeper of addresses with the cluster that it writes into: what it decides comes back in the status of the Services, at once or
/// when the test says so.
/// </summary>
internal sealed class AddressBench(AddressKeeperOptions? options = null)
{
    private readonly SortedDictionary<string, Service> _cluster = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IPAddressPool> _pools = [];
    private readonly List<Namespace> _namespaces = [];
    private int _clock;

    public AddressKeeper Keeper { get; private set; } = new(options ?? new AddressKeeperOptions());

    public List<string> Events { get; } = [];

    public IReadOnlyList<PoolProblem> PoolProblems { get; private set; } = [];

    public bool Echo { get; set; } = true;

    public IEnumerable<Service> Cluster => _cluster.Values;

    public static IPAddressPool Pool(string name, params string[] addresses) =>
        new() { Metadata = new ObjectMeta { Name = name, Namespace = "metallb-system" }, Addresses = addresses };

    public AddressBench With(params IPAddressPool[] pools)
    {
        foreach (var pool in pools)
        {
            _pools[pool.Metadata.Name] = pool;
        }

        return Rebuild();
    }

    public AddressBench Without(string pool)
    {
        _pools.Remove(pool);
        return Rebuild();
    }

    public AddressBench WithNamespace(string name, params (string Key, string Value)[] labels)
    {
        _namespaces.RemoveAll(n => n.Metadata.Name == name);
        _namespaces.Add(new Namespace { Metadata = new ObjectMeta { Name = name, Labels = labels.ToDictionary(l => l.Key, l => l.Value) } });
        return Rebuild();
    }

    /// <summary>A new process with nothing but what the cluster says, told in another order.</summary>
    public void Restart(Random order)
    {
        Keeper = new AddressKeeper(options ?? new AddressKeeperOptions());
        var services = _cluster.Values.ToArray();
        order.Shuffle(services);
        foreach (var service in services)
        {
            Keeper.Put(service);
        }

        Rebuild();
    }

    public Service New(string name, Func<ServiceSpec, ServiceSpec>? spec = null, params (string Key, string Value)[] annotations) => new()
    {
        Metadata = new ObjectMeta
        {
            Namespace = name.Contains('/', StringComparison.Ordinal) ? name.Split('/')[0] : "ns1",
            Name = name.Split('/')[^1],
            CreationTimestamp = DateTimeOffset.UnixEpoch.AddSeconds(++_clock),
            Annotations = annotations.ToDictionary(a => a.Key, a => a.Value),
        },
        Spec = (spec ?? (s => s))(new ServiceSpec { Type = "LoadBalancer", ClusterIP = "10.96.0.10", ClusterIPs = ["10.96.0.10"], Ports = [new ServicePort { Port = 80 }] }),
    };

    /// <summary>Creates or changes; gives what the status says afterwards, with blanks between.</summary>
    public string Put(Service service)
    {
        var key = Name(service);
        if (_cluster.TryGetValue(key, out var known))
        {
            service = service with { LoadBalancer = known.LoadBalancer, Metadata = service.Metadata with { Annotations = WithPool(service, known) } };
        }

        return PutAsIs(service);
    }

    public string PutAsIs(Service service)
    {
        _cluster[Name(service)] = service;
        Keeper.Put(service);
        Settle();
        return StatusOf(Name(service));
    }

    public string Put(string name, Func<ServiceSpec, ServiceSpec>? spec = null, params (string Key, string Value)[] annotations) => Put(New(name, spec, annotations));

    public void Delete(string name)
    {
        var key = name.Contains('/', StringComparison.Ordinal) ? name : "ns1/" + name;
        _cluster.Remove(key);
        Keeper.Remove(new ServiceKey(key.Split('/')[0], key.Split('/')[1]));
        Settle();
    }

    public Service Find(string name) => _cluster[name.Contains('/', StringComparison.Ordinal) ? name : "ns1/" + name];

    public string StatusOf(string name) => string.Join(' ', Find(name).LoadBalancer.Select(i => i.Ip));

    public string PoolOf(string name) => Find(name).Metadata.Annotations.GetValueOrDefault(ServiceAnnotations.AllocatedFromPool.Now) ?? "";

    /// <summary>The pool's numbers, and a recount from the cluster.</summary>
    public void CountersEqualARecount()
    {
        foreach (var pool in Keeper.Allocator.Pools.Pools)
        {
            var used = _cluster.Values.Where(s => s.Spec.Type == "LoadBalancer").SelectMany(s => s.LoadBalancer).Select(i => i.Ip).Distinct()
                .Select(ip => Address.TryParse(ip, out var address) ? address : default).Where(pool.Contains).ToList();
            var use = Keeper.Allocator.UseOf(pool);
            Assert.Equal((used.Count(a => !a.IsIPv6), used.Count(a => a.IsIPv6)), ((int)use.AssignedIPv4, (int)use.AssignedIPv6));
            var services = _cluster.Values.Count(s => s.Spec.Type == "LoadBalancer" && s.LoadBalancer is [var first, ..] && Address.TryParse(first.Ip, out var address) && pool.Contains(address));
            Assert.Equal(services, Keeper.Allocator.ServicesOf(pool));
        }
    }

    /// <summary>No address has two holders that may not share it.</summary>
    public void NothingIsAssignedTwice()
    {
        foreach (var group in _cluster.Values.Where(s => s.Spec.Type == "LoadBalancer").SelectMany(s => s.LoadBalancer.Select(i => (i.Ip, Service: s))).GroupBy(p => p.Ip).Where(g => g.Count() > 1))
        {
            var services = group.Select(p => p.Service).ToList();
            var keys = services.Select(s => ServiceAnnotations.Of(s, ServiceAnnotations.AllowSharedIP)).Distinct().ToList();
            Assert.Single(keys);
            Assert.NotEqual("", keys[0]);
            var ports = services.SelectMany(s => s.Spec.Ports.Select(p => (p.Protocol, p.Port))).ToList();
            Assert.Equal(ports.Count, ports.Distinct().Count());
        }
    }

    /// <summary>Writes what was decided, as the API server would, and tells it back.</summary>
    public void Settle()
    {
        for (var round = 0; round < 10; round++)
        {
            var outcomes = Keeper.Settle();
            Events.AddRange(outcomes.SelectMany(o => o.News.Select(n => $"{o.Service.Metadata.Name} {n.Reason} {n.Message}")));
            var written = outcomes.Where(o => o.Differs && _cluster.ContainsKey(Name(o.Service))).ToList();
            foreach (var outcome in written)
            {
                Write(outcome);
            }

            if (written.Count == 0 || !Echo)
            {
                return;
            }
        }

        Assert.Fail("the keeper and its own writings chase each other");
    }

    public static string Name(Service service) => string.Create(CultureInfo.InvariantCulture, $"{service.Metadata.Namespace}/{service.Metadata.Name}");

    private void Write(ServiceOutcome outcome)
    {
        var present = _cluster[Name(outcome.Service)];
        var annotations = present.Metadata.Annotations.Where(a => a.Key != ServiceAnnotations.AllocatedFromPool.Now && a.Key != ServiceAnnotations.AllocatedFromPool.Deprecated).ToDictionary(a => a.Key, a => a.Value);
        if (outcome.Pool.Length > 0)
        {
            annotations[ServiceAnnotations.AllocatedFromPool.Now] = outcome.Pool;
        }

        var written = present with
        {
            Metadata = present.Metadata with { Annotations = annotations },
            LoadBalancer = [.. outcome.Addresses.Select(a => new LoadBalancerIngress { Ip = a.ToString() })],
        };
        _cluster[Name(written)] = written;
        if (Echo)
        {
            Keeper.Put(written);
        }
    }

    private AddressBench Rebuild()
    {
        Keeper.SetPools(PoolSet.Build(Keeper.Allocator.Pools, _pools.Values, _namespaces, out var problems));
        PoolProblems = problems;
        Settle();
        return this;
    }

    private static Dictionary<string, string> WithPool(Service service, Service known)
    {
        var annotations = service.Metadata.Annotations.ToDictionary(a => a.Key, a => a.Value);
        if (known.Metadata.Annotations.TryGetValue(ServiceAnnotations.AllocatedFromPool.Now, out var pool))
        {
            annotations[ServiceAnnotations.AllocatedFromPool.Now] = pool;
        }

        return annotations;
    }
}
