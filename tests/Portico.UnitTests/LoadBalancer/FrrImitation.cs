using System.Globalization;

namespace Portico.UnitTests.LoadBalancer;

/// <summary>
/// As much of FRR's configuration language as the composer speaks: lines within contexts, <c>no</c> takes away, a neighbor takes its lines along,
/// and what does not exist cannot be taken away.
/// </summary>
internal sealed class FrrImitation
{
    private readonly List<(string Context, string Line)> _lines = [];

    /// <summary>As <c>show running-config</c> prints it.</summary>
    public string Text => string.Join('\n', _lines.Where(l => l.Context.Length == 0).Select(l => l.Line)
        .Concat(_lines.Where(l => l.Context.Length > 0).GroupBy(l => l.Context.Split('|')[0]).SelectMany(c => (IEnumerable<string>)[c.Key, .. c.Where(l => l.Context == c.Key).Select(l => l.Line), .. Inner(c), "exit"])));

    public IEnumerable<string> Sorted => Text.Split('\n').Where(l => l.Length > 0 && !l.StartsWith("bgp route-map delay-timer", StringComparison.Ordinal)).Select(WithoutNumber).Order(StringComparer.Ordinal);

    public void Apply(IEnumerable<string> commands)
    {
        var (outer, inner) = ("", "");
        foreach (var line in commands)
        {
            var text = line.Trim();
            if (text is "exit" or "exit-address-family")
            {
                (outer, inner) = inner.Length > 0 ? (outer, "") : ("", "");
            }
            else if (line[0] != ' ' && (text.StartsWith("router bgp", StringComparison.Ordinal) || text.StartsWith("route-map", StringComparison.Ordinal) || text == "bfd"))
            {
                outer = text;
                Add(outer, "");
            }
            else if (text.StartsWith("address-family", StringComparison.Ordinal) || text.StartsWith("profile", StringComparison.Ordinal))
            {
                inner = line;
                Add($"{outer}|{inner}", "");
            }
            else if (text.StartsWith("no ", StringComparison.Ordinal) && !text.StartsWith("no bgp", StringComparison.Ordinal))
            {
                Remove(outer.Length > 0 && inner.Length > 0 ? $"{outer}|{inner}" : outer, text[3..]);
            }
            else
            {
                Set(outer.Length > 0 && inner.Length > 0 ? $"{outer}|{inner}" : outer, line);
            }
        }
    }

    private static IEnumerable<string> Inner(IEnumerable<(string Context, string Line)> lines) =>
        lines.Where(l => l.Context.Contains('|', StringComparison.Ordinal)).GroupBy(l => l.Context).SelectMany(c => (IEnumerable<string>)[c.Key.Split('|')[1], .. c.Select(l => l.Line), " exit"]);

    private static string WithoutNumber(string line) => line.Split(' ') is [var ip, "prefix-list", var list, "seq", _, .. var rest] ? $"{ip} prefix-list {list} {string.Join(' ', rest)}" : line;

    private void Add(string context, string line)
    {
        if (!_lines.Contains((context, line)))
        {
            _lines.Add((context, line));
        }
    }

    private void Set(string context, string line)
    {
        if (line.Split(' ') is [var ip, "prefix-list", var list, "permit", var prefix])
        {
            var number = 5 * (1 + _lines.Count(l => l.Line.Contains($" {list} ", StringComparison.Ordinal)));
            line = string.Create(CultureInfo.InvariantCulture, $"{ip} prefix-list {list} seq {number} permit {prefix}");
        }

        if (line.Contains(" route-map ", StringComparison.Ordinal) && line.EndsWith(" out", StringComparison.Ordinal))
        {
            _lines.RemoveAll(l => l.Context == context && l.Line.StartsWith(line[..line.IndexOf(" route-map ", StringComparison.Ordinal)] + " route-map ", StringComparison.Ordinal) && l.Line.EndsWith(" out", StringComparison.Ordinal));
        }

        Add(context, line);
    }

    private void Remove(string context, string what)
    {
        var removed = what.Split(' ') switch
        {
            ["router", "bgp", ..] => _lines.RemoveAll(l => l.Context.Split('|')[0] == what),
            ["route-map", var map] => _lines.RemoveAll(l => l.Context.StartsWith($"route-map {map} ", StringComparison.Ordinal)),
            ["profile", ..] => _lines.RemoveAll(l => l.Context == $"{context}| {what}"),
            ["neighbor", var name] => _lines.RemoveAll(l => l.Context.Split('|')[0] == context && l.Line.Trim().StartsWith($"neighbor {name} ", StringComparison.Ordinal)),
            [_, "prefix-list", ..] => _lines.RemoveAll(l => WithoutNumber(l.Line) == what),
            _ => _lines.RemoveAll(l => l.Context == context && l.Line.Trim() == what),
        };
        if (removed == 0)
        {
            throw new InvalidOperationException($"there is no '{what}' in '{context}'");
        }

        // A context that is empty is not printed.
        _lines.RemoveAll(l => l.Line.Length == 0 && l.Context.Contains('|', StringComparison.Ordinal) && !_lines.Exists(o => o.Context == l.Context && o.Line.Length > 0) && !l.Context.Contains("profile", StringComparison.Ordinal));
        _lines.RemoveAll(l => l is { Line.Length: 0, Context: "bfd" } && !_lines.Exists(o => o.Context.StartsWith("bfd|", StringComparison.Ordinal)));
    }
}
