using System.Buffers;
using System.Globalization;
using System.Text;

namespace Portico.Kubernetes;

/// <summary>Durations as Go writes them: <c>1h30m</c>, <c>1.5s</c>, <c>500ms</c>, <c>0</c>.</summary>
internal static class GoDuration
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    private static readonly (string Unit, double Ticks)[] Units =
    [
        ("ns", TimeSpan.TicksPerMillisecond / 1e6),
        ("us", TimeSpan.TicksPerMicrosecond),
        ("µs", TimeSpan.TicksPerMicrosecond),
        ("ms", TimeSpan.TicksPerMillisecond),
        ("s", TimeSpan.TicksPerSecond),
        ("m", TimeSpan.TicksPerMinute),
        ("h", TimeSpan.TicksPerHour),
    ];

    public static bool TryParse(string text, out TimeSpan value)
    {
        value = TimeSpan.Zero;
        var rest = text.AsSpan();
        var negative = rest.StartsWith("-");
        rest = negative || rest.StartsWith("+") ? rest[1..] : rest;
        if (rest is "0")
        {
            return true;
        }

        if (rest.IsEmpty)
        {
            return false;
        }

        var ticks = 0.0;
        while (!rest.IsEmpty)
        {
            if (!TryTakePart(ref rest, ref ticks))
            {
                return false;
            }
        }

        if (ticks > TimeSpan.MaxValue.Ticks)
        {
            return false;
        }

        value = TimeSpan.FromTicks((long)(negative ? -ticks : ticks));
        return true;
    }

    public static string Write(TimeSpan value)
    {
        if (value == TimeSpan.Zero)
        {
            return "0s";
        }

        var text = new StringBuilder(value < TimeSpan.Zero ? "-" : "");
        value = value.Duration();
        if (value.Hours > 0 || value.Days > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"{(long)value.TotalHours}h");
        }

        if (value.Minutes > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"{value.Minutes}m");
        }

        var seconds = TimeSpan.FromTicks(value.Ticks % TimeSpan.TicksPerMinute).TotalSeconds;
        return seconds > 0 ? text.Append(CultureInfo.InvariantCulture, $"{seconds}s").ToString() : text.ToString();
    }

    private static bool TryTakePart(ref ReadOnlySpan<char> rest, ref double ticks)
    {
        var digits = rest.IndexOfAnyExcept(NumberCharacters);
        if (digits <= 0 || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        rest = rest[digits..];
        var letters = rest.IndexOfAny(NumberCharacters);
        var unit = letters < 0 ? rest : rest[..letters];
        foreach (var (name, size) in Units)
        {
            if (unit.SequenceEqual(name))
            {
                ticks += number * size;
                rest = rest[unit.Length..];
                return true;
            }
        }

        return false;
    }
}
