using System.Collections.Immutable;
using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Portico.Model;

namespace Portico.Ingress.Streams;

/// <summary>The ConfigMap of one protocol: its entries that can be used, and what is wrong with the others.</summary>
internal sealed class StreamMap(StreamProtocol protocol, NamespacedName? name, ImmutableHashSet<int> reservedPorts)
{
    private ConfigMap? _last;

    public StreamProtocol Protocol => protocol;

    /// <summary>Null when no flag names a map.</summary>
    public NamespacedName? Name => name;

    /// <summary>In the order of their ports.</summary>
    public ImmutableArray<StreamEntry> Entries { get; private set; } = [];

    /// <summary>Entries that cannot be used.</summary>
    public ImmutableArray<Finding> Problems { get; private set; } = [];

    public Finding Problem(string key, string reason, string message) =>
        new(new ObjectReference("ConfigMap", name!.Value.Namespace, name.Value.Name), key, FindingSeverity.Warning, reason, message);

    public void Read(IResourceView view)
    {
        if (name is not { } map)
        {
            return;
        }

        var problems = ImmutableArray.CreateBuilder<Finding>();
        var found = view.Find<ConfigMap>(map.Namespace, map.Name);
        if (found is null)
        {
            // As ingress-nginx: what a deleted map said last stays in force.
            problems.Add(Problem("", "MissingConfigMap", _last is null ? "there is no such ConfigMap" : "the ConfigMap was deleted; its last entries stay in force until a restart"));
        }

        _last = found ?? _last;
        var entries = new SortedDictionary<int, StreamEntry>();
        foreach (var (key, value) in (_last?.Data ?? new Dictionary<string, string>()).OrderBy(d => d.Key, StringComparer.Ordinal))
        {
            var entry = StreamEntry.Parse(protocol, key, value.Trim(), out var problem);
            if (entry is null)
            {
                problems.Add(Problem(key, "InvalidStreamEntry", $"{problem}; the entry is left out"));
            }
            else if (reservedPorts.Contains(entry.Port))
            {
                problems.Add(Problem(key, "ReservedPort", $"the port {entry.Port} is reserved; the entry is left out"));
            }
            else if (!entries.TryAdd(entry.Port, entry))
            {
                problems.Add(Problem(key, "InvalidStreamEntry", $"another entry has the port {entry.Port}; this one is left out"));
            }
        }

        Entries = [.. entries.Values];
        Problems = problems.ToImmutable();
    }
}
