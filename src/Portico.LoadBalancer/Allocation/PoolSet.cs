using System.Collections.Immutable;
using Portico.Kubernetes.Resources;

namespace Portico.LoadBalancer.Allocation;

/// <summary>Why a pool, or its newest version, is not in force.</summary>
/// <param name="Done">What is done instead.</param>
internal readonly record struct PoolProblem(string Pool, string Cause, string Done)
{
    public string Message => $"{Cause}; {Done}";
}

/// <summary>
/// The pools in force, none of which overlap. A pool that is wrong keeps its last good version, or is left out, and harms no other:
/// its Services must not lose their addresses over a slip of the pen. Immutable.
/// </summary>
internal sealed class PoolSet
{
    public static readonly PoolSet Empty = new([]);

    private readonly ImmutableArray<(AddressRange Range, AddressPool Pool)> _sorted;

    private PoolSet(ImmutableArray<AddressPool> pools)
    {
        Pools = pools;
        ByTurn = [.. pools.Where(p => p.AutoAssign).OrderBy(p => p.IsPinned ? 0 : 1).ThenBy(p => p.Priority).ThenBy(p => p.Name, StringComparer.Ordinal)];
        _sorted = [.. pools.SelectMany(p => p.Ranges.Select(r => (r, p))).OrderBy(e => e.r.First)];
    }

    /// <summary>By name.</summary>
    public ImmutableArray<AddressPool> Pools { get; }

    /// <summary>The pools that are used unasked, as they are tried: those kept for somebody by priority, then the others; of equals the first by name.</summary>
    public ImmutableArray<AddressPool> ByTurn { get; }

    public AddressPool? Find(string name) => Pools.FirstOrDefault(p => p.Name == name);

    /// <summary>The pool that has the address; null for none, or one that avoids it.</summary>
    public AddressPool? PoolOf(Address address)
    {
        var (low, high) = (0, _sorted.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_sorted[middle].Range.First.CompareTo(address) <= 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low > 0 && _sorted[low - 1] is var (range, pool) && range.Contains(address) && !(pool.AvoidBuggyIPs && address.IsBuggy) ? pool : null;
    }

    /// <param name="before">What is in force: its pools have the right of way.</param>
    public static PoolSet Build(PoolSet before, IEnumerable<IPAddressPool> definitions, IEnumerable<Namespace> namespaces, out IReadOnlyList<PoolProblem> problems)
    {
        var known = namespaces.ToList();
        var found = new List<PoolProblem>();
        var accepted = new SortedDictionary<string, AddressPool>(StringComparer.Ordinal);
        var inTurn = definitions.OrderBy(d => before.Find(d.Metadata.Name) is null).ThenBy(d => d.Metadata.Name, StringComparer.Ordinal);
        foreach (var definition in inTurn)
        {
            var name = definition.Metadata.Name;
            if (accepted.ContainsKey(name))
            {
                found.Add(new PoolProblem(name, "there is another pool of this name", "the second is left out"));
                continue;
            }

            var pool = PoolReading.Read(definition, known, out var problem);
            problem = pool is null ? problem : Clash(pool, accepted.Values);
            if (problem is null)
            {
                accepted[name] = pool!;
                continue;
            }

            var last = before.Find(name) is { } good && Clash(good, accepted.Values) is null ? good : null;
            found.Add(new PoolProblem(name, problem, last is null ? "the pool is left out" : "its last good version stays in force"));
            if (last is not null)
            {
                accepted[name] = last;
            }
        }

        problems = found;
        return new PoolSet([.. accepted.Values]);
    }

    private static string? Clash(AddressPool pool, IEnumerable<AddressPool> others) =>
        (from other in others
         from theirs in other.Ranges
         from ours in pool.Ranges
         where ours.Overlaps(theirs)
         select $"addresses: {ours} overlaps {theirs} of the pool {other.Name}").FirstOrDefault();
}
