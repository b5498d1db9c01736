namespace Portico.TestKit.Cluster;

/// <summary>A resource that the fake API server keeps.</summary>
/// <param name="HasStatus">Whether <c>status</c> is a subresource: written only through <c>/status</c>.</param>
public sealed record FakeResource(string Group, string Version, string Plural, string Kind, bool Namespaced, bool HasStatus = false, string ShortName = "")
{
    public static IReadOnlyList<FakeResource> All { get; } =
    [
        new("", "v1", "namespaces", "Namespace", false, true, "ns"),
        new("", "v1", "services", "Service", true, true, "svc"),
        new("", "v1", "secrets", "Secret", true),
        new("", "v1", "configmaps", "ConfigMap", true, false, "cm"),
        new("", "v1", "events", "Event", true, false, "ev"),
        new("", "v1", "pods", "Pod", true, true, "po"),
        new("", "v1", "nodes", "Node", false, true, "no"),
        new("networking.k8s.io", "v1", "ingresses", "Ingress", true, true, "ing"),
        new("networking.k8s.io", "v1", "ingressclasses", "IngressClass", false),
        new("networking.k8s.io", "v1", "servicecidrs", "ServiceCIDR", false, true),
        new("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", true),
        new("coordination.k8s.io", "v1", "leases", "Lease", true),
        new("admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration", false),
        new("metallb.io", "v1beta1", "ipaddresspools", "IPAddressPool", true, true),
        new("metallb.io", "v1beta1", "l2advertisements", "L2Advertisement", true, true),
        new("metallb.io", "v1beta1", "bgpadvertisements", "BGPAdvertisement", true, true),
        new("metallb.io", "v1beta2", "bgppeers", "BGPPeer", true, true),
        new("metallb.io", "v1beta1", "communities", "Community", true, true),
        new("metallb.io", "v1beta1", "bfdprofiles", "BFDProfile", true, true),
        new("metallb.io", "v1beta1", "servicel2statuses", "ServiceL2Status", true, true),
        new("metallb.io", "v1beta1", "servicebgpstatuses", "ServiceBGPStatus", true, true),
        new("metallb.io", "v1beta1", "configurationstates", "ConfigurationState", true, true),
        new("apps", "v1", "deployments", "Deployment", true, true, "deploy"),
        new("apps", "v1", "daemonsets", "DaemonSet", true, true, "ds"),
        new("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", false),
        new("rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding", false),
        new("rbac.authorization.k8s.io", "v1", "roles", "Role", true),
        new("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding", true),
        new("", "v1", "serviceaccounts", "ServiceAccount", true, false, "sa"),
        new("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", true, true, "pdb"),
        new("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", true, true, "hpa"),
    ];

    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    public static FakeResource Of(string plural) => All.First(r => r.Plural == plural);

    public static FakeResource? OfKind(string apiVersion, string kind) => All.FirstOrDefault(r => r.ApiVersion == apiVersion && r.Kind == kind);
}
