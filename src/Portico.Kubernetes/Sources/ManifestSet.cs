using System.Globalization;
using Portico.Kubernetes.Manifests;
using Portico.Kubernetes.Resources;

namespace Portico.Kubernetes.Sources;

/// <summary>
/// The objects of all files together. Of several files that define an object the first in path order provides it and
/// the others stand by; within a file the last document counts. An object that became unreadable keeps its last good
/// version. Equal content is the same instance, so that only real changes are told. Source thread.
/// </summary>
internal sealed class ManifestSet(ProblemLedger problems, DateTimeOffset start)
{
    private readonly Dictionary<ObjectKey, ObjectState> _objects = [];
    private readonly HashSet<ObjectKey> _touched = [];
    private readonly List<ObjectKey> _touchedInOrder = [];
    private DateTimeOffset _now = start;

    private sealed class ObjectState(DateTimeOffset firstSeen)
    {
        /// <summary>The creation time of an object that names none, for as long as any file defines it.</summary>
        public DateTimeOffset FirstSeen { get; } = firstSeen;

        /// <summary>The files that define the object, in path order.</summary>
        public ManifestFile[] Files { get; set; } = [];

        public Definition? Served { get; set; }
    }

    public int SkippedDocuments { get; private set; }

    /// <summary>Time stands still within a batch and never goes back.</summary>
    public void Advance(DateTimeOffset now) => _now = now > _now ? now : _now;

    public void Update(ManifestFile file, ManifestContent content)
    {
        var said = new List<SourceProblem>();
        var definitions = new Dictionary<ObjectKey, Definition>(content.Objects.Count);
        foreach (var found in content.Objects)
        {
            var key = found.Object.Key;
            if (definitions.TryGetValue(key, out var earlier))
            {
                said.Add(new(At(file, earlier.Line), key, $"defined again at {At(file, found.Line)}: the last one in a file counts"));
            }

            definitions[key] = Define(file, key, found);
        }

        foreach (var error in content.Errors)
        {
            var keeps = Keep(file, error, definitions);
            said.Add(new(At(file, error.Line), error.Key, keeps ? error.Message + "; its last good version goes on serving" : error.Message));
        }

        SkippedDocuments += content.Skipped - file.Content.Skipped;
        file.Content = content;
        problems.Set(file, said);
        Replace(file, definitions);
    }

    /// <summary>What the file said before goes on.</summary>
    public void Unreadable(ManifestFile file, string cause) =>
        problems.Set(file, new SourceProblem(file.Path, null, file.Definitions.Count > 0 ? cause + "; what it said before goes on serving" : cause));

    public void Remove(ManifestFile file)
    {
        SkippedDocuments -= file.Content.Skipped;
        file.Content = ManifestContent.Empty;
        problems.Set(file);
        Replace(file, []);
    }

    /// <summary>What differs from the last time that this was asked.</summary>
    public List<ResourceChange> TakeChanges()
    {
        var changes = new List<ResourceChange>();
        foreach (var key in _touchedInOrder)
        {
            if (_objects.TryGetValue(key, out var state) && Settle(key, state) is { } change)
            {
                changes.Add(change);
            }
        }

        _touched.Clear();
        _touchedInOrder.Clear();
        return changes;
    }

    private static string At(ManifestFile file, int line) => $"{file.Path}:{line.ToString(CultureInfo.InvariantCulture)}";

    private ObjectState StateOf(ObjectKey key)
    {
        if (!_objects.TryGetValue(key, out var state))
        {
            _objects[key] = state = new ObjectState(_now);
        }

        return state;
    }

    private Definition Define(ManifestFile file, ObjectKey key, ManifestObject found)
    {
        var state = StateOf(key);
        foreach (var known in (ReadOnlySpan<Definition?>)[file.Definitions.TryGetValue(key, out var own) ? own : null, state.Served])
        {
            if (known is { } same && same.Fingerprint == found.Fingerprint)
            {
                return same with { Line = found.Line };
            }
        }

        var meta = found.Object.Metadata;
        var stamped = meta.CreationTimestamp is null
            ? found.Object with { Metadata = meta with { CreationTimestamp = state.FirstSeen } }
            : found.Object;
        return new Definition(stamped, found.Line, found.Fingerprint);
    }

    /// <summary>
    /// Keeps what a broken document said before: its object if it can be named, otherwise all that the file provided
    /// and its readable documents do not define anew, because any of it may be the broken one. True if anything was kept.
    /// </summary>
    private static bool Keep(ManifestFile file, ManifestError error, Dictionary<ObjectKey, Definition> definitions)
    {
        if (error.Key is { } key)
        {
            return file.Definitions.TryGetValue(key, out var last) && definitions.TryAdd(key, last);
        }

        var kept = false;
        if (error.Unidentified)
        {
            foreach (var (other, last) in file.Definitions)
            {
                kept |= definitions.TryAdd(other, last);
            }
        }

        return kept;
    }

    private void Replace(ManifestFile file, Dictionary<ObjectKey, Definition> definitions)
    {
        foreach (var key in file.Definitions.Keys)
        {
            if (!definitions.ContainsKey(key))
            {
                var state = StateOf(key);
                state.Files = Array.FindAll(state.Files, other => other != file);
                Touch(key);
            }
        }

        foreach (var key in definitions.Keys)
        {
            if (!file.Definitions.ContainsKey(key))
            {
                var state = StateOf(key);
                state.Files = [.. state.Files.Append(file).Order()];
            }

            Touch(key);
        }

        file.Definitions = definitions;
    }

    private void Touch(ObjectKey key)
    {
        if (_touched.Add(key))
        {
            _touchedInOrder.Add(key);
        }
    }

    private ResourceChange? Settle(ObjectKey key, ObjectState state)
    {
        var before = state.Served?.Object;
        if (state.Files.Length == 0)
        {
            _objects.Remove(key);
            problems.Set(state);
            return before is null ? null : new ResourceChange(before, null);
        }

        var winner = state.Files[0];
        var served = winner.Definitions[key];
        state.Served = served;
        problems.Set(state, [.. state.Files.Skip(1).Select(other => new SourceProblem(
            At(other, other.Definitions[key].Line), key, $"also defined at {At(winner, served.Line)}, which comes first and counts"))]);
        return ReferenceEquals(before, served.Object) ? null : new ResourceChange(before, served.Object);
    }
}
