using System.Collections.Immutable;
using System.Net;
using Portico.Kubernetes.Resources;

namespace Portico.Services;

/// <summary>On which of its addresses the node has node ports.</summary>
public enum NodePortScope
{
    /// <summary>The node's own address of each family.</summary>
    Primary,

    /// <summary>Every local address but loopback.</summary>
    All,

    /// <summary>Those in <see cref="NodeSettings.NodePortNetworks"/>; all of a family of which no network is among them.</summary>
    Networks,
}

/// <summary>What flags say about the node. With its Node object and its interfaces they make <see cref="NodeFacts"/>.</summary>
public sealed record NodeSettings
{
    public required string Name { get; init; }

    /// <summary>Null for what the Node object's label says.</summary>
    public string? Zone { get; init; }

    /// <summary>Where pods have their addresses; null for the ranges of this node's pods, which its Node object names.</summary>
    public ImmutableArray<IPNetwork>? ClusterCidrs { get; init; }

    /// <summary>Tells pods by where their packets come in, and not by their addresses; see <see cref="NodeFacts.PodInterface"/>.</summary>
    public string PodInterface { get; init; } = "";

    /// <summary>Where cluster addresses come from; null for what ServiceCIDR objects say.</summary>
    public ImmutableArray<IPNetwork>? ServiceCidrs { get; init; }

    public NodePortScope NodePortScope { get; init; }

    public ImmutableArray<IPNetwork> NodePortNetworks { get; init; } = [];

    public (int First, int Last) NodePortRange { get; init; } = (30_000, 32_767);

    public bool MasqueradeAll { get; init; }

    public bool IgnoreExternalIPs { get; init; }

    private const string ZoneLabel = "topology.kubernetes.io/zone";

    /// <param name="node">The Node object; null when the source has none.</param>
    /// <param name="services">The cluster's ServiceCIDR objects.</param>
    internal NodeFacts With(Node? node, IEnumerable<ServiceCIDR> services) => new()
    {
        Name = Name,
        Zone = Zone ?? node?.Metadata.Labels.GetValueOrDefault(ZoneLabel) ?? "",
        ClusterCidrs = ClusterCidrs ?? [.. Networks.In(node?.PodCidrs ?? [])],
        ServiceCidrs = ServiceCidrs ?? [.. Networks.In(services.SelectMany(s => s.Cidrs)).OrderBy(n => n.ToString(), StringComparer.Ordinal)],
        PodInterface = PodInterface,
        AllAddresses = [.. Families.Where(IsOnAllAddresses)],
        NodePortAddresses = [.. NodePortAddresses(node)],
        NodePortRange = NodePortRange,
        MasqueradeAll = MasqueradeAll,
        IgnoreExternalIPs = IgnoreExternalIPs,
    };

    private static readonly IpFamily[] Families = [IpFamily.IPv4, IpFamily.IPv6];

    private bool IsOnAllAddresses(IpFamily family) => NodePortScope == NodePortScope.All
        || (NodePortScope == NodePortScope.Networks && !NodePortNetworks.Any(n => n.BaseAddress.AddressFamily == family.Sockets()));

    /// <summary>In a stable order: the interfaces' changes.</summary>
    private IEnumerable<IPAddress> NodePortAddresses(Node? node) => NodePortScope == NodePortScope.Primary
        ? Families.Select(f => PrimaryOf(f, node)).OfType<IPAddress>()
        : NodeAddresses.All()
            .Where(a => NodePortNetworks.Any(n => n.Contains(a)) || Families.Any(f => f.Sockets() == a.AddressFamily && IsOnAllAddresses(f)))
            .OrderBy(a => a.ToString(), StringComparer.Ordinal);

    private static IPAddress? PrimaryOf(IpFamily family, Node? node) =>
        node?.InternalIPs.Select(text => family.Parse(text)).OfType<string>().FirstOrDefault() is { } own ? IPAddress.Parse(own) : NodeAddresses.Primary(family);
}
