using System.Threading.Channels;
using Portico.Kubernetes.Resources;

namespace Portico.Kubernetes.Sources;

/// <summary>
/// Where objects come from: a folder of manifests or an API server. A source works on threads of its own and tells
/// what changed in batches; the control loop is the only reader. A fault of the source itself completes the channel
/// with its exception; disposal completes it without one.
/// </summary>
public interface IResourceSource : IAsyncDisposable
{
    ChannelReader<SourceBatch> Batches { get; }

    /// <summary>
    /// Whether Secrets and ConfigMaps come only when they are asked for by name (<see cref="Follow"/>). A folder tells all it has.
    /// </summary>
    bool NeedsReferences => false;

    /// <summary>Called once. The first batch that is <see cref="SourceBatch.Synced"/> holds everything that is there.</summary>
    void Start();

    /// <summary>
    /// Secrets and ConfigMaps that are wanted from now on, and those that are not any more. Each wanted one is in
    /// <see cref="SourceBatch.Held"/> of a later batch. Called by the reader of the batches.
    /// </summary>
    void Follow(IReadOnlyCollection<ObjectKey> wanted, IReadOnlyCollection<ObjectKey> dropped)
    {
    }
}
