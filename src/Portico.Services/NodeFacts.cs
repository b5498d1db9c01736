using System.Collections.Immutable;
using System.Net;

namespace Portico.Services;

/// <summary>What the rules depend on besides Services: the node, its addresses, and what the installation decided. Immutable; equal when the rules are.</summary>
public sealed record NodeFacts
{
    /// <summary>The name that endpoints carry as <c>nodeName</c> when they run here.</summary>
    public required string Name { get; init; }

    /// <summary>The node's label <c>topology.kubernetes.io/zone</c>; empty for none.</summary>
    public string Zone { get; init; } = "";

    /// <summary>Where the addresses of pods come from: packets from elsewhere to a cluster address are masqueraded. Empty when it is not known.</summary>
    public ImmutableArray<IPNetwork> ClusterCidrs { get; init; } = [];

    /// <summary>The interface by which packets of pods come in, or the beginning of such names with <c>*</c>; tells pods in the place of <see cref="ClusterCidrs"/>. Empty for none.</summary>
    public string PodInterface { get; init; } = "";

    /// <summary>Packets to unused addresses in these are dropped.</summary>
    public ImmutableArray<IPNetwork> ServiceCidrs { get; init; } = [];

    /// <summary>The addresses on which node ports are open; <see cref="AllAddresses"/> lifts that.</summary>
    public ImmutableArray<IPAddress> NodePortAddresses { get; init; } = [];

    /// <summary>The families in which node ports are open on every local address but loopback.</summary>
    public ImmutableArray<IpFamily> AllAddresses { get; init; } = [];

    /// <summary>Where node ports are expected; others are served as well, and reported.</summary>
    public (int First, int Last) NodePortRange { get; init; } = (30_000, 32_767);

    /// <summary>Every packet to a cluster address is masqueraded.</summary>
    public bool MasqueradeAll { get; init; }

    /// <summary>Addresses that Services name as <c>externalIPs</c> are left alone.</summary>
    public bool IgnoreExternalIPs { get; init; }

    public bool Equals(NodeFacts? other) =>
        other is not null && Name == other.Name && Zone == other.Zone && PodInterface == other.PodInterface && MasqueradeAll == other.MasqueradeAll && IgnoreExternalIPs == other.IgnoreExternalIPs
        && AllAddresses.SequenceEqual(other.AllAddresses)
        && ClusterCidrs.SequenceEqual(other.ClusterCidrs) && ServiceCidrs.SequenceEqual(other.ServiceCidrs) && NodePortAddresses.SequenceEqual(other.NodePortAddresses);

    public override int GetHashCode() => HashCode.Combine(Name, Zone, ClusterCidrs.Length, NodePortAddresses.Length);
}
