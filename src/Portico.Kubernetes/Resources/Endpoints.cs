namespace Portico.Kubernetes.Resources;

/// <summary>v1 Endpoints: used only for Services that have no EndpointSlice (hand-written folders).</summary>
public sealed record Endpoints : KubernetesObject
{
    public override ResourceKind Kind => ResourceKind.Endpoints;

    public IReadOnlyList<EndpointSubset> Subsets { get; init; } = [];
}

public sealed record EndpointSubset
{
    public IReadOnlyList<EndpointAddress> Addresses { get; init; } = [];

    public IReadOnlyList<EndpointAddress> NotReadyAddresses { get; init; } = [];

    public IReadOnlyList<EndpointPort> Ports { get; init; } = [];
}

public sealed record EndpointAddress
{
    public string Ip { get; init; } = "";
}
