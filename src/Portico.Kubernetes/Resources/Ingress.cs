using System.Text.Json.Serialization;

namespace Portico.Kubernetes.Resources;

/// <summary>networking.k8s.io/v1 Ingress.</summary>
public sealed record Ingress : KubernetesObject
{
    public override ResourceKind Kind => ResourceKind.Ingress;

    public IngressSpec Spec { get; init; } = new();

    /// <summary><c>status.loadBalancer.ingress</c>.</summary>
    public IReadOnlyList<LoadBalancerAddress> LoadBalancer { get; init; } = [];
}

public sealed record IngressSpec
{
    public string? IngressClassName { get; init; }

    public IngressBackend? DefaultBackend { get; init; }

    public IReadOnlyList<IngressTls> Tls { get; init; } = [];

    public IReadOnlyList<IngressRule> Rules { get; init; } = [];
}

public sealed record IngressTls
{
    public IReadOnlyList<string> Hosts { get; init; } = [];

    public string SecretName { get; init; } = "";
}

public sealed record IngressRule
{
    public string Host { get; init; } = "";

    public HttpIngressRuleValue? Http { get; init; }
}

public sealed record HttpIngressRuleValue
{
    public IReadOnlyList<HttpIngressPath> Paths { get; init; } = [];
}

public sealed record HttpIngressPath
{
    public string Path { get; init; } = "";

    /// <summary><c>Exact</c>, <c>Prefix</c>, <c>ImplementationSpecific</c>; null or anything else counts as the last.</summary>
    public string? PathType { get; init; }

    public IngressBackend? Backend { get; init; }
}

public sealed record IngressBackend
{
    public IngressServiceBackend? Service { get; init; }

    /// <summary>A reference to something other than a Service; only its presence matters.</summary>
    public TypedLocalObjectReference? Resource { get; init; }
}

public sealed record IngressServiceBackend
{
    public string Name { get; init; } = "";

    public ServiceBackendPort? Port { get; init; }
}

public sealed record ServiceBackendPort
{
    public string? Name { get; init; }

    public int? Number { get; init; }

    /// <summary>The port as the rule writes it: its name, else its number, else empty.</summary>
    [JsonIgnore]
    public string Text => !string.IsNullOrEmpty(Name) ? Name : Number?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "";
}

public sealed record TypedLocalObjectReference
{
    public string ApiGroup { get; init; } = "";

    public string Kind { get; init; } = "";

    public string Name { get; init; } = "";
}
