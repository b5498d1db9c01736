using System.Collections.Immutable;
using Portico.Kubernetes.Resources;

namespace Portico.LoadBalancer.Allocation;

/// <summary>What an IPAddressPool says becomes an <see cref="AddressPool"/>.</summary>
internal static class PoolReading
{
    /// <param name="problem">Field and cause when there is no result.</param>
    public static AddressPool? Read(IPAddressPool definition, IReadOnlyList<Namespace> namespaces, out string? problem)
    {
        var ranges = Ranges(definition.Addresses, out problem);
        var allocation = definition.ServiceAllocation;
        problem ??= allocation is null ? null : Fault(allocation);
        if (problem is not null)
        {
            return null;
        }

        return new AddressPool
        {
            Name = definition.Metadata.Name,
            Labels = definition.Metadata.Labels,
            Ranges = ranges,
            AutoAssign = definition.AutoAssign,
            AvoidBuggyIPs = definition.AvoidBuggyIPs,
            IsPinned = allocation is not null,
            Priority = allocation is { Priority: > 0 } ? allocation.Priority : int.MaxValue,
            Namespaces = allocation is null ? null : Names(allocation, namespaces),
            ServiceSelectors = allocation?.ServiceSelectors ?? [],
        };
    }

    /// <summary>Names and selectors together; null when there is neither.</summary>
    private static ImmutableHashSet<string>? Names(ServiceAllocation allocation, IReadOnlyList<Namespace> namespaces) =>
        allocation.Namespaces.Count == 0 && allocation.NamespaceSelectors.Count == 0
            ? null
            : [.. allocation.Namespaces, .. namespaces.Where(n => allocation.NamespaceSelectors.Any(s => s.Matches(n.Metadata.Labels))).Select(n => n.Metadata.Name)];

    private static ImmutableArray<AddressRange> Ranges(IReadOnlyList<string> texts, out string? problem)
    {
        var ranges = ImmutableArray.CreateBuilder<AddressRange>(texts.Count);
        problem = texts.Count == 0 ? "addresses: there are none" : null;
        foreach (var text in texts)
        {
            if (AddressRange.TryParse(text, out var cause) is not { } range)
            {
                problem = $"addresses: {cause}";
                return [];
            }

            if (ranges.FirstOrDefault(r => r.Overlaps(range)) is var twice && twice != default)
            {
                problem = $"addresses: '{text}' overlaps {twice} of the same pool";
                return [];
            }

            ranges.Add(range);
        }

        return ranges.ToImmutable();
    }

    private static string? Fault(ServiceAllocation allocation) =>
        allocation.Priority < 0 ? "serviceAllocation.priority: may not be negative"
        : allocation.NamespaceSelectors.Select(s => s.Problem).FirstOrDefault(p => p is not null) is { } ofNamespaces ? $"serviceAllocation.namespaceSelectors: {ofNamespaces}"
        : allocation.ServiceSelectors.Select(s => s.Problem).FirstOrDefault(p => p is not null) is { } ofServices ? $"serviceAllocation.serviceSelectors: {ofServices}"
        : Twice(allocation.Namespaces) is { } name ? $"serviceAllocation.namespaces: '{name}' stands there twice"
        : Twice(allocation.NamespaceSelectors.Select(s => s.ToString())) is { } of ? $"serviceAllocation.namespaceSelectors: '{of}' stands there twice"
        : Twice(allocation.ServiceSelectors.Select(s => s.ToString())) is { } by ? $"serviceAllocation.serviceSelectors: '{by}' stands there twice"
        : null;

    private static string? Twice(IEnumerable<string> texts) => texts.GroupBy(t => t, StringComparer.Ordinal).FirstOrDefault(g => g.Skip(1).Any())?.Key;
}
