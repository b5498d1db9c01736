using System.Collections.Immutable;

namespace Portico.LoadBalancer.Allocation;

/// <summary>Addresses for a Service that has none: those it asks for, else of the pool it asks for, else of the pools in their turn.</summary>
internal static class Choice
{
    /// <returns>What was assigned; empty with a reason when nothing could be.</returns>
    public static ImmutableArray<Address> Allocate(Allocator allocator, ServiceRequest service, out string reason)
    {
        reason = "";
        return !service.Wanted.IsEmpty ? Explicit(allocator, service, out reason)
            : service.Pool.Length > 0 ? OfNamedPool(allocator, service, out reason)
            : Automatic(allocator, service, out reason);
    }

    /// <summary>The family that the Service lacks, from the pool of the one that it has; null when that has none to give.</summary>
    public static ImmutableArray<Address>? WithOtherFamily(Allocator allocator, ServiceRequest service, Address present)
    {
        if (allocator.Pools.PoolOf(present) is not { } pool || allocator.FirstUsable(pool, !present.IsIPv6, service) is not { } other)
        {
            return null;
        }

        ImmutableArray<Address> both = [.. ((Address[])[present, other]).Order()];
        return allocator.Assign(service, both) is null ? both : null;
    }

    /// <summary>Whether addresses of these families are what the Service needs.</summary>
    public static bool Fits(ServiceRequest service, ImmutableArray<Address> addresses) => addresses.Length switch
    {
        1 => service.Families == FamilyPolicy.Single && addresses[0].IsIPv6 == service.PrimaryIsIPv6,
        2 => service.WantsBoth && addresses[0].IsIPv6 != addresses[1].IsIPv6,
        _ => false,
    };

    private static ImmutableArray<Address> Explicit(Allocator allocator, ServiceRequest service, out string reason)
    {
        var text = string.Join(' ', service.Wanted.Select(a => $"\"{a}\""));
        if (!Fits(service, service.Wanted))
        {
            reason = $"requested loadBalancer IP(s) [{text}] does not match the ipFamily of the service";
            return [];
        }

        if (service.Pool.Length > 0 && allocator.Pools.PoolOf(service.Wanted[0]) is { } pool && pool.Name != service.Pool)
        {
            reason = $"requested loadBalancer IP(s) [{text}] is not compatible with requested address pool {service.Pool}";
            return [];
        }

        reason = allocator.Assign(service, service.Wanted) ?? "";
        return reason.Length == 0 ? service.Wanted : [];
    }

    private static ImmutableArray<Address> OfNamedPool(Allocator allocator, ServiceRequest service, out string reason)
    {
        if (allocator.Pools.Find(service.Pool) is not { } pool)
        {
            reason = $"unknown pool \"{service.Pool}\"";
            return [];
        }

        if (!pool.Admits(service.Key.Namespace, service.Labels))
        {
            reason = $"pool {pool.Name} is kept for other namespaces or services";
            return [];
        }

        reason = $"no available IPs in pool \"{pool.Name}\"{ForFamilies(service)}";
        return Take(allocator, service, [pool]);
    }

    private static ImmutableArray<Address> Automatic(Allocator allocator, ServiceRequest service, out string reason)
    {
        reason = $"no available IPs{ForFamilies(service)}";
        return Take(allocator, service, [.. allocator.Pools.ByTurn.Where(p => p.Admits(service.Key.Namespace, service.Labels))]);
    }

    private static ImmutableArray<Address> Take(Allocator allocator, ServiceRequest service, ImmutableArray<AddressPool> pools)
    {
        foreach (var families in Wishes(service))
        {
            foreach (var pool in pools)
            {
                Address?[] found = [.. families.Select(ipv6 => allocator.FirstUsable(pool, ipv6, service))];
                if (Array.TrueForAll(found, a => a is not null))
                {
                    ImmutableArray<Address> addresses = [.. found.Select(a => a!.Value)];
                    return allocator.Assign(service, addresses) is null ? addresses : [];
                }
            }
        }

        return [];
    }

    /// <summary>Families that one pool must have all of, the best first.</summary>
    private static bool[][] Wishes(ServiceRequest service) => service.Families switch
    {
        FamilyPolicy.Single => [[service.PrimaryIsIPv6]],
        FamilyPolicy.RequireDual => [[false, true]],
        _ => [[false, true], [service.PrimaryIsIPv6], [!service.PrimaryIsIPv6]],
    };

    private static string ForFamilies(ServiceRequest service) => service.Families switch
    {
        FamilyPolicy.Single => service.PrimaryIsIPv6 ? " of IPv6" : " of IPv4",
        FamilyPolicy.RequireDual => ": no pool has both families to give",
        _ => "",
    };
}
