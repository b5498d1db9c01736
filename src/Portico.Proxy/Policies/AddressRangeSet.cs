using System.Collections.Immutable;
using Portico.Model;

namespace Portico.Proxy.Policies;

/// <summary>
/// Address ranges merged into sorted intervals, so that a look-up costs a binary search however long the list is.
/// Immutable, shared by all shards.
/// </summary>
internal sealed class AddressRangeSet
{
    private readonly Interval[] _ipv4;
    private readonly Interval[] _ipv6;

    private AddressRangeSet(Interval[] ipv4, Interval[] ipv6)
    {
        _ipv4 = ipv4;
        _ipv6 = ipv6;
    }

    public bool IsEmpty => _ipv4.Length == 0 && _ipv6.Length == 0;

    public static AddressRangeSet From(ImmutableArray<AddressRange> ranges) =>
        new(Merge(ranges, ipv6: false), Merge(ranges, ipv6: true));

    public bool Contains(in ClientAddress address)
    {
        var intervals = address.IsIPv6 ? _ipv6 : _ipv4;
        var bits = address.Bits;
        var low = 0;
        var high = intervals.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            if (bits < intervals[middle].First)
            {
                high = middle - 1;
            }
            else if (bits > intervals[middle].Last)
            {
                low = middle + 1;
            }
            else
            {
                return true;
            }
        }

        return false;
    }

    private static Interval[] Merge(ImmutableArray<AddressRange> ranges, bool ipv6)
    {
        var merged = new List<Interval>();
        foreach (var range in ranges.Where(r => r.IsIPv6 == ipv6).OrderBy(r => r.First.Bits).ThenByDescending(r => r.Last.Bits))
        {
            // CIDR blocks nest or are apart: one that begins inside the last interval lies wholly in it.
            if (merged.Count == 0 || range.First.Bits > merged[^1].Last)
            {
                merged.Add(new Interval(range.First.Bits, range.Last.Bits));
            }
        }

        return [.. merged];
    }

    private readonly record struct Interval(UInt128 First, UInt128 Last);
}
