using System.Collections.Immutable;
using System.Globalization;

namespace Portico.Proxy.Observing.Metrics;

/// <summary>Bucket borders as the flags <c>--time-buckets</c>, <c>--length-buckets</c> and <c>--size-buckets</c> give them.</summary>
public static class HistogramBorders
{
    /// <summary>Seconds.</summary>
    public static ImmutableArray<double> DefaultTime { get; } = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    /// <summary>Bytes.</summary>
    public static ImmutableArray<double> DefaultLength { get; } = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100];

    /// <summary>Bytes.</summary>
    public static ImmutableArray<double> DefaultSize { get; } = [10, 100, 1e3, 1e4, 1e5, 1e6, 1e7];

    /// <summary>Reads a comma separated list of rising numbers. A last <c>+Inf</c> is implied and dropped when written.</summary>
    public static bool TryParse(string text, out ImmutableArray<double> borders, out string error)
    {
        borders = [];
        var list = ImmutableArray.CreateBuilder<double>();
        foreach (var item in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (item is "+Inf" or "Inf")
            {
                list.Add(double.PositiveInfinity);
            }
            else if (double.TryParse(item, NumberStyles.Float, CultureInfo.InvariantCulture, out var border) && double.IsFinite(border))
            {
                list.Add(border);
            }
            else
            {
                error = $"'{item}' is no number";
                return false;
            }
        }

        for (var i = 1; i < list.Count; i++)
        {
            if (list[i] <= list[i - 1])
            {
                error = $"the borders must rise, but {GoFloat.Format(list[i])} follows {GoFloat.Format(list[i - 1])}";
                return false;
            }
        }

        if (list.Count > 0 && double.IsPositiveInfinity(list[^1]))
        {
            list.RemoveAt(list.Count - 1);
        }

        error = list.Count == 0 ? "at least one border is needed" : "";
        borders = list.Count == 0 ? [] : list.ToImmutable();
        return list.Count > 0;
    }
}
