using System.Threading.Channels;

namespace Portico.Kubernetes.Sources;

/// <summary>
/// Where objects come from: a folder of manifests or an API server. A source works on threads of its own and tells
/// what changed in batches; the control loop is the only reader. A fault of the source itself completes the channel
/// with its exception; disposal completes it without one.
/// </summary>
public interface IResourceSource : IAsyncDisposable
{
    ChannelReader<SourceBatch> Batches { get; }

    /// <summary>Called once. The first batch holds everything that is there.</summary>
    void Start();
}
