namespace Portico.Flags;

/// <summary>What the command line gave, by flag. Filled by <see cref="FlagReader"/>, read-only afterwards.</summary>
internal sealed class FlagValues
{
    private readonly Dictionary<Flag, object?> _given = [];

    /// <summary>The flags that were given, in the order of their first mention.</summary>
    public IEnumerable<Flag> Given => _given.Keys;

    public T Get<T>(Flag<T> flag) => _given.TryGetValue(flag, out var value) ? (T)value! : flag.Default;

    public bool IsGiven(Flag flag) => _given.ContainsKey(flag);

    /// <summary>Takes one more mention of a flag; false when the text is no value of its type.</summary>
    public bool TryTake(Flag flag, string text)
    {
        if (!flag.TryRead(text, _given.GetValueOrDefault(flag), out var value))
        {
            return false;
        }

        _given[flag] = value;
        return true;
    }
}
