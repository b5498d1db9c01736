using System.Collections.Immutable;
using Portico.Kubernetes.Resources;

namespace Portico.LoadBalancer.Allocation;

/// <summary>
/// Who holds which address. An address has one holder, or several that share it by the rules of <see cref="SharingConflict"/>; nothing
/// else can be brought about from outside. Knows nothing of time and of the API. One thread.
/// </summary>
internal sealed class Allocator
{
    private readonly Dictionary<Address, List<ServiceRequest>> _holders = [];
    private readonly Dictionary<ServiceKey, ImmutableArray<Address>> _held = [];

    /// <summary>The addresses that carry a sharing key, sorted, so that the lowest that can be shared is found without a walk.</summary>
    private readonly Dictionary<string, SortedSet<Address>> _shared = new(StringComparer.Ordinal);

    /// <summary>Below this offset of its range no address is free. Moves up when the next free one is looked for, and down when one is given back.</summary>
    private readonly Dictionary<AddressRange, UInt128> _floors = [];

    /// <summary>How many addresses of a pool, by its name, have holders, and how many Services have their first one of it.</summary>
    private readonly Dictionary<string, (long IPv4, long IPv6, long Services)> _used = new(StringComparer.Ordinal);

    public PoolSet Pools { get; private set; } = PoolSet.Empty;

    public int Services => _held.Count;

    /// <summary>Nobody loses an address by this, also not one that is in no pool any more: the next <see cref="Assign"/> refuses it.</summary>
    public void SetPools(PoolSet pools)
    {
        Pools = pools;
        _floors.Clear();
        _used.Clear();
        foreach (var address in _holders.Keys)
        {
            CountUse(address, 1);
        }

        foreach (var held in _held.Values)
        {
            CountService(held, 1);
        }
    }

    /// <summary>Empty for none.</summary>
    public ImmutableArray<Address> HeldBy(ServiceKey service) => _held.TryGetValue(service, out var held) ? held : [];

    /// <summary>What the Service asked for when it got what it holds; null when it holds nothing.</summary>
    public ServiceRequest? RequestOf(ServiceKey service) =>
        HeldBy(service) is [var first, ..] ? _holders[first].Find(h => h.Key == service) : null;

    public IEnumerable<ServiceKey> HoldersOf(Address address) => _holders.TryGetValue(address, out var holders) ? holders.Select(h => h.Key) : [];

    /// <summary>Gives these addresses, and no others, to the Service; the same once more changes nothing.</summary>
    /// <returns>Why not; null when it was done.</returns>
    public string? Assign(ServiceRequest service, ImmutableArray<Address> addresses)
    {
        if (Obstacle(service, addresses) is { } obstacle)
        {
            return obstacle;
        }

        TakeBack(service.Key, stays: addresses);
        foreach (var address in addresses)
        {
            if (!_holders.TryGetValue(address, out var holders))
            {
                _holders[address] = holders = [];
                CountUse(address, 1);
            }

            holders.Add(service);
            if (service.SharingKey.Length > 0)
            {
                (_shared.TryGetValue(service.SharingKey, out var shared) ? shared : _shared[service.SharingKey] = []).Add(address);
            }
        }

        _held[service.Key] = addresses;
        CountService(addresses, 1);
        return null;
    }

    /// <returns>Whether it held anything.</returns>
    public bool Release(ServiceKey service) => TakeBack(service, stays: []);

    /// <summary>The first address of the pool that the Service can have: ranges in their order, free or shareable.</summary>
    public Address? FirstUsable(AddressPool pool, bool ipv6, ServiceRequest service)
    {
        foreach (var range in pool.Ranges.Where(r => r.First.IsIPv6 == ipv6))
        {
            var free = FirstFree(pool, range);
            var shareable = FirstShareable(pool, range, service);
            if (free is not null || shareable is not null)
            {
                return free is null || (shareable is not null && shareable.Value.CompareTo(free.Value) < 0) ? shareable : free;
            }
        }

        return null;
    }

    /// <param name="pool">One of those in force.</param>
    public IPAddressPoolStatus UseOf(AddressPool pool)
    {
        var (v4, v6, _) = _used.GetValueOrDefault(pool.Name);
        return new IPAddressPoolStatus(v4, v6, Size(pool, false) - v4, Size(pool, true) - v6);
    }

    /// <param name="pool">One of those in force.</param>
    public long ServicesOf(AddressPool pool) => _used.GetValueOrDefault(pool.Name).Services;

    private void CountUse(Address address, int more)
    {
        if (Pools.PoolOf(address) is { } pool)
        {
            var (v4, v6, services) = _used.GetValueOrDefault(pool.Name);
            _used[pool.Name] = address.IsIPv6 ? (v4, v6 + more, services) : (v4 + more, v6, services);
        }
    }

    private void CountService(ImmutableArray<Address> addresses, int more)
    {
        if (addresses is [var first, ..] && Pools.PoolOf(first) is { } pool)
        {
            var used = _used.GetValueOrDefault(pool.Name);
            _used[pool.Name] = used with { Services = used.Services + more };
        }
    }

    /// <param name="stays">Addresses that the Service has again at once: where to look for a free one does not change for them.</param>
    private bool TakeBack(ServiceKey service, ImmutableArray<Address> stays)
    {
        if (!_held.Remove(service, out var addresses))
        {
            return false;
        }

        CountService(addresses, -1);
        foreach (var address in addresses)
        {
            var holders = _holders[address];
            var sharing = holders.Find(h => h.Key == service)!.SharingKey;
            holders.RemoveAll(h => h.Key == service);
            if (holders.Count == 0)
            {
                _holders.Remove(address);
                CountUse(address, -1);
                if (!stays.Contains(address))
                {
                    Lower(address);
                }
            }

            if (sharing.Length > 0 && !holders.Exists(h => h.SharingKey == sharing) && _shared.TryGetValue(sharing, out var shared) && shared.Remove(address) && shared.Count == 0)
            {
                _shared.Remove(sharing);
            }
        }

        return true;
    }

    private static long Size(AddressPool pool, bool ipv6)
    {
        var size = UInt128.Zero;
        foreach (var range in pool.Ranges.Where(r => r.First.IsIPv6 == ipv6))
        {
            var count = range.Count(pool.AvoidBuggyIPs);
            size = UInt128.MaxValue - size < count ? UInt128.MaxValue : size + count;
        }

        return size > long.MaxValue ? long.MaxValue : (long)size;
    }

    private string? Obstacle(ServiceRequest service, ImmutableArray<Address> addresses)
    {
        AddressPool? pool = null;
        foreach (var address in addresses)
        {
            if (Pools.PoolOf(address) is not { } found)
            {
                return $"[\"{address}\"] is not allowed in config: no pool has it";
            }

            if (pool is not null && pool != found)
            {
                return $"{string.Join(" and ", addresses)} are of different pools";
            }

            pool = found;
        }

        if (pool is not null && !pool.Admits(service.Key.Namespace, service.Labels))
        {
            return $"pool {pool.Name} is kept for other namespaces or services";
        }

        return addresses.Select(a => SharingConflict(service, a)).FirstOrDefault(conflict => conflict is not null);
    }

    /// <summary>
    /// Two share an address if both carry the same sharing key, have their pods in the same places, and no port of one is a port of
    /// the other. Who is alone on its address may change all of that.
    /// </summary>
    private string? SharingConflict(ServiceRequest service, Address address)
    {
        if (!_holders.TryGetValue(address, out var holders))
        {
            return null;
        }

        foreach (var other in holders.Where(h => h.Key != service.Key))
        {
            if (service.SharingKey.Length == 0 || service.SharingKey != other.SharingKey)
            {
                return $"can't change sharing key for \"{service.Key}\", address {address} is also in use by {string.Join(',', holders.Where(h => h.Key != service.Key).Select(h => h.Key))}";
            }

            if (service.BackendKey != other.BackendKey)
            {
                return $"address {address} is in use by {other.Key}, whose traffic policy or pods are others";
            }

            foreach (var port in service.Ports.Where(p => other.Ports.Contains(p)))
            {
                return $"port {port} is already in use on \"{address}\" by {other.Key}";
            }
        }

        return null;
    }

    private Address? FirstFree(AddressPool pool, AddressRange range)
    {
        var offset = _floors.GetValueOrDefault(range);
        while (offset <= range.Span)
        {
            var address = range.First with { Value = range.First.Value + offset };
            if (!_holders.ContainsKey(address) && !(pool.AvoidBuggyIPs && address.IsBuggy))
            {
                _floors[range] = offset;
                return address;
            }

            offset++;
        }

        _floors[range] = offset;
        return null;
    }

    private Address? FirstShareable(AddressPool pool, AddressRange range, ServiceRequest service)
    {
        if (service.SharingKey.Length == 0 || !_shared.TryGetValue(service.SharingKey, out var shared))
        {
            return null;
        }

        foreach (var address in shared.GetViewBetween(range.First, range.Last))
        {
            if (!(pool.AvoidBuggyIPs && address.IsBuggy) && SharingConflict(service, address) is null)
            {
                return address;
            }
        }

        return null;
    }

    private void Lower(Address address)
    {
        foreach (var range in Pools.PoolOf(address)?.Ranges ?? [])
        {
            if (range.Contains(address) && _floors.TryGetValue(range, out var floor) && address.Value - range.First.Value < floor)
            {
                _floors[range] = address.Value - range.First.Value;
            }
        }
    }
}
