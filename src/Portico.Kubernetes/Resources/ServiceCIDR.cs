namespace Portico.Kubernetes.Resources;

/// <summary>networking.k8s.io/v1 ServiceCIDR: where cluster addresses come from. A cluster may have several; old ones know no such kind.</summary>
public sealed record ServiceCIDR : KubernetesObject
{
    public override ResourceKind Kind => ResourceKind.ServiceCIDR;

    /// <summary>One network of each family at most.</summary>
    public IReadOnlyList<string> Cidrs { get; init; } = [];
}
