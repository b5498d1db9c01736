namespace Portico.Kubernetes.Resources;

/// <summary>What the advertisements of both protocols say about where they hold.</summary>
public abstract record Advertisement : KubernetesObject
{
    /// <summary>With <see cref="PoolSelectors"/> empty as well: every pool.</summary>
    public IReadOnlyList<string> Pools { get; init; } = [];

    public IReadOnlyList<ObjectSelector> PoolSelectors { get; init; } = [];

    /// <summary>Empty for all nodes.</summary>
    public IReadOnlyList<ObjectSelector> NodeSelectors { get; init; } = [];

    /// <summary>Empty for all Services.</summary>
    public IReadOnlyList<ObjectSelector> ServiceSelectors { get; init; } = [];
}

/// <summary>metallb.io/v1beta1 L2Advertisement: the addresses of pools are announced on the local network.</summary>
public sealed record L2Advertisement : Advertisement
{
    public override ResourceKind Kind => ResourceKind.L2Advertisement;

    /// <summary>Empty for all interfaces.</summary>
    public IReadOnlyList<string> Interfaces { get; init; } = [];

    public IReadOnlyList<PreferredNodes> PreferredNodes { get; init; } = [];
}

/// <summary>Nodes that shall announce before others; the weights of all that match add up.</summary>
public sealed record PreferredNodes
{
    public int Weight { get; init; }

    public ObjectSelector Preference { get; init; } = new();
}
