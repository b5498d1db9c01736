using System.Collections.Immutable;
using Portico.Model;

namespace Portico.Ingress;

/// <summary>The findings in force, by object. Those of an object are always replaced as a whole.</summary>
internal sealed class FindingsBook
{
    private readonly HashSet<ObjectReference> _changed = [];

    public ImmutableDictionary<ObjectReference, ImmutableArray<Finding>> All { get; private set; } =
        ImmutableDictionary<ObjectReference, ImmutableArray<Finding>>.Empty;

    public void Replace(ObjectReference about, ImmutableArray<Finding> findings)
    {
        var known = All.TryGetValue(about, out var previous);
        if (known ? previous.AsSpan().SequenceEqual(findings.AsSpan()) : findings.IsEmpty)
        {
            return;
        }

        _changed.Add(about);
        All = findings.IsEmpty ? All.Remove(about) : All.SetItem(about, findings);
    }

    /// <summary>The objects whose findings changed since the last call.</summary>
    public ImmutableArray<ObjectReference> TakeChanged()
    {
        ImmutableArray<ObjectReference> changed = [.. _changed];
        _changed.Clear();
        return changed;
    }
}
