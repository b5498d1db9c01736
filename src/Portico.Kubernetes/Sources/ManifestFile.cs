using Portico.Kubernetes.Manifests;
using Portico.Kubernetes.Resources;

namespace Portico.Kubernetes.Sources;

/// <summary>
/// A file of manifests as the source knows it: what was last read from it and which objects it provides, among them
/// last good versions of what is broken now. Source thread.
/// </summary>
internal sealed class ManifestFile(int root, string path) : IComparable<ManifestFile>
{
    private static readonly Dictionary<ObjectKey, Definition> NoDefinitions = [];

    public string Path { get; } = path;

    /// <summary>The file system's word just before the last reading; null before the first.</summary>
    public FileStatus? Status { get; set; }

    /// <summary>True while the last reading failed.</summary>
    public bool Unreadable { get; set; }

    public ManifestContent Content { get; set; } = ManifestContent.Empty;

    public Dictionary<ObjectKey, Definition> Definitions { get; set; } = NoDefinitions;

    /// <summary>The order in which files count: as the roots are given, then by path.</summary>
    public int CompareTo(ManifestFile? other) =>
        other is null ? 1
        : root != other.Root ? root.CompareTo(other.Root)
        : string.CompareOrdinal(Path, other.Path);

    public int Root => root;
}

/// <summary>An object as one file defines it. <paramref name="Object"/> has its creation time.</summary>
internal readonly record struct Definition(KubernetesObject Object, int Line, UInt128 Fingerprint);
