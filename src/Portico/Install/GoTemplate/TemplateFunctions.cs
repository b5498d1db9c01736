using System.Globalization;

namespace Portico.Install.GoTemplate;

/// <summary>The functions of Go, Sprig and Helm that the chart uses; the names are theirs.</summary>
internal sealed class TemplateFunctions(Func<string, object?, string> include)
{
    /// <exception cref="TemplateException">There is no such function, its arguments do not fit, or it fails on purpose.</exception>
    public object? Call(string function, object?[] a)
    {
        try
        {
            return function switch
            {
                "include" => include(Text(a[0]), a[1]),
                "default" => TemplateValues.IsTrue(a[1]) ? a[1] : a[0],
                "required" => a[1] is null or "" ? throw new TemplateException(Text(a[0])) : a[1],
                "fail" => throw new TemplateException(Text(a[0])),
                "ternary" => TemplateValues.IsTrue(a[2]) ? a[0] : a[1],
                "not" => !TemplateValues.IsTrue(a[0]),
                "eq" => a.Skip(1).Any(other => AreEqual(a[0], other)),
                "ne" => !AreEqual(a[0], a[1]),
                "gt" => Number(a[0]) > Number(a[1]),
                "int" => a[0] is string text ? long.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : 0 : (long)Number(a[0]),
                "list" => a.ToList(),
                "prepend" => (List<object?>)[a[1], .. List(a[0])],
                "has" => List(a[1]).Any(item => AreEqual(a[0], item)),
                "index" => a.Skip(1).Aggregate(a[0], Index),
                "join" => string.Join(Text(a[0]), List(a[1]).Select(TemplateValues.ToText)),
                "toString" => TemplateValues.ToText(a[0]),
                "toYaml" => ChartYaml.Write(a[0]),
                "lower" => Text(a[0]).ToLowerInvariant(),
                "quote" => string.Join(' ', a.Where(v => v is not null).Select(v => GoQuoted(TemplateValues.ToText(v)))),
                "trunc" => Truncate(Number(a[0]), Text(a[1])),
                "trim" => Text(a[0]).Trim(),
                "trimSuffix" => Text(a[1]).EndsWith(Text(a[0]), StringComparison.Ordinal) ? Text(a[1])[..^Text(a[0]).Length] : Text(a[1]),
                "contains" => Text(a[1]).Contains(Text(a[0]), StringComparison.Ordinal),
                "indent" => Indent(Number(a[0]), Text(a[1])),
                "nindent" => "\n" + Indent(Number(a[0]), Text(a[1])),
                "printf" => Format(Text(a[0]), a.AsSpan(1)),
                _ => throw new TemplateException($"there is no function '{function}'"),
            };
        }
        catch (IndexOutOfRangeException)
        {
            throw new TemplateException($"'{function}' has too few arguments");
        }
    }

    private static string Text(object? value) =>
        value as string ?? throw new TemplateException($"'{TemplateValues.ToText(value)}' is no text");

    private static double Number(object? value) => value switch
    {
        long number => number,
        double number => number,
        _ => throw new TemplateException($"'{TemplateValues.ToText(value)}' is no number"),
    };

    private static List<object?> List(object? value) =>
        value as List<object?> ?? throw new TemplateException($"'{TemplateValues.ToText(value)}' is no list");

    private static bool AreEqual(object? a, object? b) => a is long or double && b is long or double ? Number(a) == Number(b) : Equals(a, b);

    private static object? Index(object? from, object? key) => from switch
    {
        Dictionary<string, object?> map => map.GetValueOrDefault(Text(key)),
        List<object?> list => list[(int)Number(key)],
        _ => throw new TemplateException($"'{TemplateValues.ToText(from)}' has no items"),
    };

    private static string Truncate(double count, string text) => text.Length <= count ? text : text[..(int)count];

    private static string Indent(double count, string text)
    {
        var pad = new string(' ', (int)count);
        return pad + text.Replace("\n", "\n" + pad, StringComparison.Ordinal);
    }

    private static string GoQuoted(string text) =>
        "\"" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)
            .Replace("\n", "\\n", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal) + "\"";

    private static string Format(string format, ReadOnlySpan<object?> arguments)
    {
        var parts = format.Split('%');
        var text = parts[0];
        for (var i = 1; i < parts.Length; i++)
        {
            var value = TemplateValues.ToText(arguments[i - 1]);
            text += parts[i] switch
            {
                ['s' or 'd' or 'v', .. var rest] => value + rest,
                ['q', .. var rest] => GoQuoted(value) + rest,
                _ => throw new TemplateException($"the verb %{parts[i]} of printf is not known"),
            };
        }

        return text;
    }
}
