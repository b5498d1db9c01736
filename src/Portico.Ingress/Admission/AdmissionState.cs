using System.Collections.Immutable;
using Portico.Ingress.Configuration;
using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Portico.Model;

namespace Portico.Ingress.Admission;

/// <summary>What a review is held against: as of the last round of the control loop. Immutable, read by many at once.</summary>
internal sealed record AdmissionState : IResourceView
{
    public GatewayModel Model { get; init; } = GatewayModel.Empty;

    public GlobalConfiguration Configuration { get; init; } = GlobalConfiguration.Default;

    public bool ClassesUnavailable { get; init; }

    public ImmutableDictionary<ObjectKey, IngressResource> Ingresses { get; init; } = ImmutableDictionary<ObjectKey, IngressResource>.Empty;

    /// <summary>Classes and namespaces: what decides whose an Ingress is.</summary>
    public ImmutableDictionary<ObjectKey, KubernetesObject> Deciding { get; init; } = ImmutableDictionary<ObjectKey, KubernetesObject>.Empty;

    public T? Find<T>(string ns, string name) where T : KubernetesObject =>
        typeof(T) == typeof(IngressClass) ? Deciding.GetValueOrDefault(new ObjectKey(ResourceKind.IngressClass, ns, name)) as T
        : typeof(T) == typeof(Namespace) ? Deciding.GetValueOrDefault(new ObjectKey(ResourceKind.Namespace, ns, name)) as T
        : null;

    public IEnumerable<T> All<T>() where T : KubernetesObject => [];

    public IReadOnlyCollection<EndpointSlice> SlicesOf(string ns, string service) => [];
}
