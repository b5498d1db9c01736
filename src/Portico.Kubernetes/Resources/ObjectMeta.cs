namespace Portico.Kubernetes.Resources;

/// <summary>The part of <c>metadata</c> that Portico uses.</summary>
public sealed record ObjectMeta
{
    public string Name { get; init; } = "";

    /// <summary>Empty for cluster-scoped objects; a folder source fills in <c>default</c> for namespaced ones.</summary>
    public string Namespace { get; init; } = "";

    public string Uid { get; init; } = "";

    public string ResourceVersion { get; init; } = "";

    public long Generation { get; init; }

    /// <summary>Orders Ingresses; an object of a folder that has none gets the time its file first appeared.</summary>
    public DateTimeOffset? CreationTimestamp { get; init; }

    public DateTimeOffset? DeletionTimestamp { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = Empty;

    public IReadOnlyDictionary<string, string> Annotations { get; init; } = Empty;

    private static IReadOnlyDictionary<string, string> Empty { get; } = new Dictionary<string, string>();
}
