namespace Portico.Kubernetes.Sources;

/// <summary>One path that the source was given: a file or a folder, there or not. Source thread.</summary>
internal sealed class FolderRoot(int index, string path)
{
    public int Index { get; } = index;

    public string Path { get; } = path;

    /// <summary>What is watched; null while the path is not there.</summary>
    public FolderNode? Node { get; set; }

    /// <summary>True for a root that is a single file; its node is then the folder around it.</summary>
    public bool IsFile { get; set; }

    /// <summary>The folders in which the path itself may change: its parent, those of links on the way.</summary>
    public List<FolderNode> Sentinels { get; } = [];

    public Dictionary<string, ManifestFile> Files { get; } = new(StringComparer.Ordinal);

    public bool WasScanned { get; set; }

    /// <summary>The device on which the root lay when it was last there.</summary>
    public ulong LastDevice { get; set; }

    /// <summary>Files that vanished together with the root and have not come back with it.</summary>
    public HashSet<ManifestFile> Held { get; } = [];

    /// <summary>Timestamp of the clock; <see cref="long.MaxValue"/> while nothing at all has come back.</summary>
    public long HeldUntil { get; set; }
}

/// <summary>A watched folder.</summary>
internal sealed class FolderNode(FolderRoot root, FolderNode? parent, string path, string? only, bool isSentinel)
{
    public FolderRoot Root { get; } = root;

    public FolderNode? Parent { get; } = parent;

    public string Path { get; } = path;

    /// <summary>The only name that counts in this folder; null for all.</summary>
    public string? Only { get; } = only;

    /// <summary>True if the name only leads to a root.</summary>
    public bool IsSentinel { get; } = isSentinel;

    public FileIdentity Identity { get; set; }

    public int Watch { get; set; } = -1;

    /// <summary>False from the moment on when the folder went; notes about it are void.</summary>
    public bool Attached { get; set; } = true;

    public Dictionary<string, FolderNode> Folders { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, ManifestFile> Files { get; } = new(StringComparer.Ordinal);
}
