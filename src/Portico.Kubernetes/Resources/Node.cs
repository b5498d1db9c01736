namespace Portico.Kubernetes.Resources;

/// <summary>v1 Node: its labels, its addresses and those of its pods, and whether it is fit for traffic.</summary>
public sealed record Node : KubernetesObject
{
    public override ResourceKind Kind => ResourceKind.Node;

    /// <summary>The condition <c>NetworkUnavailable</c> is True.</summary>
    public bool NetworkUnavailable { get; init; }

    /// <summary>Addresses of the type <c>InternalIP</c>.</summary>
    public IReadOnlyList<string> InternalIPs { get; init; } = [];

    /// <summary>Where the addresses of its pods come from, one of a family.</summary>
    public IReadOnlyList<string> PodCidrs { get; init; } = [];

    /// <summary>The keys of its taints.</summary>
    public IReadOnlyList<string> Taints { get; init; } = [];
}
