namespace Portico.Flags;

internal enum FlagEffect
{
    /// <summary>Does what ingress-nginx's flag of that name does, or what its own text says.</summary>
    Implemented,

    /// <summary>Accepted, with a warning when given, because what it steers does not exist here.</summary>
    Ignored,

    /// <summary>Accepted, with a warning when given, because what it steers is still to come.</summary>
    NotYet,
}

/// <summary>
/// A flag of <c>serve</c>, declared once: reader, help, warnings and the page of flags all come from here.
/// Declared in <c>Flags/Declared</c>, lives as long as the process, immutable.
/// </summary>
internal abstract class Flag(string name, string doc)
{
    /// <summary>The name without dashes.</summary>
    public string Name { get; } = name;

    public string Doc { get; } = doc;

    public FlagEffect Effect { get; init; } = FlagEffect.Implemented;

    /// <summary>Why the flag has no effect; empty for an implemented one.</summary>
    public string Because { get; init; } = "";

    /// <summary>Replaces the default in help where the value itself says too little.</summary>
    public string? DefaultText { get; init; }

    public abstract string ValueName { get; }

    public abstract string Expected { get; }

    public abstract bool IsSwitch { get; }

    /// <summary>What help shows as the default; empty for none.</summary>
    public abstract string DefaultInHelp { get; }

    /// <summary>Reads one value; <paramref name="previous"/> is what the flag held from an earlier mention, or null.</summary>
    public abstract bool TryRead(string text, object? previous, out object? value);

    public override string ToString() => $"--{Name}";
}

internal sealed class Flag<T>(FlagType<T> type, string name, T defaultValue, string doc) : Flag(name, doc)
{
    public T Default { get; } = defaultValue;

    public override string ValueName => type.ValueName;

    public override string Expected => type.Expected;

    public override bool IsSwitch => type.IsSwitch;

    public override string DefaultInHelp => DefaultText ?? (Default is null || (IsSwitch && Default.Equals(false)) ? "" : type.Write(Default));

    public override bool TryRead(string text, object? previous, out object? value)
    {
        if (!type.TryRead(text, out var read))
        {
            value = null;
            return false;
        }

        value = previous is T earlier && type.Join is not null ? type.Join(earlier, read) : read;
        return true;
    }
}
