namespace Portico.Kubernetes.Resources;

/// <summary>v1 Namespace; only its labels matter.</summary>
public sealed record Namespace : KubernetesObject
{
    public override ResourceKind Kind => ResourceKind.Namespace;
}
