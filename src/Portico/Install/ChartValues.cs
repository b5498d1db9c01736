using Portico.Flags;
using Portico.Install.GoTemplate;

namespace Portico.Install;

/// <summary>
/// The values that a chart is rendered with: those of the chart, overlaid by files and by single settings, as Helm does it. A null
/// takes a value away. What the chart does not know is told: a map that is empty in the chart takes anything.
/// </summary>
internal sealed class ChartValues(Dictionary<string, object?> defaults)
{
    public Dictionary<string, object?> Values { get; } = Copy(defaults);

    /// <summary>Lays a map of values over these.</summary>
    /// <returns>The paths in it that the chart does not know.</returns>
    public List<string> Overlay(Dictionary<string, object?> values)
    {
        var unknown = new List<string>();
        FindUnknown(values, defaults, "", unknown);
        Merge(Values, values);
        return unknown;
    }

    /// <summary>The known name that was probably meant by the last step of a path.</summary>
    public string? Suggest(string path)
    {
        var steps = path.Split('.');
        object? at = defaults;
        foreach (var step in steps[..^1])
        {
            at = (at as Dictionary<string, object?>)?.GetValueOrDefault(step);
        }

        return at is Dictionary<string, object?> map && ClosestName.Find(steps[^1], map.Keys) is { } name ? string.Join('.', [.. steps[..^1], name]) : null;
    }

    private static void FindUnknown(Dictionary<string, object?> values, Dictionary<string, object?> known, string path, List<string> unknown)
    {
        foreach (var (key, value) in values)
        {
            if (!known.TryGetValue(key, out var default_))
            {
                unknown.Add(path + key);
            }
            else if (value is Dictionary<string, object?> map && default_ is Dictionary<string, object?> { Count: > 0 } inner)
            {
                FindUnknown(map, inner, $"{path}{key}.", unknown);
            }
        }
    }

    private static void Merge(Dictionary<string, object?> onto, Dictionary<string, object?> values)
    {
        foreach (var (key, value) in values)
        {
            switch (value)
            {
                case null:
                    onto.Remove(key);
                    break;
                case Dictionary<string, object?> map when onto.GetValueOrDefault(key) is Dictionary<string, object?> inner:
                    Merge(inner, map);
                    break;
                default:
                    onto[key] = value;
                    break;
            }
        }
    }

    private static Dictionary<string, object?> Copy(Dictionary<string, object?> map) => map.ToDictionary(
        e => e.Key, e => e.Value is Dictionary<string, object?> inner ? Copy(inner) : e.Value, StringComparer.Ordinal);
}
