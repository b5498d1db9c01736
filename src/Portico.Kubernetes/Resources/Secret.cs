namespace Portico.Kubernetes.Resources;

/// <summary>v1 Secret. Values are decoded; <c>stringData</c> of a manifest is already merged in.</summary>
public sealed record Secret : KubernetesObject
{
    public override ResourceKind Kind => ResourceKind.Secret;

    public string Type { get; init; } = "Opaque";

    public IReadOnlyDictionary<string, byte[]> Data { get; init; } = new Dictionary<string, byte[]>();
}
