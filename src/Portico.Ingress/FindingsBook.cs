using System.Collections.Immutable;
using Portico.Model;

namespace Portico.Ingress;

/// <summary>The findings in force, by object. Those of an object are always replaced as a whole.</summary>
internal sealed class FindingsBook
{
    private readonly HashSet<ObjectReference> _changed = [];
    private readonly int[] _counts = new int[Enum.GetValues<FindingSeverity>().Length];

    public ImmutableDictionary<ObjectReference, ImmutableArray<Finding>> All { get; private set; } =
        ImmutableDictionary<ObjectReference, ImmutableArray<Finding>>.Empty;

    /// <summary>How many are in force, by severity.</summary>
    public ImmutableArray<int> Counts => [.. _counts];

    public void Replace(ObjectReference about, ImmutableArray<Finding> findings)
    {
        var known = All.TryGetValue(about, out var previous);
        if (known ? previous.AsSpan().SequenceEqual(findings.AsSpan()) : findings.IsEmpty)
        {
            return;
        }

        _changed.Add(about);
        Count(known ? previous : [], -1);
        Count(findings, 1);
        All = findings.IsEmpty ? All.Remove(about) : All.SetItem(about, findings);
    }

    private void Count(ImmutableArray<Finding> findings, int by)
    {
        foreach (var finding in findings)
        {
            _counts[(int)finding.Severity] += by;
        }
    }

    /// <summary>The objects whose findings changed since the last call.</summary>
    public ImmutableArray<ObjectReference> TakeChanged()
    {
        ImmutableArray<ObjectReference> changed = [.. _changed];
        _changed.Clear();
        return changed;
    }
}
