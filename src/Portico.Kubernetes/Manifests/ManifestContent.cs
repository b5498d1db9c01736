using Portico.Kubernetes.Resources;

namespace Portico.Kubernetes.Manifests;

/// <summary>What a file of manifests says: its objects in their order, and what could not be read.</summary>
internal sealed record ManifestContent
{
    public static readonly ManifestContent Empty = new();

    public IReadOnlyList<ManifestObject> Objects { get; init; } = [];

    public IReadOnlyList<ManifestError> Errors { get; init; } = [];

    /// <summary>Documents of kinds that are not ours.</summary>
    public int Skipped { get; init; }

    /// <summary>The results by the document's text, for the next reading of the file; empty where it could not help.</summary>
    public IReadOnlyDictionary<UInt128, ManifestDocument> Documents { get; init; } = new Dictionary<UInt128, ManifestDocument>();
}

/// <summary>What one document says. Its lines count from 1 within the document, so that it may move in the file.</summary>
internal sealed class ManifestDocument
{
    public List<ManifestObject> Objects { get; } = [];

    public List<ManifestError> Errors { get; } = [];

    public int Skipped { get; set; }
}

/// <summary><paramref name="Fingerprint"/> is equal for objects whose JSON is equal, whatever their YAML looks like.</summary>
internal readonly record struct ManifestObject(KubernetesObject Object, int Line, UInt128 Fingerprint);

/// <summary>
/// <paramref name="Key"/> names the object when the error left kind and name readable. An error without a key in a
/// document that may hold objects of ours is <paramref name="Unidentified"/>.
/// </summary>
internal readonly record struct ManifestError(int Line, ObjectKey? Key, bool Unidentified, string Message);
