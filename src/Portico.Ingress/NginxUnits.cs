using System.Globalization;

namespace Portico.Ingress;

/// <summary>nginx's notations of sizes and times.</summary>
internal static class NginxUnits
{
    /// <summary>Digits and at most one of k, m, g. Sizes beyond what a long holds are no sizes.</summary>
    public static bool TryParseSize(string text, out long bytes)
    {
        bytes = 0;
        if (text.Length == 0)
        {
            return false;
        }

        var shift = char.ToLowerInvariant(text[^1]) switch { 'k' => 10, 'm' => 20, 'g' => 30, _ => 0 };
        var digits = shift == 0 ? text : text[..^1];
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > long.MaxValue >> shift)
        {
            return false;
        }

        bytes = number << shift;
        return true;
    }

    /// <summary>Numbers with the units ms, s, m, h, d, w, M, y, largest first; a bare number means seconds.</summary>
    public static bool TryParseTime(string text, out TimeSpan time)
    {
        time = TimeSpan.Zero;
        var total = 0.0;
        var rest = text.AsSpan().Trim();
        if (rest.Length == 0)
        {
            return false;
        }

        while (rest.Length > 0)
        {
            var digits = rest.IndexOfAnyExceptInRange('0', '9');
            digits = digits < 0 ? rest.Length : digits;
            if (!long.TryParse(rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                return false;
            }

            rest = rest[digits..];
            if (!TakeUnit(ref rest, out var seconds))
            {
                return false;
            }

            total += number * seconds;
            rest = rest.TrimStart(' ');
        }

        if (total > TimeSpan.MaxValue.TotalSeconds / 2)
        {
            return false;
        }

        time = TimeSpan.FromSeconds(total);
        return true;
    }

    private static bool TakeUnit(ref ReadOnlySpan<char> rest, out double seconds)
    {
        seconds = 1;
        if (rest.Length == 0 || rest[0] == ' ')
        {
            return true;
        }

        if (rest.StartsWith("ms"))
        {
            rest = rest[2..];
            seconds = 0.001;
            return true;
        }

        seconds = rest[0] switch
        {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86400,
            'w' => 604800,
            'M' => 2592000,
            'y' => 31536000,
            _ => -1,
        };
        rest = rest[1..];
        return seconds > 0;
    }
}
