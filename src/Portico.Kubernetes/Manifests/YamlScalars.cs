using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace Portico.Kubernetes.Manifests;

/// <summary>
/// What a plain scalar means to kubectl, which reads YAML with sigs.k8s.io/yaml (go-yaml v2): numbers as in YAML 1.2
/// with Go's prefixes and underscores, the booleans of YAML 1.1 (<c>on</c>, <c>yes</c>, <c>no</c>, …), times as strings.
/// One difference: kubectl takes <c>y</c> and <c>n</c> for booleans, too, but most writers of YAML leave them unquoted
/// as the strings that they are in YAML 1.2, and no field wants a boolean of one letter.
/// </summary>
internal static partial class YamlScalars
{
    /// <summary>Infinity and not-a-number have no JSON form; a number out of every range is refused by every field.</summary>
    private const string Unrepresentable = "1e999";

    public static YamlScalar Plain(int line, string text) => text switch
    {
        "" or "~" or "null" or "Null" or "NULL" => new(line, YamlScalarKind.Null, text, "null"),
        "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" =>
            new(line, YamlScalarKind.Boolean, text, "true"),
        "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF" =>
            new(line, YamlScalarKind.Boolean, text, "false"),
        _ => Number(text) is { } number ? new(line, YamlScalarKind.Number, text, number) : String(line, text),
    };

    public static YamlScalar String(int line, string text) => new(line, YamlScalarKind.String, text, text);

    /// <summary>The number's JSON form; null when the text is no number.</summary>
    private static string? Number(string text)
    {
        var first = text[0];
        if (first is not ('+' or '-' or '.') && !char.IsAsciiDigit(first))
        {
            return null;
        }

        if (text is ".nan" or ".NaN" or ".NAN" || text.TrimStart('+', '-') is ".inf" or ".Inf" or ".INF")
        {
            return Unrepresentable;
        }

        var plain = first == '.' ? text : text.Replace("_", "", StringComparison.Ordinal);
        return Integer(plain) ?? Float(plain);
    }

    /// <summary>Go's strconv.ParseInt with base 0: 0x, 0o, 0b, and a leading 0 for octal.</summary>
    private static string? Integer(string text)
    {
        var negative = text[0] == '-';
        var digits = text.AsSpan(text[0] is '+' or '-' ? 1 : 0);
        var radix = 10;
        if (digits.Length > 1 && digits[0] == '0')
        {
            (radix, var prefix) = digits[1] switch
            {
                'x' or 'X' => (16, 2),
                'o' or 'O' => (8, 2),
                'b' or 'B' => (2, 2),
                _ => (8, 1),
            };
            digits = digits[prefix..];
        }

        if (digits.IsEmpty || digits.Length > 128)
        {
            return null;
        }

        var value = BigInteger.Zero;
        foreach (var digit in digits)
        {
            var part = char.IsAsciiHexDigit(digit) ? Convert.FromHexString(['0', digit])[0] : radix;
            if (part >= radix)
            {
                return null;
            }

            value = (value * radix) + part;
        }

        return (negative ? -value : value).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>A float without a fraction is written as the integer that it is, as Go's JSON encoder does.</summary>
    private static string? Float(string text) =>
        !FloatForm().IsMatch(text) || !double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? null
        : double.IsFinite(value) ? value.ToString("R", CultureInfo.InvariantCulture)
        : Unrepresentable;

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$", RegexOptions.CultureInvariant)]
    private static partial Regex FloatForm();
}
