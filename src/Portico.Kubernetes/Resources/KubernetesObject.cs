namespace Portico.Kubernetes.Resources;

/// <summary>An object of the Kubernetes API, immutable, with only the fields that Portico uses.</summary>
public abstract record KubernetesObject
{
    public ObjectMeta Metadata { get; init; } = new();

    public abstract ResourceKind Kind { get; }

    public ObjectKey Key => new(Kind, Metadata.Namespace, Metadata.Name);
}

/// <summary>The kinds that are watched.</summary>
public enum ResourceKind
{
    Ingress,
    IngressClass,
    Service,
    EndpointSlice,
    Endpoints,
    Secret,
    ConfigMap,
    Namespace,
    Node,
    IPAddressPool,
    L2Advertisement,
    BGPAdvertisement,
    BGPPeer,
    Community,
    BFDProfile,
    ServiceCIDR,
}

/// <summary>Names one object. Namespace is empty for cluster-scoped kinds.</summary>
public readonly record struct ObjectKey(ResourceKind Kind, string Namespace, string Name)
{
    public override string ToString() => Namespace.Length == 0 ? $"{Kind} {Name}" : $"{Kind} {Namespace}/{Name}";
}
