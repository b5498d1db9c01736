using Portico.Kubernetes.Resources;

namespace Portico.Kubernetes.Manifests;

/// <summary>
/// Which documents are read, by apiVersion and kind. Everything else (a Deployment, a custom resource) belongs to
/// somebody else and is passed over, except what looks like one of ours and is not: that is an error with advice.
/// </summary>
internal static class ManifestKinds
{
    private const string Networking = "networking.k8s.io/v1";
    private const string Discovery = "discovery.k8s.io/v1";
    private const string Core = "v1";
    private const string Pools = "metallb.io/v1beta1";
    private const string Peers = "metallb.io/v1beta2";

    private static readonly Dictionary<string, ManifestKind> ByName = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Ingress"] = new(Networking, "Ingress", ResourceKind.Ingress, true),
        ["IngressClass"] = new(Networking, "IngressClass", ResourceKind.IngressClass, false),
        ["ServiceCIDR"] = new(Networking, "ServiceCIDR", ResourceKind.ServiceCIDR, false),
        ["Service"] = new(Core, "Service", ResourceKind.Service, true),
        ["EndpointSlice"] = new(Discovery, "EndpointSlice", ResourceKind.EndpointSlice, true),
        ["Endpoints"] = new(Core, "Endpoints", ResourceKind.Endpoints, true),
        ["Secret"] = new(Core, "Secret", ResourceKind.Secret, true),
        ["ConfigMap"] = new(Core, "ConfigMap", ResourceKind.ConfigMap, true),
        ["Namespace"] = new(Core, "Namespace", ResourceKind.Namespace, false),
        ["Node"] = new(Core, "Node", ResourceKind.Node, false),
        ["IPAddressPool"] = new(Pools, "IPAddressPool", ResourceKind.IPAddressPool, true),
        ["L2Advertisement"] = new(Pools, "L2Advertisement", ResourceKind.L2Advertisement, true),
        ["BGPAdvertisement"] = new(Pools, "BGPAdvertisement", ResourceKind.BGPAdvertisement, true),
        ["BGPPeer"] = new(Peers, "BGPPeer", ResourceKind.BGPPeer, true),
        ["Community"] = new(Pools, "Community", ResourceKind.Community, true),
        ["BFDProfile"] = new(Pools, "BFDProfile", ResourceKind.BFDProfile, true),
    };

    /// <summary>The groups of the kinds above, also those from which they have moved away.</summary>
    private static readonly string[] Groups = ["", "networking.k8s.io", "discovery.k8s.io", "extensions", "metallb.io"];

    /// <summary>
    /// Null for a kind that is not ours. A missing apiVersion, which an error has hidden or the author forgot,
    /// counts as the right one.
    /// </summary>
    public static ManifestKind? Find(string? apiVersion, string kind) =>
        ByName.TryGetValue(kind, out var known) && (apiVersion is null || Groups.Contains(GroupOf(apiVersion))) ? known : null;

    private static string GroupOf(string apiVersion)
    {
        var slash = apiVersion.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? "" : apiVersion[..slash];
    }
}

internal sealed record ManifestKind(string ApiVersion, string Name, ResourceKind Kind, bool Namespaced);
