namespace Portico.Kubernetes.Resources;

/// <summary>discovery.k8s.io/v1 EndpointSlice.</summary>
public sealed record EndpointSlice : KubernetesObject
{
    /// <summary>The label that links a slice to its Service.</summary>
    public const string ServiceNameLabel = "kubernetes.io/service-name";

    public override ResourceKind Kind => ResourceKind.EndpointSlice;

    public string AddressType { get; init; } = "";

    public IReadOnlyList<EndpointPort> Ports { get; init; } = [];

    public IReadOnlyList<SliceEndpoint> Endpoints { get; init; } = [];
}

public sealed record EndpointPort
{
    public string Name { get; init; } = "";

    public int? Port { get; init; }

    public string Protocol { get; init; } = "TCP";

    public string? AppProtocol { get; init; }
}

public sealed record SliceEndpoint
{
    public IReadOnlyList<string> Addresses { get; init; } = [];

    public EndpointConditions Conditions { get; init; } = new();

    public string? NodeName { get; init; }

    public string? Zone { get; init; }

    /// <summary>The zones whose clients are to use this endpoint (<c>hints.forZones</c>); empty for no hint.</summary>
    public IReadOnlyList<string> ForZones { get; init; } = [];

    /// <summary>The nodes whose clients are to use it (<c>hints.forNodes</c>).</summary>
    public IReadOnlyList<string> ForNodes { get; init; } = [];
}

/// <summary>A missing condition is null: ready and serving count as true then, terminating as false.</summary>
public sealed record EndpointConditions
{
    public bool? Ready { get; init; }

    public bool? Serving { get; init; }

    public bool? Terminating { get; init; }
}
