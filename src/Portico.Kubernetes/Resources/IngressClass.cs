namespace Portico.Kubernetes.Resources;

/// <summary>networking.k8s.io/v1 IngressClass.</summary>
public sealed record IngressClass : KubernetesObject
{
    public override ResourceKind Kind => ResourceKind.IngressClass;

    public IngressClassSpec Spec { get; init; } = new();
}

public sealed record IngressClassSpec
{
    public string Controller { get; init; } = "";
}
