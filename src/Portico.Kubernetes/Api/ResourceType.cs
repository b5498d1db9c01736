using System.Collections.Immutable;
using Portico.Kubernetes.Resources;

namespace Portico.Kubernetes.Api;

/// <summary>Where the objects of a kind are in the API.</summary>
/// <param name="Prefix"><c>api/v1</c> or <c>apis/GROUP/VERSION</c>.</param>
/// <param name="Plural">The resource's name in paths and permissions.</param>
public sealed record ResourceType(string Prefix, string Plural, bool Namespaced)
{
    public static ResourceType Ingresses { get; } = new("apis/networking.k8s.io/v1", "ingresses", true);

    public static ResourceType IngressClasses { get; } = new("apis/networking.k8s.io/v1", "ingressclasses", false);

    public static ResourceType ServiceCIDRs { get; } = new("apis/networking.k8s.io/v1", "servicecidrs", false);

    public static ResourceType Services { get; } = new("api/v1", "services", true);

    public static ResourceType EndpointSlices { get; } = new("apis/discovery.k8s.io/v1", "endpointslices", true);

    public static ResourceType Secrets { get; } = new("api/v1", "secrets", true);

    public static ResourceType ConfigMaps { get; } = new("api/v1", "configmaps", true);

    public static ResourceType Namespaces { get; } = new("api/v1", "namespaces", false);

    public static ResourceType Pods { get; } = new("api/v1", "pods", true);

    public static ResourceType Nodes { get; } = new("api/v1", "nodes", false);

    public static ResourceType Events { get; } = new("api/v1", "events", true);

    public static ResourceType Leases { get; } = new("apis/coordination.k8s.io/v1", "leases", true);

    public static ResourceType ValidatingWebhooks { get; } = new("apis/admissionregistration.k8s.io/v1", "validatingwebhookconfigurations", false);

    public static ResourceType IPAddressPools { get; } = new("apis/metallb.io/v1beta1", "ipaddresspools", true);

    public static ResourceType L2Advertisements { get; } = new("apis/metallb.io/v1beta1", "l2advertisements", true);

    public static ResourceType BGPAdvertisements { get; } = new("apis/metallb.io/v1beta1", "bgpadvertisements", true);

    public static ResourceType BGPPeers { get; } = new("apis/metallb.io/v1beta2", "bgppeers", true);

    public static ResourceType Communities { get; } = new("apis/metallb.io/v1beta1", "communities", true);

    public static ResourceType BFDProfiles { get; } = new("apis/metallb.io/v1beta1", "bfdprofiles", true);

    public static ResourceType ServiceL2Statuses { get; } = new("apis/metallb.io/v1beta1", "servicel2statuses", true);

    public static ResourceType ServiceBGPStatuses { get; } = new("apis/metallb.io/v1beta1", "servicebgpstatuses", true);

    public static ResourceType ConfigurationStates { get; } = new("apis/metallb.io/v1beta1", "configurationstates", true);

    /// <summary>As objects write it.</summary>
    public string ApiVersion => Prefix[(Prefix.IndexOf('/', StringComparison.Ordinal) + 1)..];

    /// <summary>The group and resource as permissions write them.</summary>
    public string Permission => Prefix == "api/v1" ? Plural : $"{Plural}.{Prefix.Split('/')[1]}";

    internal static ResourceType Of(ResourceKind kind) => kind switch
    {
        ResourceKind.Ingress => Ingresses,
        ResourceKind.IngressClass => IngressClasses,
        ResourceKind.Service => Services,
        ResourceKind.EndpointSlice => EndpointSlices,
        ResourceKind.Secret => Secrets,
        ResourceKind.ConfigMap => ConfigMaps,
        ResourceKind.Namespace => Namespaces,
        ResourceKind.Node => Nodes,
        ResourceKind.IPAddressPool => IPAddressPools,
        ResourceKind.L2Advertisement => L2Advertisements,
        ResourceKind.BGPAdvertisement => BGPAdvertisements,
        ResourceKind.BGPPeer => BGPPeers,
        ResourceKind.Community => Communities,
        ResourceKind.BFDProfile => BFDProfiles,
        ResourceKind.ServiceCIDR => ServiceCIDRs,
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <param name="ns">Empty for all namespaces.</param>
    public string Collection(string ns) => Namespaced && ns.Length > 0 ? $"{Prefix}/namespaces/{Uri.EscapeDataString(ns)}/{Plural}" : $"{Prefix}/{Plural}";

    public string Object(string ns, string name, string subresource = "")
    {
        var path = $"{Collection(ns)}/{Uri.EscapeDataString(name)}";
        return subresource.Length > 0 ? $"{path}/{subresource}" : path;
    }
}
