using System.Globalization;

namespace Portico.Install.GoTemplate;

/// <summary>What values mean to Go's templates.</summary>
internal static class TemplateValues
{
    /// <summary>False for null, false, zero, and what is empty.</summary>
    public static bool IsTrue(object? value) => value switch
    {
        null => false,
        bool flag => flag,
        long number => number != 0,
        double number => number != 0,
        string text => text.Length > 0,
        List<object?> list => list.Count > 0,
        Dictionary<string, object?> map => map.Count > 0,
        _ => true,
    };

    public static string ToText(object? value) => value switch
    {
        null => "",
        string text => text,
        bool flag => flag ? "true" : "false",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        List<object?> list => $"[{string.Join(' ', list.Select(ToText))}]",
        Dictionary<string, object?> map => $"map[{string.Join(' ', Sorted(map).Select(e => $"{e.Key}:{ToText(e.Value)}"))}]",
        _ => value.ToString() ?? "",
    };

    public static object? Walk(object? value, ReadOnlySpan<string> path)
    {
        foreach (var step in path)
        {
            value = value switch
            {
                Dictionary<string, object?> map => map.GetValueOrDefault(step),
                null => throw new TemplateException($"there is nothing to take .{step} from"),
                _ => throw new TemplateException($".{step} is asked of '{ToText(value)}', which has no fields"),
            };
        }

        return value;
    }

    /// <summary>Keys and values of a map in the order of the keys, or places and items of a list.</summary>
    public static IEnumerable<(object? Key, object? Item)> Items(object? value) => value switch
    {
        Dictionary<string, object?> map => Sorted(map).Select(e => ((object?)e.Key, e.Value)),
        List<object?> list => list.Select((item, index) => ((object?)(long)index, item)),
        _ => throw new TemplateException($"'{ToText(value)}' is neither a list nor a map"),
    };

    public static IOrderedEnumerable<KeyValuePair<string, object?>> Sorted(Dictionary<string, object?> map) =>
        map.OrderBy(e => e.Key, StringComparer.Ordinal);
}
