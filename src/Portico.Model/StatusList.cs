using System.Collections.Immutable;

namespace Portico.Model;

/// <summary>Response statuses in ascending order, each once. Compared by value.</summary>
public sealed class StatusList : IEquatable<StatusList>
{
    public StatusList(IEnumerable<int> statuses) => Statuses = [.. statuses.Distinct().Order()];

    public static StatusList Empty { get; } = new([]);

    public ImmutableArray<int> Statuses { get; }

    public bool IsEmpty => Statuses.IsEmpty;

    public bool Equals(StatusList? other) => other is not null && Statuses.AsSpan().SequenceEqual(other.Statuses.AsSpan());

    public override bool Equals(object? obj) => Equals(obj as StatusList);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var status in Statuses)
        {
            hash.Add(status);
        }

        return hash.ToHashCode();
    }

    public override string ToString() => string.Join(',', Statuses);
}
