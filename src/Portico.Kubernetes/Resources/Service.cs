namespace Portico.Kubernetes.Resources;

/// <summary>v1 Service.</summary>
public sealed record Service : KubernetesObject
{
    public override ResourceKind Kind => ResourceKind.Service;

    public ServiceSpec Spec { get; init; } = new();
}

public sealed record ServiceSpec
{
    /// <summary><c>ClusterIP</c>, <c>NodePort</c>, <c>LoadBalancer</c> or <c>ExternalName</c>.</summary>
    public string Type { get; init; } = "ClusterIP";

    /// <summary>An address, <c>None</c> for headless Services, or empty.</summary>
    public string ClusterIP { get; init; } = "";

    public IReadOnlyList<string> ClusterIPs { get; init; } = [];

    public string ExternalName { get; init; } = "";

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
}
