using System.Collections.Immutable;

namespace Portico.Model;

/// <summary>
/// What may differ between a table and an earlier one: who has taken over that earlier one looks at these entries and at no others, so
/// a change among ten thousand costs what has changed. Who has taken over another one compares everything.
/// </summary>
/// <param name="Since">The earlier table.</param>
/// <param name="Keys">Every entry that came, went or was replaced, each once; an entry may stand here and be the same.</param>
public sealed record TableChange<TKey, TValue>(ImmutableDictionary<TKey, TValue> Since, ImmutableArray<TKey> Keys)
    where TKey : notnull
{
    /// <summary>Whether this is all that has changed for somebody who knows that table.</summary>
    public bool IsAllSince(ImmutableDictionary<TKey, TValue>? known) => ReferenceEquals(Since, known);
}
