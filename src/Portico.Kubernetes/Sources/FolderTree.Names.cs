using System.IO.Enumeration;

namespace Portico.Kubernetes.Sources;

/// <summary>Compares names in folders with the disk.</summary>
internal sealed partial class FolderTree
{
    /// <summary>Links can make endless paths; the real depth of a manifest tree is a few levels.</summary>
    private const int MaxDepth = 32;

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

        node.Root.WasScanned |= node == node.Root.Node;
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
        if (parent.Only is not null || (parent.Folders.TryGetValue(name, out var known) && known.Identity == identity && IsFollowed(known)))
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
}
