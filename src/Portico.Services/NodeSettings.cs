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

    /// <summary>Those in <see cref="NodeSettings.NodePortNetworks"/>.</summary>
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

    public ImmutableArray<IPNetwork> ServiceCidrs { get; init; } = [];

    public NodePortScope NodePortScope { get; init; }

    public ImmutableArray<IPNetwork> NodePortNetworks { get; init; } = [];

    public (int First, int Last) NodePortRange { get; init; } = (30_000, 32_767);

    public bool MasqueradeAll { get; init; }

    private const string ZoneLabel = "topology.kubernetes.io/zone";

    /// <param name="node">The Node object; null when the source has none.</param>
    internal NodeFacts With(Node? node) => new()
    {
        Name = Name,
        Zone = Zone ?? node?.Metadata.Labels.GetValueOrDefault(ZoneLabel) ?? "",
        ClusterCidrs = ClusterCidrs ?? [.. (node?.PodCidrs ?? []).Select(text => IPNetwork.TryParse(text, out var network) ? network : (IPNetwork?)null).OfType<IPNetwork>()],
        ServiceCidrs = ServiceCidrs,
        AllAddresses = NodePortScope == NodePortScope.All,
        NodePortAddresses = [.. NodePortAddresses(node)],
        NodePortRange = NodePortRange,
        MasqueradeAll = MasqueradeAll,
    };

    /// <summary>In a stable order: the interfaces' changes.</summary>
    private IEnumerable<IPAddress> NodePortAddresses(Node? node) => NodePortScope switch
    {
        NodePortScope.All => NodeAddresses.All().OrderBy(a => a.ToString(), StringComparer.Ordinal),
        NodePortScope.Primary => ((IpFamily[])[IpFamily.IPv4, IpFamily.IPv6]).Select(f => PrimaryOf(f, node)).OfType<IPAddress>(),
        _ => NodeAddresses.All().Where(a => NodePortNetworks.Any(n => n.Contains(a))).OrderBy(a => a.ToString(), StringComparer.Ordinal),
    };

    private static IPAddress? PrimaryOf(IpFamily family, Node? node) =>
        node?.InternalIPs.Select(text => family.Parse(text)).OfType<string>().FirstOrDefault() is { } own ? IPAddress.Parse(own) : NodeAddresses.Primary(family);
}
