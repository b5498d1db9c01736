using System.IO.Enumeration;

namespace Portico.Kubernetes.Sources;

/// <summary>
/// Which manifest files there are under the roots. Folders are compared with the disk, never believed from events:
/// an event only says where to look. Finds the files that are to be read and those that are gone; reads none itself.
/// Owned by the source and used on its thread.
/// </summary>
internal sealed partial class FolderTree
{
    /// <summary>Links can make endless paths; the real depth of a manifest tree is a few levels.</summary>
    private const int MaxDepth = 32;

    private readonly FolderSourceSettings _settings;
    private readonly IFileNotifier _notifier;
    private readonly ProblemLedger _problems;
    private readonly FolderRoot[] _roots;
    private readonly HashSet<string> _rootPaths;
    private readonly Dictionary<int, List<FolderNode>> _watched = [];
    private readonly HashSet<(FolderNode Node, string Name)> _links = [];
    private readonly HashSet<FolderNode> _unreadableFolders = [];

    /// <summary>Files that were not found where they were, and when that counts.</summary>
    private readonly Dictionary<ManifestFile, long> _missing = [];

    /// <summary>
    /// When what is missed now counts as gone. A deleted file gets the longest wait: programs delete and write anew,
    /// and of a folder tree that is deleted the files go before the root does.
    /// </summary>
    private long _goneAt;

    private bool _polls;

    public FolderTree(IEnumerable<string> paths, IFileNotifier notifier, ProblemLedger problems, FolderSourceSettings settings)
    {
        (_settings, _notifier, _problems) = (settings, notifier, problems);
        _roots = [.. paths.Select(Path.GetFullPath).Select(Path.TrimEndingDirectorySeparator)
            .Distinct(StringComparer.Ordinal).Select((path, index) => new FolderRoot(index, path))];
        _rootPaths = [.. _roots.Select(root => root.Path)];
        if (notifier.Unavailable is { } cause)
        {
            Poll(cause);
        }
    }

    /// <summary>Files to read; the reader takes them out.</summary>
    public HashSet<ManifestFile> Changed { get; } = [];

    /// <summary>Files that are no longer there; the reader takes them out.</summary>
    public HashSet<ManifestFile> Gone { get; } = [];

    /// <summary>How long until a missing file counts as gone.</summary>
    public TimeSpan UntilDue => _missing.Count == 0
        ? TimeSpan.MaxValue
        : TimeSpan.FromSeconds((_missing.Values.Min() - Now()) / (double)_settings.Clock.TimestampFrequency);

    public bool AllScanned => Array.TrueForAll(_roots, root => root.WasScanned);

    public void Scan()
    {
        foreach (var root in _roots)
        {
            Check(root);
        }

        Settle();
    }

    /// <summary>Looks at everything of which no event comes.</summary>
    public void Tick()
    {
        _goneAt = Now();
        foreach (var root in _roots)
        {
            if (!Check(root) && _polls && root.Node is not null)
            {
                Attach(root, wasAway: false);
            }

            Release(root);
            Changed.UnionWith(root.Files.Values.Where(file => file.Unreadable));
        }

        foreach (var node in _unreadableFolders.ToArray())
        {
            Fill(node);
        }

        CheckLinks();
        FinishLateWriters();
        Settle();
    }

    /// <summary>Finds out whether a root is there and still the same one. True if it was scanned.</summary>
    private bool Check(FolderRoot root)
    {
        var status = FileStatus.Follow(root.Path);
        if (status.Kind is not (FileKind.Folder or FileKind.Regular))
        {
            Detach(root);
            WatchWayTo(root);
            Keep(root.Files.Values);
            var cause = status.Kind == FileKind.Other ? "is neither a file nor a folder"
                : root.WasScanned ? "has vanished" : "does not exist";
            _problems.Set(root, new SourceProblem(root.Path, null, root.Files.Count > 0
                ? cause + "; what it said before goes on serving until it comes back"
                : cause + "; it is read as soon as it appears"));
            return false;
        }

        var isFile = status.Kind == FileKind.Regular;
        var identity = isFile ? FileStatus.Follow(FolderOf(root.Path)).Identity : status.Identity;
        if (root.Node is not null && root.IsFile == isFile && root.Node.Identity == identity)
        {
            return false;
        }

        root.IsFile = isFile;
        var wasAway = root.Node is null;
        Attach(root, wasAway);
        return true;
    }

    /// <summary>
    /// Scans a root as if for the first time; files that are known and unchanged are not read again. Files of a root
    /// that was away are kept for a while when they do not come back with it, because a folder is made first and
    /// filled then; and an empty folder of another device is what an unmounted volume leaves behind.
    /// </summary>
    private void Attach(FolderRoot root, bool wasAway)
    {
        var device = root.Node?.Identity.Device ?? root.LastDevice;
        Detach(root);
        var path = root.IsFile ? FolderOf(root.Path) : root.Path;
        root.Node = new FolderNode(root, null, path, root.IsFile ? Path.GetFileName(root.Path) : null, isSentinel: false)
        {
            Identity = FileStatus.Follow(path).Identity,
        };
        root.LastDevice = root.Node.Identity.Device;
        Miss(root.Files.Values.Where(file => !root.Held.Contains(file)), Now());
        Fill(root.Node);
        WatchWayTo(root);

        var lost = root.Files.Values.Where(_missing.ContainsKey).ToList();
        var isBare = device != root.LastDevice && lost.Count + root.Held.Count == root.Files.Count;
        if (lost.Count > 0 && (wasAway || isBare))
        {
            Keep(lost);
            root.Held.UnionWith(lost);
            root.HeldUntil = isBare ? long.MaxValue : Later(_settings.RescanInterval);
        }

        root.WasScanned = true;
        _problems.Set(root, root.Held.Count > 0 && root.HeldUntil == long.MaxValue
            ? [new SourceProblem(root.Path, null, "is empty and on another device than before; what it said goes on serving until it holds a manifest")]
            : []);
    }

    private void Detach(FolderRoot root)
    {
        if (root.Node is not null)
        {
            Drop(root.Node, missFiles: false);
            root.Node = null;
        }
    }

    /// <summary>Lets go of what did not come back with its root.</summary>
    private void Release(FolderRoot root)
    {
        if (root.Held.Count == 0 || root.Node is null)
        {
            return;
        }

        var hasManifest = root.Files.Count > root.Held.Count;
        if (root.HeldUntil == long.MaxValue ? hasManifest : Now() >= root.HeldUntil)
        {
            Miss(root.Held, Now());
            root.Held.Clear();
            _problems.Set(root);
        }
    }

    /// <summary>Watches a folder, then reads its names: what comes in between is told by an event.</summary>
    private void Fill(FolderNode node)
    {
        var isWatched = Watch(node, out var unwatchable);
        string[] names;
        try
        {
            names = node.Only is { } only ? [only] : NamesIn(node.Path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // A folder that went while it was looked at is told by its parent.
            if (FileStatus.Follow(node.Path).Kind == FileKind.Folder)
            {
                Unreadable(node, error.Message);
            }

            return;
        }

        if (!isWatched)
        {
            Poll(unwatchable);
        }

        if (_unreadableFolders.Remove(node))
        {
            _problems.Set(node);
        }

        Array.Sort(names, StringComparer.Ordinal);
        foreach (var name in names)
        {
            Look(node, name, mustRead: false);
        }
    }

    private static string[] NamesIn(string folder) =>
        [.. new FileSystemEnumerable<string>(
            folder,
            static (ref FileSystemEntry entry) => entry.FileName.ToString(),
            new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = false })];

    private void Unreadable(FolderNode node, string cause)
    {
        _unreadableFolders.Add(node);
        var prefix = node.Path + Path.DirectorySeparatorChar;
        var kept = node.Root.Files.Values.Where(file => file.Path.StartsWith(prefix, StringComparison.Ordinal)).ToList();
        Keep(kept);
        _problems.Set(node, new SourceProblem(node.Path, null, kept.Count > 0 ? cause + "; what it said before goes on serving" : cause));
    }

    /// <summary>Compares one name of a folder with the disk.</summary>
    private void Look(FolderNode node, string name, bool mustRead)
    {
        if (node.Only is null && ManifestNames.IsIgnored(name))
        {
            return;
        }

        var path = Path.Join(node.Path, name);
        if (node.Only is null && _rootPaths.Contains(path))
        {
            return;
        }

        var status = FileStatus.OfLink(path);
        var isLink = status.Kind == FileKind.Link;
        status = isLink ? FileStatus.Follow(path) : status;
        var isManifest = node.Only is not null || ManifestNames.IsManifest(name);
        if (status.Kind == FileKind.Folder)
        {
            LookIntoFolder(node, name, path, status.Identity);
        }
        else if (isManifest && (isLink || status.Kind != FileKind.Missing))
        {
            ForgetFolder(node, name);
            See(node, name, path, status, mustRead);
        }
        else
        {
            Forget(node, name);
            return;
        }

        if (isLink)
        {
            _links.Add((node, name));
        }
        else
        {
            _links.Remove((node, name));
        }
    }

    private void See(FolderNode node, string name, string path, FileStatus status, bool mustRead)
    {
        if (!node.Root.Files.TryGetValue(path, out var file))
        {
            node.Root.Files[path] = file = new ManifestFile(node.Root.Index, path);
        }

        node.Files[name] = file;
        _missing.Remove(file);
        node.Root.Held.Remove(file);
        if (mustRead || file.Status != status)
        {
            Changed.Add(file);
        }
    }

    private void LookIntoFolder(FolderNode parent, string name, string path, FileIdentity identity)
    {
        if (parent.Only is not null || (parent.Folders.TryGetValue(name, out var known) && known.Identity == identity))
        {
            return;
        }

        Forget(parent, name);
        var depth = 0;
        for (var above = parent; above is not null; above = above.Parent)
        {
            if (above.Identity == identity || ++depth >= MaxDepth)
            {
                return;
            }
        }

        var folder = new FolderNode(parent.Root, parent, path, only: null, isSentinel: false) { Identity = identity };
        parent.Folders[name] = folder;
        Fill(folder);
    }

    private void Forget(FolderNode node, string name)
    {
        _links.Remove((node, name));
        ForgetFolder(node, name);
        if (node.Files.Remove(name, out var file))
        {
            Miss([file], _goneAt);
        }
    }

    private void ForgetFolder(FolderNode node, string name)
    {
        if (node.Folders.Remove(name, out var folder))
        {
            Drop(folder, missFiles: true);
        }
    }

    /// <summary>Takes a folder and all below it out of the tree.</summary>
    private void Drop(FolderNode node, bool missFiles)
    {
        node.Attached = false;
        Unwatch(node);
        if (_unreadableFolders.Remove(node))
        {
            _problems.Set(node);
        }

        foreach (var name in node.Folders.Keys.Concat(node.Files.Keys))
        {
            _links.Remove((node, name));
        }

        if (missFiles)
        {
            Miss(node.Files.Values, _goneAt);
        }

        foreach (var folder in node.Folders.Values)
        {
            Drop(folder, missFiles);
        }
    }

    private void Miss(IEnumerable<ManifestFile> files, long goneAt)
    {
        foreach (var file in files)
        {
            _missing[file] = goneAt;
        }
    }

    private void Keep(IEnumerable<ManifestFile> files)
    {
        foreach (var file in files)
        {
            _missing.Remove(file);
        }
    }

    /// <summary>What was missed, and not seen again in time, is gone.</summary>
    private void Settle()
    {
        var now = Now();
        foreach (var (file, due) in _missing)
        {
            if (due > now)
            {
                continue;
            }

            // Removal does not disturb the enumeration of a Dictionary.
            _missing.Remove(file);
            var root = _roots[file.Root];
            if (root.Files.Remove(file.Path))
            {
                root.Held.Remove(file);
                Changed.Remove(file);
                Gone.Add(file);
            }
        }
    }

    private static string FolderOf(string path) => Path.GetDirectoryName(path) ?? "/";

    private long Now() => _settings.Clock.GetTimestamp();

    private long Later(TimeSpan time) => Now() + (long)(time.TotalSeconds * _settings.Clock.TimestampFrequency);
}
