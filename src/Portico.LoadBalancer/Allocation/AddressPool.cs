using System.Collections.Immutable;
using Portico.Kubernetes.Resources;

namespace Portico.LoadBalancer.Allocation;

/// <summary>A pool that was found right: its ranges are numbers, and its selectors of namespaces are names. Immutable.</summary>
internal sealed record AddressPool
{
    public required string Name { get; init; }

    /// <summary>The pool's own labels, by which advertisements choose it.</summary>
    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>In the order of the pool, which is the order of use.</summary>
    public required ImmutableArray<AddressRange> Ranges { get; init; }

    public required bool AutoAssign { get; init; }

    public required bool AvoidBuggyIPs { get; init; }

    /// <summary>Whether the pool says for whom it is: then it is tried before those that do not.</summary>
    public required bool IsPinned { get; init; }

    /// <summary>Smaller is first. A pool without a priority comes last.</summary>
    public required int Priority { get; init; }

    /// <summary>Null for all.</summary>
    public required ImmutableHashSet<string>? Namespaces { get; init; }

    public required IReadOnlyList<ObjectSelector> ServiceSelectors { get; init; }

    public bool HasFamily(bool ipv6) => Ranges.Any(r => r.First.IsIPv6 == ipv6);

    public bool Contains(Address address) => !(AvoidBuggyIPs && address.IsBuggy) && Ranges.Any(r => r.Contains(address));

    /// <summary>
    /// Whether a Service of this namespace with these labels may have an address of this pool. A selector of namespaces that matches
    /// none lets nobody in.
    /// </summary>
    public bool Admits(string ns, IReadOnlyDictionary<string, string> labels) =>
        (Namespaces is null || Namespaces.Contains(ns)) && (ServiceSelectors.Count == 0 || ServiceSelectors.Any(s => s.Matches(labels)));
}
