using Portico.Kubernetes.Resources;

namespace Portico.Kubernetes.Sources;

/// <summary>What changed at one moment. An object occurs at most once.</summary>
public sealed record SourceBatch
{
    public IReadOnlyList<ResourceChange> Changes { get; init; } = [];

    public IReadOnlyList<SourceProblem> Problems { get; init; } = [];

    /// <summary>True from the first complete reading on: what has been told until then is everything.</summary>
    public bool Synced { get; init; }

    /// <summary>
    /// References about which all is known with this batch: the object was told, or there is none, or it cannot be had now.
    /// </summary>
    public IReadOnlyList<ObjectKey> Held { get; init; } = [];

    /// <summary>Kinds that the source may not read, or that do not exist there; as of now.</summary>
    public IReadOnlySet<ResourceKind> Unavailable { get; init; } = NoKinds;

    private static IReadOnlySet<ResourceKind> NoKinds { get; } = new HashSet<ResourceKind>();

    /// <summary>Documents of kinds that Portico does not use, as of now.</summary>
    public int SkippedDocuments { get; init; }
}

/// <summary>
/// Something that a source could not use. Told once when it appears, and once more with <see cref="Resolved"/>, and
/// otherwise equal, when it has gone.
/// </summary>
/// <param name="Place">A path, with <c>:line</c> where there is one.</param>
/// <param name="Object">The object that it harms, if that could be read.</param>
public sealed record SourceProblem(string Place, ObjectKey? Object, string Message, bool Resolved = false);
