using Portico.Kubernetes.Resources;

namespace Portico.Kubernetes;

/// <summary>The objects as they are now, by key. One writer (the control loop); read by translators on the same thread.</summary>
public interface IResourceView
{
    T? Find<T>(string ns, string name) where T : KubernetesObject;

    IEnumerable<T> All<T>() where T : KubernetesObject;

    /// <summary>The slices that carry the Service's name in their label, in a stable order.</summary>
    IReadOnlyCollection<EndpointSlice> SlicesOf(string ns, string service);
}
