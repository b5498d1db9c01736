using System.Diagnostics.CodeAnalysis;

namespace Portico.Flags;

internal delegate bool TryReadFlag<T>(string text, [MaybeNullWhen(false)] out T value);

/// <summary>How the text of a flag becomes a value, and how the value is named to people.</summary>
/// <param name="ValueName">Stands for the value in help, e.g. <c>PORT</c>.</param>
/// <param name="Expected">Completes "expected …" when a value is refused.</param>
internal sealed record FlagType<T>(string ValueName, string Expected, TryReadFlag<T> TryRead)
{
    /// <summary>May stand without a value, and never takes the next argument as one (Go's boolean flags).</summary>
    public bool IsSwitch { get; init; }

    /// <summary>Joins the values of a flag that is given several times; without it the last one wins, as in Go.</summary>
    public Func<T, T, T>? Join { get; init; }

    /// <summary>How a default is written in help.</summary>
    public Func<T, string> Write { get; init; } = static value => value?.ToString() ?? "";
}
