namespace Portico.Kubernetes.Manifests;

/// <summary>A parsed YAML value with the line on which it begins, counted from 1 within its document's text.</summary>
internal abstract class YamlNode(int line)
{
    public int Line { get; } = line;
}

internal enum YamlScalarKind
{
    String,
    Number,
    Boolean,
    Null,
}

/// <summary>
/// <paramref name="text"/> is what the file says. <paramref name="value"/> is what it means: the text itself, or
/// its JSON form for a number or a boolean.
/// </summary>
internal sealed class YamlScalar(int line, YamlScalarKind kind, string text, string value) : YamlNode(line)
{
    public YamlScalarKind Kind { get; } = kind;

    public string Text { get; } = text;

    public string Value { get; } = value;
}

internal sealed class YamlSequence(int line) : YamlNode(line)
{
    public List<YamlNode> Items { get; } = [];
}

internal sealed class YamlMapping(int line) : YamlNode(line)
{
    /// <summary>Most mappings are short; a table for each would be most of the memory of a parsed file.</summary>
    private const int LongestScan = 12;

    private Dictionary<string, int>? _places;

    private readonly List<YamlEntry> _entries = [];

    public IReadOnlyList<YamlEntry> Entries => _entries;

    /// <summary>False while the end of the mapping has not been read: in the rest of a broken text.</summary>
    public bool Complete { get; set; }

    public YamlNode? Find(string key) => FindEntry(key)?.Value;

    public YamlEntry? FindEntry(string key) => IndexOf(key) is >= 0 and var index ? _entries[index] : null;

    /// <summary>The text of a string field; null when it is absent or no string.</summary>
    public string? FindString(string key) => Find(key) is YamlScalar { Kind: YamlScalarKind.String } text ? text.Value : null;

    public bool TryAdd(YamlEntry entry)
    {
        if (IndexOf(entry.Key) >= 0)
        {
            return false;
        }

        _places?.Add(entry.Key, _entries.Count);
        _entries.Add(entry);
        return true;
    }

    private int IndexOf(string key)
    {
        if (_entries.Count <= LongestScan)
        {
            return _entries.FindIndex(entry => entry.Key == key);
        }

        _places ??= _entries.Select((entry, index) => (entry.Key, index)).ToDictionary(StringComparer.Ordinal);
        return _places.TryGetValue(key, out var place) ? place : -1;
    }
}

internal readonly record struct YamlEntry(string Key, int Line, YamlNode Value);
