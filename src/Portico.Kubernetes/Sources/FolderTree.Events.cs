namespace Portico.Kubernetes.Sources;

/// <summary>What the notifier tells: which folder a watch stands for, and what to look at again.</summary>
internal sealed partial class FolderTree
{
    /// <summary>Events after which a name's content is whole; a created file is not until its writer closes it.</summary>
    private const FileEvents Settling = FileEvents.ClosedAfterWriting | FileEvents.MovedTo | FileEvents.MovedFrom | FileEvents.Deleted;

    /// <summary>What to look at in the next turn, and what happened to it.</summary>
    private readonly Dictionary<(FolderNode Node, string Name), NameNote> _noted = [];

    private readonly HashSet<FolderRoot> _notedRoots = [];

    /// <summary>Files that were created and not closed yet, and when they are read all the same.</summary>
    private readonly Dictionary<(FolderNode Node, string Name), long> _unfinished = [];

    private bool _overflowed;
    private bool _linksMoved;

    /// <summary>Whether the file's content is whole, and whether the name was last seen moving away.</summary>
    private readonly record struct NameNote(bool IsWhole, bool IsMovedAway);

    public void Note(FileEvent told)
    {
        if (told.What.HasFlag(FileEvents.Overflow))
        {
            _overflowed = true;
        }

        if (!_watched.TryGetValue(told.Watch, out var nodes))
        {
            return;
        }

        if ((told.What & FileEvents.WatchEnded) != 0)
        {
            _watched.Remove(told.Watch);
            nodes.ForEach(node => node.Watch = -1);
        }

        foreach (var node in nodes)
        {
            Note(node, told);
        }
    }

    /// <summary>Looks at all that was noted.</summary>
    public void Turn()
    {
        foreach (var root in _overflowed ? _roots : [])
        {
            if (!Check(root) && root.Node is not null)
            {
                Attach(root, wasAway: false);
            }
        }

        // A root that went takes its files' fate from there: first the roots, then the names in them.
        foreach (var root in _notedRoots)
        {
            Check(root);
        }

        foreach (var ((node, name), note) in _noted)
        {
            if (node.Attached)
            {
                _goneAt = note.IsMovedAway ? Now() : Later(_settings.LongestWait);
                LookAtNoted(node, name, note.IsWhole);
            }
        }

        _goneAt = Now();

        if (_linksMoved)
        {
            CheckLinks();
        }

        (_overflowed, _linksMoved) = (false, false);
        _notedRoots.Clear();
        _noted.Clear();
        Settle();
    }

    private void Note(FolderNode node, FileEvent told)
    {
        if (told.Name.Length == 0 || (node.IsSentinel && told.Name == node.Only))
        {
            _notedRoots.Add(node.Root);
            return;
        }

        var isIgnored = ManifestNames.IsIgnored(told.Name);
        if (node.IsSentinel || (node.Only is not null && told.Name != node.Only && !isIgnored))
        {
            return;
        }

        if (isIgnored && told.Name != node.Only)
        {
            // A mounted ConfigMap changes by the rename of the hidden link ..data, through which its files lead.
            _linksMoved |= _links.Count > 0 && (told.What & (FileEvents.MovedTo | FileEvents.Created | FileEvents.Deleted)) != 0
                && (told.Name.StartsWith("..", StringComparison.Ordinal) || FileStatus.OfLink(Path.Join(node.Path, told.Name)).Kind == FileKind.Link);
            return;
        }

        _notedRoots.Add(node.Root);
        var place = (node, told.Name);
        var wasWhole = _noted.TryGetValue(place, out var note) ? note.IsWhole : !_unfinished.ContainsKey(place);
        _noted[place] = new NameNote(
            IsWhole: (told.What & Settling) != 0 || (wasWhole && (told.What & FileEvents.Created) == 0),
            IsMovedAway: (told.What & FileEvents.MovedFrom) != 0);
    }

    private void LookAtNoted(FolderNode node, string name, bool isWhole)
    {
        var path = Path.Join(node.Path, name);
        if (!isWhole && FileStatus.OfLink(path) is { Kind: FileKind.Regular, Links: 1 })
        {
            _unfinished.TryAdd((node, name), Later(_settings.RescanInterval));
            if (node.Root.Files.TryGetValue(path, out var former) && _missing.Remove(former))
            {
                node.Files[name] = former;
            }

            return;
        }

        _unfinished.Remove((node, name));
        Look(node, name, mustRead: true);
    }

    /// <summary>A writer that keeps its file open may not keep it from being read forever.</summary>
    private void FinishLateWriters()
    {
        foreach (var (place, deadline) in _unfinished.ToArray())
        {
            if (!place.Node.Attached)
            {
                _unfinished.Remove(place);
            }
            else if (Now() >= deadline)
            {
                LookAtNoted(place.Node, place.Name, isWhole: true);
            }
        }
    }

    /// <summary>What a link leads to may lie outside of the roots, of which no event comes.</summary>
    private void CheckLinks()
    {
        foreach (var (node, name) in _links.ToArray())
        {
            if (node.Attached)
            {
                Look(node, name, mustRead: false);
            }
        }
    }

    private bool Watch(FolderNode node, out string cause)
    {
        cause = "";
        if (node.Watch >= 0 || _notifier.Unavailable is not null)
        {
            return true;
        }

        node.Watch = _notifier.Add(node.Path);
        if (node.Watch < 0)
        {
            cause = FileStatus.LastCause();
            return false;
        }

        if (!_watched.TryGetValue(node.Watch, out var nodes))
        {
            _watched[node.Watch] = nodes = [];
        }

        nodes.Add(node);
        return true;
    }

    /// <summary>False if the folder went, though another, of the same identity even, may stand in its place.</summary>
    private bool IsFollowed(FolderNode node) => node.Watch >= 0 || _polls || _notifier.Unavailable is not null;

    private void Unwatch(FolderNode node)
    {
        if (node.Watch >= 0 && _watched.TryGetValue(node.Watch, out var nodes) && nodes.Remove(node) && nodes.Count == 0)
        {
            _watched.Remove(node.Watch);
            _notifier.Remove(node.Watch);
        }

        node.Watch = -1;
    }

    private void Poll(string cause)
    {
        _polls = true;
        _problems.Set(this, new SourceProblem(_roots[0].Path, null,
            $"changes cannot be watched ({cause}); the files are looked at every {_settings.RescanInterval.TotalSeconds} s instead"));
    }
}
