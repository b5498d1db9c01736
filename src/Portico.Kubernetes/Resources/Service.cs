namespace Portico.Kubernetes.Resources;

/// <summary>v1 Service.</summary>
public sealed record Service : KubernetesObject
{
    public override ResourceKind Kind => ResourceKind.Service;

    public ServiceSpec Spec { get; init; } = new();

    /// <summary><c>status.loadBalancer.ingress</c>.</summary>
    public IReadOnlyList<LoadBalancerIngress> LoadBalancer { get; init; } = [];
}

public sealed record ServiceSpec
{
    /// <summary><c>ClusterIP</c>, <c>NodePort</c>, <c>LoadBalancer</c> or <c>ExternalName</c>.</summary>
    public string Type { get; init; } = "ClusterIP";

    /// <summary>An address, <c>None</c> for headless Services, or empty.</summary>
    public string ClusterIP { get; init; } = "";

    public IReadOnlyList<string> ClusterIPs { get; init; } = [];

    public string ExternalName { get; init; } = "";

    public IReadOnlyList<string> ExternalIPs { get; init; } = [];

    /// <summary><c>Cluster</c> or <c>Local</c>: which endpoints take what comes from outside the cluster.</summary>
    public string ExternalTrafficPolicy { get; init; } = "Cluster";

    /// <summary>The same for what comes from inside.</summary>
    public string InternalTrafficPolicy { get; init; } = "Cluster";

    /// <summary><c>PreferClose</c>, <c>PreferSameZone</c> or <c>PreferSameNode</c>; empty for no preference.</summary>
    public string TrafficDistribution { get; init; } = "";

    /// <summary><c>None</c> or <c>ClientIP</c>.</summary>
    public string SessionAffinity { get; init; } = "None";

    /// <summary>Seconds that a client stays with its endpoint after its last connection (<c>sessionAffinityConfig.clientIP.timeoutSeconds</c>).</summary>
    public int SessionAffinitySeconds { get; init; } = 10_800;

    /// <summary>Whom the load balancer's addresses serve; empty for everybody.</summary>
    public IReadOnlyList<string> LoadBalancerSourceRanges { get; init; } = [];

    /// <summary>The port that tells load balancers whether this node has endpoints; 0 for none.</summary>
    public int HealthCheckNodePort { get; init; }

    /// <summary>The address that is asked for; deprecated in favour of annotations, and still in use.</summary>
    public string LoadBalancerIP { get; init; } = "";

    /// <summary>Which load balancer is meant; null for the default one.</summary>
    public string? LoadBalancerClass { get; init; }

    /// <summary><c>SingleStack</c>, <c>PreferDualStack</c> or <c>RequireDualStack</c>.</summary>
    public string IpFamilyPolicy { get; init; } = "SingleStack";

    /// <summary><c>IPv4</c>, <c>IPv6</c>, the first one first.</summary>
    public IReadOnlyList<string> IpFamilies { get; init; } = [];

    /// <summary>The labels of the pods.</summary>
    public IReadOnlyDictionary<string, string> Selector { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<ServicePort> Ports { get; init; } = [];
}

public sealed record ServicePort
{
    public string Name { get; init; } = "";

    public int Port { get; init; }

    /// <summary>A number or a name as text; empty means the same as <see cref="Port"/>.</summary>
    public string TargetPort { get; init; } = "";

    public string Protocol { get; init; } = "TCP";

    public string? AppProtocol { get; init; }

    /// <summary>The port of every node that leads here; 0 for none.</summary>
    public int NodePort { get; init; }
}

/// <summary>An address at which a load balancer takes traffic.</summary>
public sealed record LoadBalancerIngress
{
    public string Ip { get; init; } = "";

    public string Hostname { get; init; } = "";

    /// <summary><c>VIP</c>: packets keep this destination; <c>Proxy</c>: the balancer rewrites it. Empty counts as VIP.</summary>
    public string IpMode { get; init; } = "";
}
