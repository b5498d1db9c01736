using System.Collections;

namespace Portico.Flags;

/// <summary>Flags that belong together, in the order of their declaration: one section of the help page.</summary>
internal sealed class FlagGroup(string title) : IEnumerable<Flag>
{
    private readonly List<Flag> _flags = [];

    public string Title { get; } = title;

    /// <summary>Declares a flag that has its effect.</summary>
    public Flag<T> Add<T>(FlagType<T> type, string name, T defaultValue, string doc, string? defaultText = null) =>
        Declare(new Flag<T>(type, name, defaultValue, doc) { DefaultText = defaultText });

    /// <summary>Declares a flag whose effect is still to come.</summary>
    public Flag<T> AddNotYet<T>(FlagType<T> type, string name, T defaultValue, string doc, string because) =>
        Declare(new Flag<T>(type, name, defaultValue, doc) { Effect = FlagEffect.NotYet, Because = because });

    /// <summary>Declares a flag that is accepted because ingress-nginx has it.</summary>
    public void AddIgnored<T>(FlagType<T> type, string name, string because) =>
        Declare(new Flag<T>(type, name, default!, because) { Effect = FlagEffect.Ignored, Because = because });

    public IEnumerator<Flag> GetEnumerator() => _flags.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private Flag<T> Declare<T>(Flag<T> flag)
    {
        _flags.Add(flag);
        return flag;
    }
}
