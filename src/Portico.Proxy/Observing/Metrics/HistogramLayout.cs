using System.Collections.Immutable;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;

namespace Portico.Proxy.Observing.Metrics;

/// <summary>
/// Where one histogram stands in the numbers of a cell, and how a value finds its bucket. Values are integers of a fine
/// unit (microseconds, bytes): the sum of a bucket's integers is exact and needs no floating point on the way of a request.
/// Immutable, shared by all shards.
/// </summary>
internal sealed class HistogramLayout
{
    private readonly long[] _borders;
    private readonly int[] _firstBucketByBitLength = new int[65];
    private readonly double _unitsPerOne;

    /// <param name="borders">In the unit of the metric (seconds, bytes), rising, without +Inf.</param>
    /// <param name="unitsPerOne">How many units of a recorded value make one of the metric: 1,000,000 for microseconds.</param>
    /// <param name="offset">Where the buckets begin in a cell; the sum follows them.</param>
    public HistogramLayout(ImmutableArray<double> borders, long unitsPerOne, int offset)
    {
        Offset = offset;
        _unitsPerOne = unitsPerOne;
        _borders = new long[borders.Length + 1];
        BorderTexts = new byte[borders.Length + 1][];
        for (var i = 0; i < borders.Length; i++)
        {
            _borders[i] = ToUnits(borders[i], unitsPerOne);
            BorderTexts[i] = Encoding.ASCII.GetBytes(GoFloat.Format(borders[i]));
        }

        _borders[^1] = long.MaxValue;
        BorderTexts[^1] = "+Inf"u8.ToArray();
        for (var bits = 0; bits < _firstBucketByBitLength.Length; bits++)
        {
            var smallest = bits == 0 ? 0 : 1UL << (bits - 1);
            _firstBucketByBitLength[bits] = Array.FindIndex(_borders, b => b == long.MaxValue || (b >= 0 && (ulong)b >= smallest));
        }
    }

    public int Offset { get; }

    public byte[][] BorderTexts { get; }

    public int BucketCount => _borders.Length;

    /// <summary>The numbers that it takes in a cell: a count per bucket, and the sum.</summary>
    public int Length => _borders.Length + 1;

    /// <summary>Counts one value, which must not be negative.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Observe(long[] cell, long value)
    {
        // The number of bits leaves at most a few borders to compare: those between two powers of two.
        var borders = _borders;
        var bucket = _firstBucketByBitLength[64 - BitOperations.LeadingZeroCount((ulong)value)];
        while (value > borders[bucket])
        {
            bucket++;
        }

        cell[Offset + bucket]++;
        cell[Offset + borders.Length] += value;
    }

    /// <summary>The sum in the unit of the metric.</summary>
    public double Sum(long units) => units / _unitsPerOne;

    private static long ToUnits(double border, long unitsPerOne)
    {
        // Decimal keeps 0.29 s at 290,000 µs, where binary floating point would give one less. A value belongs to the
        // bucket when it is at most the border, so fractions of a unit are cut off.
        var units = border * unitsPerOne;
        return units >= long.MaxValue ? long.MaxValue - 1
            : units < 0 ? -1
            : (long)decimal.Floor((decimal)border * unitsPerOne);
    }
}
