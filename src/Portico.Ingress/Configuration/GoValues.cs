using System.Collections.Immutable;
using System.Globalization;
using Portico.Ingress.Annotations;
using Portico.Model;

namespace Portico.Ingress.Configuration;

/// <summary>Conversions of ConfigMap values, as Go's loose decoding does them.</summary>
internal static class GoValues
{
    /// <summary>ParseBool; the empty text is false.</summary>
    public static bool TryBoolean(string text, out bool value)
    {
        if (text.Length == 0)
        {
            value = false;
            return true;
        }

        return ValueRule.TryParseBoolean(text, out value);
    }

    /// <summary>ParseInt with base prefixes 0x, 0o, 0b and 0, underscores between digits; the empty text is zero.</summary>
    public static bool TryInteger(string text, out int value)
    {
        value = 0;
        if (text.Length == 0)
        {
            return true;
        }

        var negative = text[0] == '-';
        var digits = text[0] is '-' or '+' ? text[1..] : text;
        var (radix, skip) = digits switch
        {
            ['0', 'x' or 'X', ..] => (16, 2),
            ['0', 'o' or 'O', ..] => (8, 2),
            ['0', 'b' or 'B', ..] => (2, 2),
            ['0', _, ..] => (8, 1),
            _ => (10, 0),
        };
        var plain = digits[skip..];
        if (plain.Contains('_', StringComparison.Ordinal))
        {
            plain = skip > 0 ? plain.Replace("_", "", StringComparison.Ordinal) : plain;
        }

        if (plain.Length == 0 || !TryDigits(plain, radix, out var number))
        {
            return false;
        }

        number = negative ? -number : number;
        value = (int)number;
        return number is >= int.MinValue and <= int.MaxValue;
    }

    /// <summary>Split at commas, trimmed, without empty entries.</summary>
    public static ImmutableArray<string> List(string text) =>
        [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];

    /// <summary>The ranges that can be read, and whether all could.</summary>
    public static bool TryRanges(string text, out ImmutableArray<AddressRange> ranges)
    {
        var good = ImmutableArray.CreateBuilder<AddressRange>();
        var entries = List(text);
        foreach (var entry in entries)
        {
            if (AddressRange.TryParse(entry, out var range))
            {
                good.Add(range);
            }
        }

        ranges = good.ToImmutable();
        return ranges.Length == entries.Length;
    }

    public static string Format(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static bool TryDigits(string text, int radix, out long number)
    {
        number = 0;
        foreach (var c in text)
        {
            var digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : radix;
            if (digit >= radix || number > int.MaxValue)
            {
                return false;
            }

            number = (number * radix) + digit;
        }

        return true;
    }
}
