using System.Collections.Immutable;
using Portico.LoadBalancer.Allocation;

namespace Portico.LoadBalancer.Announcing;

/// <summary>Which addresses are announced on the local network, and for whom: several Services may share one.</summary>
internal sealed class AddressBook
{
    private readonly Dictionary<ServiceKey, ImmutableArray<Address>> _of = [];
    private readonly Dictionary<Address, SortedDictionary<ServiceKey, ImmutableArray<string>?>> _holders = [];

    /// <summary>With the names of the interfaces; null for all. The same object as long as nothing changes.</summary>
    public ImmutableDictionary<Address, ImmutableArray<string>?> Addresses { get; private set; } = ImmutableDictionary<Address, ImmutableArray<string>?>.Empty;

    public void Remove(ServiceKey service) => Put(service, [], null);

    public void Put(ServiceKey service, ImmutableArray<Address> addresses, ImmutableArray<string>? interfaces)
    {
        foreach (var gone in _of.GetValueOrDefault(service, []).Except(addresses))
        {
            _holders[gone].Remove(service);
            Settle(gone);
        }

        foreach (var address in addresses)
        {
            (_holders.TryGetValue(address, out var holders) ? holders : _holders[address] = [])[service] = interfaces;
            Settle(address);
        }

        if (addresses.IsEmpty)
        {
            _of.Remove(service);
        }
        else
        {
            _of[service] = addresses;
        }
    }

    /// <summary>Services on one address have one pool, so the first one's interfaces are everybody's.</summary>
    private void Settle(Address address)
    {
        if (_holders[address].Count == 0)
        {
            _holders.Remove(address);
            Addresses = Addresses.Remove(address);
            return;
        }

        var interfaces = _holders[address].First().Value;
        if (!Addresses.TryGetValue(address, out var before) || before?.SequenceEqual(interfaces ?? []) != (interfaces is null ? null : true))
        {
            Addresses = Addresses.SetItem(address, interfaces);
        }
    }
}
