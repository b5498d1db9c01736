using System.Collections.Immutable;
using Portico.Ingress.Selection;

namespace Portico.Ingress;

/// <summary>The command-line flags that decide how Ingresses are translated. Each property carries its flag's name and default.</summary>
public sealed record IngressOptions
{
    /// <summary><c>--controller-class</c>: the value an IngressClass must carry in spec.controller.</summary>
    public string ControllerClass { get; init; } = "k8s.io/ingress-nginx";

    /// <summary><c>--ingress-class</c>: the value of the annotation <c>kubernetes.io/ingress.class</c>.</summary>
    public string IngressClass { get; init; } = "nginx";

    /// <summary><c>--ingress-class-by-name</c>: an IngressClass named <see cref="IngressClass"/> counts whatever its controller.</summary>
    public bool IngressClassByName { get; init; }

    /// <summary><c>--watch-ingress-without-class</c></summary>
    public bool WatchIngressWithoutClass { get; init; }

    /// <summary><c>--watch-namespace</c>: empty for all.</summary>
    public string WatchNamespace { get; init; } = "";

    /// <summary><c>--watch-namespace-selector</c>: null for all.</summary>
    public LabelSelector? WatchNamespaceSelector { get; init; }

    /// <summary><c>--disable-catch-all</c>: every Ingress with spec.defaultBackend is ignored.</summary>
    public bool DisableCatchAll { get; init; }

    /// <summary><c>--deep-inspect</c></summary>
    public bool DeepInspect { get; init; } = true;

    /// <summary><c>--default-backend-service</c></summary>
    public NamespacedName? DefaultBackendService { get; init; }

    /// <summary><c>--default-ssl-certificate</c></summary>
    public NamespacedName? DefaultSslCertificate { get; init; }

    /// <summary><c>--disable-svc-external-name</c></summary>
    public bool DisableExternalNames { get; init; }

    /// <summary><c>--enable-topology-aware-routing</c>: the node whose zone the gateway is in; empty while zones do not count.</summary>
    public string NodeOfZone { get; init; } = "";

    /// <summary><c>--annotations-prefix</c>: takes the place of the default prefix, which is then no longer read.</summary>
    public string AnnotationsPrefix { get; init; } = "nginx.ingress.kubernetes.io";

    /// <summary><c>--enable-annotation-validation</c></summary>
    public bool EnableAnnotationValidation { get; init; } = true;

    /// <summary><c>--configmap</c>: the global ConfigMap.</summary>
    public NamespacedName? ConfigMap { get; init; }

    /// <summary><c>--enable-ssl-passthrough</c></summary>
    public bool EnableSslPassthrough { get; init; }

    /// <summary><c>--tcp-services-configmap</c></summary>
    public NamespacedName? TcpServicesConfigMap { get; init; }

    /// <summary><c>--udp-services-configmap</c></summary>
    public NamespacedName? UdpServicesConfigMap { get; init; }

    /// <summary>The ports that no TCP or UDP service may have.</summary>
    public ImmutableHashSet<int> ReservedPorts { get; init; } = [];

    /// <summary><c>--cluster-domain</c></summary>
    public string ClusterDomain { get; init; } = "cluster.local";

    /// <summary><c>--http-port</c></summary>
    public int HttpPort { get; init; } = 80;

    /// <summary><c>--https-port</c></summary>
    public int HttpsPort { get; init; } = 443;

    /// <summary><c>--health-check-path</c>: answered on the catch-all host.</summary>
    public string HealthCheckPath { get; init; } = "/healthz";
}
