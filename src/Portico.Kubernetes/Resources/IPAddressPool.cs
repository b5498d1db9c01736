namespace Portico.Kubernetes.Resources;

/// <summary>metallb.io/v1beta1 IPAddressPool: addresses that Services of type LoadBalancer may have.</summary>
public sealed record IPAddressPool : KubernetesObject
{
    public override ResourceKind Kind => ResourceKind.IPAddressPool;

    /// <summary>CIDRs and ranges (<c>192.0.2.10-192.0.2.50</c>), used in this order.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    /// <summary>Whether a Service that asks for nothing may have an address of this pool.</summary>
    public bool AutoAssign { get; init; } = true;

    /// <summary>Whether IPv4 addresses that end in .0 or .255 are left out.</summary>
    public bool AvoidBuggyIPs { get; init; }

    /// <summary>Null when the pool is for everybody.</summary>
    public ServiceAllocation? ServiceAllocation { get; init; }

    /// <summary>Null until somebody has written it.</summary>
    public IPAddressPoolStatus? Status { get; init; }
}

/// <summary>How much of a pool is used. An address that several Services share counts once.</summary>
public readonly record struct IPAddressPoolStatus(long AssignedIPv4, long AssignedIPv6, long AvailableIPv4, long AvailableIPv6);

/// <summary>For which Services a pool is kept, and before which other pools.</summary>
public sealed record ServiceAllocation
{
    /// <summary>1 is asked first; 0 last.</summary>
    public int Priority { get; init; }

    public IReadOnlyList<string> Namespaces { get; init; } = [];

    public IReadOnlyList<ObjectSelector> NamespaceSelectors { get; init; } = [];

    public IReadOnlyList<ObjectSelector> ServiceSelectors { get; init; } = [];
}
