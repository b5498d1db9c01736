namespace Portico.Kubernetes.Resources;

/// <summary>v1 Node: its labels, and whether its network works.</summary>
public sealed record Node : KubernetesObject
{
    public override ResourceKind Kind => ResourceKind.Node;

    /// <summary>The condition <c>NetworkUnavailable</c> is True.</summary>
    public bool NetworkUnavailable { get; init; }

    /// <summary>Addresses of the type <c>InternalIP</c>.</summary>
    public IReadOnlyList<string> InternalIPs { get; init; } = [];
}
