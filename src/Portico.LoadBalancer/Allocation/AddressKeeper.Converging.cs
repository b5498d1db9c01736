using System.Collections.Immutable;
using Portico.Kubernetes.Resources;

namespace Portico.LoadBalancer.Allocation;

/// <summary>One Service is brought to what it should have; the order of the steps is MetalLB's.</summary>
internal sealed partial class AddressKeeper
{
    private void Converge(ServiceKey key, Kept kept, List<ServiceNews> news)
    {
        TellDeprecated(kept, news);
        _waiting.Remove(key);

        // 1. Not, or not any more, a load balancer.
        if (kept.Service.Spec.Type != "LoadBalancer")
        {
            Clear(key);
            return;
        }

        // 2. to 4. What is asked can be read, and there is something to give.
        if (ServiceReading.Read(kept.Service, options.WithoutCluster, out var problem) is not { } request)
        {
            Clear(key);
            Fail(kept, problem!.Value, news);
            return;
        }

        if (_allocator.Pools.Pools.IsEmpty)
        {
            Clear(key);
            Wait(key, kept, "there are no address pools", news);
            return;
        }

        // 5. to 8. What it has is kept if it may have it, and if it does not ask for something else.
        Keep(request, kept, news);
        if (problem is not null)
        {
            // A wish that cannot be read costs nobody what it has, and gets nobody anything.
            Fail(kept, problem.Value, news);
            return;
        }

        // 9. The other family, also when it becomes free later.
        if (_allocator.HeldBy(key) is [var only] && request.Families == FamilyPolicy.PreferDual && request.Wanted.IsEmpty)
        {
            AddOtherFamily(request, only, kept, news);
            return;
        }

        // 10. Something new.
        if (_allocator.HeldBy(key).IsEmpty)
        {
            Allocate(request, kept, news);
        }

        if (!_allocator.HeldBy(key).IsEmpty)
        {
            kept.Failure = "";
        }
    }

    private void Keep(ServiceRequest request, Kept kept, List<ServiceNews> news)
    {
        var current = Current(request.Key, kept, news);
        if (current.IsEmpty)
        {
            Clear(request.Key);
            return;
        }

        var (before, held) = (_allocator.RequestOf(request.Key), _allocator.HeldBy(request.Key));
        var obstacle = Fits(request, current) ? _allocator.Assign(request, current) : "its IP family is another than the service's";
        if (obstacle is not null)
        {
            Clear(request.Key);
            news.Add(ServiceNews.Normal("ClearAssignment", $"current IP {Text(current)} for \"{request.Key}\" is not allowed, clearing: {obstacle}"));
            return;
        }

        // What was given back is there for others, and a change of what sharing goes by may let them in.
        _mayHelpOthers |= before is not null
            && (!held.AsSpan().SequenceEqual(current.AsSpan()) || before.SharingKey != request.SharingKey || before.BackendKey != request.BackendKey || !before.Ports.AsSpan().SequenceEqual(request.Ports.AsSpan()));
        var other = request.Pool.Length > 0 && _allocator.Pools.PoolOf(current[0])!.Name != request.Pool ? $"the pool {request.Pool} is requested"
            : !request.Wanted.IsEmpty && !request.Wanted.ToHashSet().SetEquals(current) ? $"{Text(request.Wanted)} is requested"
            : null;
        if (other is not null)
        {
            Clear(request.Key);
            news.Add(ServiceNews.Normal("ClearAssignment", $"current IP {Text(current)} for \"{request.Key}\" is given back: {other}"));
        }
    }

    /// <summary>
    /// The status of the cluster counts when we know nothing yet, and when somebody has changed it after it said what we wanted. In
    /// between it is an older writing of our own.
    /// </summary>
    private ImmutableArray<Address> Current(ServiceKey key, Kept kept, List<ServiceNews> news)
    {
        var held = _allocator.HeldBy(key);
        var status = kept.Service.LoadBalancer;
        var isNew = kept.IsStatusNew;
        kept.IsStatusNew = false;
        if (!isNew || status.Count == 0)
        {
            return held;
        }

        var addresses = ImmutableArray.CreateBuilder<Address>(status.Count);
        foreach (var entry in status)
        {
            if (!Address.TryParse(entry.Ip, out var address) || addresses.Any(a => a.IsIPv6 == address.IsIPv6))
            {
                news.Add(ServiceNews.Warning("nolbIPsIPFamily", $"Failed to retrieve lbIPs IPFamily for \"{string.Join(' ', status.Select(s => s.Ip + s.Hostname))}\""));
                return held;
            }

            addresses.Add(address);
        }

        return addresses.ToImmutable();
    }

    /// <summary>One family is enough to stay for whom both are a wish.</summary>
    private static bool Fits(ServiceRequest request, ImmutableArray<Address> current) =>
        Choice.Fits(request, current) || (current.Length == 1 && request.Families == FamilyPolicy.PreferDual);

    private void AddOtherFamily(ServiceRequest request, Address present, Kept kept, List<ServiceNews> news)
    {
        if (Choice.WithOtherFamily(_allocator, request, present) is { } both)
        {
            news.Add(ServiceNews.Normal("IPAllocated", $"Assigned IP {Text(both)}"));
            kept.Failure = "";
        }
        else
        {
            _waiting.Add(request.Key);
            var pool = _allocator.Pools.PoolOf(present)?.Name;
            Fail(kept, ServiceNews.Normal("AdditionalAssignFailed", $"cannot assign additional IP in PreferDualStack: no available IPs of {(present.IsIPv6 ? "IPv4" : "IPv6")} in pool \"{pool}\""), news);
        }
    }

    private void Allocate(ServiceRequest request, Kept kept, List<ServiceNews> news)
    {
        var addresses = Choice.Allocate(_allocator, request, out var reason);
        if (addresses.IsEmpty)
        {
            Wait(request.Key, kept, reason, news);
            return;
        }

        news.Add(ServiceNews.Normal("IPAllocated", $"Assigned IP {Text(addresses)}"));
        if (addresses.Length == 1 && request.Families == FamilyPolicy.PreferDual && request.Wanted.IsEmpty)
        {
            _waiting.Add(request.Key);
        }
    }

    private void Wait(ServiceKey key, Kept kept, string reason, List<ServiceNews> news)
    {
        _waiting.Add(key);
        Fail(kept, ServiceNews.Warning("AllocationFailed", $"Failed to allocate IP for \"{key}\": {reason}"), news);
    }

    private static void Fail(Kept kept, ServiceNews failure, List<ServiceNews> news)
    {
        if (kept.Failure != failure.Message)
        {
            kept.Failure = failure.Message;
            news.Add(failure);
        }
    }

    private static void TellDeprecated(Kept kept, List<ServiceNews> news)
    {
        var names = string.Join(", ", ServiceAnnotations.DeprecatedOn(kept.Service));
        if (names.Length > 0 && names != kept.Deprecated)
        {
            news.Add(ServiceNews.Warning("deprecatedAnnotation", $"{names}: this prefix is deprecated, write metallb.io/ instead"));
        }

        kept.Deprecated = names;
    }

    private void Clear(ServiceKey key) => _mayHelpOthers |= _allocator.Release(key);

    private static string Text(ImmutableArray<Address> addresses) => $"[{string.Join(' ', addresses.Select(a => $"\"{a}\""))}]";
}
