using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using Portico.Proxy.Observing.Metrics;
using Xunit;

namespace Portico.UnitTests.Observing.Metrics;

public class HistogramTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(5000, 0)]
    [InlineData(5001, 1)]
    [InlineData(290_000, 6)]
    [InlineData(1_000_000, 7)]
    [InlineData(1_000_001, 8)]
    [InlineData(10_000_000, 10)]
    [InlineData(10_000_001, 11)]
    [InlineData(long.MaxValue, 11)]
    public void A_value_equal_to_a_border_belongs_below_it(long microseconds, int bucket)
    {
        var layout = new HistogramLayout(HistogramBorders.DefaultTime, 1_000_000, 0);
        var cell = new long[layout.Length];

        layout.Observe(cell, microseconds);

        Assert.Equal(bucket, Array.IndexOf(cell, 1));
    }

    [Fact]
    public void Decimal_fractions_lose_no_unit()
    {
        var layout = new HistogramLayout([0.29, 0.3], 1_000_000, 0);
        var cell = new long[layout.Length];

        layout.Observe(cell, 290_000);

        Assert.Equal([1, 0, 0, 290_000], cell);
    }

    [Fact]
    public void The_short_way_finds_the_same_bucket_as_a_walk_over_all_borders() => Prop.ForAll<int[], long>((seeds, anything) =>
    {
        // Borders and values of every magnitude.
        ImmutableArray<double> borders = [.. seeds.Select(s => (double)(Math.Abs((long)s) << (s & 15))).Distinct().Order()];
        var value = (long)((ulong)anything >> 1 >> (int)(anything & 63));
        var layout = new HistogramLayout(borders, 1, 3);
        var cell = new long[3 + layout.Length];

        layout.Observe(cell, value);

        var expected = borders.Count(b => b < value);
        return cell[3 + expected] >= 1 && cell[3 + layout.BucketCount] == value && cell.Take(3).All(n => n == 0);
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("0.005,0.01,1", new[] { 0.005, 0.01, 1 })]
    [InlineData(" 10, 100,1e3 ", new double[] { 10, 100, 1000 })]
    [InlineData("1,2,+Inf", new double[] { 1, 2 })]
    public void Borders_are_a_list_of_rising_numbers(string text, double[] expected)
    {
        Assert.True(HistogramBorders.TryParse(text, out var borders, out _));
        Assert.Equal(expected, borders);
    }

    [Theory]
    [InlineData("", "at least one border is needed")]
    [InlineData("1,x", "'x' is no number")]
    [InlineData("1,1", "the borders must rise, but 1 follows 1")]
    [InlineData("5,2.5", "the borders must rise, but 2.5 follows 5")]
    [InlineData("NaN", "'NaN' is no number")]
    public void Other_lists_are_refused_with_their_cause(string text, string cause)
    {
        Assert.False(HistogramBorders.TryParse(text, out _, out var error));
        Assert.Equal(cause, error);
    }
}
