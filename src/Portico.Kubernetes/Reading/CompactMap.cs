using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Portico.Kubernetes.Reading;

/// <summary>
/// The few names of a label, annotation or data map, sorted in two arrays: a third of a Dictionary's memory,
/// which counts when every object of a big cluster has two such maps. Immutable.
/// </summary>
internal sealed class CompactMap<TValue> : IReadOnlyDictionary<string, TValue>
{
    public static readonly CompactMap<TValue> Empty = new([], []);

    private readonly string[] _names;
    private readonly TValue[] _values;

    private CompactMap(string[] names, TValue[] values)
    {
        _names = names;
        _values = values;
    }

    /// <summary>Of a name that comes twice the last value counts, as in every JSON decoder of the field.</summary>
    public static CompactMap<TValue> From(List<KeyValuePair<string, TValue>> entries)
    {
        if (entries.Count == 0)
        {
            return Empty;
        }

        var sorted = new SortedDictionary<string, TValue>(StringComparer.Ordinal);
        foreach (var (name, value) in entries)
        {
            sorted[name] = value;
        }

        return new CompactMap<TValue>([.. sorted.Keys], [.. sorted.Values]);
    }

    public int Count => _names.Length;

    public IEnumerable<string> Keys => _names;

    public IEnumerable<TValue> Values => _values;

    public TValue this[string key] => TryGetValue(key, out var value) ? value : throw new KeyNotFoundException(key);

    public bool ContainsKey(string key) => IndexOf(key) >= 0;

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out TValue value)
    {
        var index = IndexOf(key);
        value = index >= 0 ? _values[index] : default;
        return index >= 0;
    }

    public IEnumerator<KeyValuePair<string, TValue>> GetEnumerator()
    {
        for (var i = 0; i < _names.Length; i++)
        {
            yield return new(_names[i], _values[i]);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private int IndexOf(string name) => Array.BinarySearch(_names, name, StringComparer.Ordinal);
}
