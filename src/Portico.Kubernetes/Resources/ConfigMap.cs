namespace Portico.Kubernetes.Resources;

/// <summary>v1 ConfigMap.</summary>
public sealed record ConfigMap : KubernetesObject
{
    public override ResourceKind Kind => ResourceKind.ConfigMap;

    public IReadOnlyDictionary<string, string> Data { get; init; } = new Dictionary<string, string>();
}
