namespace Portico.Kubernetes.Sources;

/// <summary>The paths that the source was given, as they come, vanish and are replaced.</summary>
internal sealed partial class FolderTree
{
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
        var wasAway = root.Node is null || !IsFollowed(root.Node);
        if (!wasAway && root.IsFile == isFile && root.Node!.Identity == identity)
        {
            return false;
        }

        root.IsFile = isFile;
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

    /// <summary>
    /// Watches the places at which the root's path may change its meaning: its own name in the folder around it,
    /// every link on the way, or the first part that is not there.
    /// </summary>
    private void WatchWayTo(FolderRoot root)
    {
        var before = root.Sentinels.ToArray();
        root.Sentinels.Clear();
        var parts = root.Path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var folder = "/";
        foreach (var part in parts)
        {
            var path = Path.Join(folder, part);
            var kind = FileStatus.OfLink(path).Kind;
            if (kind is FileKind.Link or FileKind.Missing || path == root.Path)
            {
                var sentinel = new FolderNode(root, null, folder, part, isSentinel: true);
                // Without this watch the next tick finds out.
                _ = Watch(sentinel, out _);
                root.Sentinels.Add(sentinel);
            }

            if (kind == FileKind.Missing)
            {
                break;
            }

            folder = path;
        }

        // After the new ones, so that a watch that both need stays.
        foreach (var sentinel in before)
        {
            Unwatch(sentinel);
        }
    }

    private static string FolderOf(string path) => Path.GetDirectoryName(path) ?? "/";
}
