using System.Globalization;
using System.Text.Json.Nodes;

namespace Portico.TestKit.Cluster;

/// <summary>
/// The objects of the fake API server with one version counter for all, as etcd has it, and the history from which watches are
/// served until it is compacted. Every method holds the lock.
/// </summary>
internal sealed class FakeStore
{
    private readonly Lock _gate = new();
    private readonly Dictionary<FakeResource, SortedDictionary<string, FakeObject>> _objects = [];
    private readonly List<Change> _history = [];
    private readonly Dictionary<string, (long Version, FakeObject[] Remaining)> _pages = [];
    private long _version = 1;
    private long _compacted;
    private TaskCompletionSource _changed = NewSignal();

    /// <summary>One step of the history; <see cref="Before"/> is null for a creation, <see cref="After"/> for a deletion.</summary>
    public sealed record Change(long Version, FakeResource Resource, FakeObject? Before, FakeObject? After);

    public long Version
    {
        get
        {
            lock (_gate)
            {
                return _version;
            }
        }
    }

    /// <summary>Completes at the next change.</summary>
    public Task NextChange
    {
        get
        {
            lock (_gate)
            {
                return _changed.Task;
            }
        }
    }

    public FakeObject? Find(FakeResource resource, string ns, string name)
    {
        lock (_gate)
        {
            return Of(resource).GetValueOrDefault($"{ns}/{name}");
        }
    }

    public (long Version, FakeObject[] Objects) List(FakeResource resource, string ns, FakeSelector selector)
    {
        lock (_gate)
        {
            return (_version, [.. Of(resource).Values.Where(o => (ns.Length == 0 || o.Namespace == ns) && selector.Matches(o))]);
        }
    }

    /// <summary>Changes one object: the function gets a copy of what there is, or null, and gives what shall be, or null.</summary>
    public FakeObject? Write(FakeResource resource, string ns, string name, Func<JsonObject?, JsonObject?> change)
    {
        lock (_gate)
        {
            var objects = Of(resource);
            var before = objects.GetValueOrDefault($"{ns}/{name}");
            var now = change(before?.Copy());
            if (now is null && before is null)
            {
                return null;
            }

            if (now is not null && before is not null && JsonNode.DeepEquals(now, before.Copy()))
            {
                return before;
            }

            var version = ++_version;
            var metadata = (JsonObject)(now ?? before!.Copy())["metadata"]!;
            metadata["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture);
            var after = new FakeObject(now ?? (JsonObject)metadata.Parent!, version);
            if (now is null)
            {
                objects.Remove(after.Key);
            }
            else
            {
                objects[after.Key] = after;
            }

            _history.Add(new Change(version, resource, now is null ? after : before, now is null ? null : after));
            var signal = _changed;
            _changed = NewSignal();
            signal.SetResult();
            return after;
        }
    }

    /// <summary>The changes of a resource after a version, and the version up to which there are no others.</summary>
    /// <exception cref="FakeStatusException">They are gone.</exception>
    public (long UpTo, List<Change> Changes) Since(FakeResource resource, long version)
    {
        lock (_gate)
        {
            if (version < _compacted)
            {
                throw new FakeStatusException(410, "Expired", $"too old resource version: {version} ({_compacted})");
            }

            var changes = new List<Change>();
            for (var i = _history.Count - 1; i >= 0 && _history[i].Version > version; i--)
            {
                if (_history[i].Resource == resource)
                {
                    changes.Add(_history[i]);
                }
            }

            changes.Reverse();
            return (_version, changes);
        }
    }

    /// <summary>Forgets the history: watches from an earlier version and the rest of lists that were begun are gone.</summary>
    public void Compact()
    {
        lock (_gate)
        {
            _compacted = _version;
            _history.Clear();
            _pages.Clear();
        }
    }

    /// <summary>Keeps the rest of a list for its next page.</summary>
    public string KeepRest(long version, FakeObject[] rest)
    {
        lock (_gate)
        {
            var token = Convert.ToBase64String(Guid.NewGuid().ToByteArray());
            _pages[token] = (version, rest);
            return token;
        }
    }

    /// <exception cref="FakeStatusException">The list is too old.</exception>
    public (long Version, FakeObject[] Remaining) TakeRest(string token)
    {
        lock (_gate)
        {
            return _pages.TryGetValue(token, out var page) ? page : throw new FakeStatusException(
                410, "Expired", "The provided continue parameter is too old to display a consistent list result.") { Continue = token };
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private SortedDictionary<string, FakeObject> Of(FakeResource resource)
    {
        if (!_objects.TryGetValue(resource, out var objects))
        {
            _objects[resource] = objects = new SortedDictionary<string, FakeObject>(StringComparer.Ordinal);
        }

        return objects;
    }
}
