namespace Portico.Kubernetes.Sources;

/// <summary>
/// Which manifest files there are under the roots. Folders are compared with the disk, never believed from events:
/// an event only says where to look. Finds the files that are to be read and those that are gone; reads none itself.
/// Owned by the source and used on its thread.
/// </summary>
internal sealed partial class FolderTree
{
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

    private long Now() => _settings.Clock.GetTimestamp();

    private long Later(TimeSpan time) => Now() + (long)(time.TotalSeconds * _settings.Clock.TimestampFrequency);
}
