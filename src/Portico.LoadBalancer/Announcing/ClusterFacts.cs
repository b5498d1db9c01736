using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Portico.LoadBalancer.Allocation;

namespace Portico.LoadBalancer.Announcing;

/// <summary>What both ways of announcing look at, as it was when it was asked for.</summary>
/// <param name="formerPool">The pool by which an address is announced from here now; null for one that is not.</param>
internal sealed class ClusterFacts(
    IResourceView cluster, string nodeName, IReadOnlyList<Node> nodes, PoolSet pools, bool ignoreExcludeLabel, Func<Address, AddressPool?>? formerPool = null)
{
    private const string ExcludeLabel = "node.kubernetes.io/exclude-from-external-load-balancers";

    public string NodeName => nodeName;

    public IReadOnlyList<Node> Nodes => nodes;

    /// <summary>
    /// Null for none. An address that is announced keeps its pool when that goes, until the controller has given the Service another: in between
    /// its clients are to be served.
    /// </summary>
    public AddressPool? PoolOf(Address address) => pools.PoolOf(address) ?? formerPool?.Invoke(address);

    /// <summary>Null when the cluster does not know this node.</summary>
    public Node? Self { get; } = nodes.FirstOrDefault(n => n.Metadata.Name == nodeName);

    public bool IsExcluded(Node node) => !ignoreExcludeLabel && node.Metadata.Labels.ContainsKey(ExcludeLabel);

    /// <summary>A pod that ends but still answers counts.</summary>
    public List<SliceEndpoint> Serving(Service service) =>
    [
        .. cluster.SlicesOf(service.Metadata.Namespace, service.Metadata.Name).SelectMany(s => s.Endpoints)
            .Where(e => (e.Conditions.Ready ?? true) || e.Conditions.Serving == true),
    ];
}
