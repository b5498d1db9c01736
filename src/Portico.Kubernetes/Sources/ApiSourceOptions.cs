using Portico.Kubernetes.Api.Watching;
using Portico.Kubernetes.Resources;

namespace Portico.Kubernetes.Sources;

/// <summary>What is watched in a cluster.</summary>
public sealed record ApiSourceOptions
{
    /// <summary><c>--watch-namespace</c>: empty for all. Classes and namespaces belong to none and are watched all the same.</summary>
    public string WatchNamespace { get; init; } = "";

    /// <summary>Whether a selector of namespaces is in use, which needs their labels.</summary>
    public bool WatchNamespaces { get; init; }

    /// <summary><c>--watch-all-secrets</c>: one watch for all Secrets instead of one for each that is named.</summary>
    public bool WatchAllSecrets { get; init; }

    /// <summary>What is watched instead of what a gateway needs: kinds, and the namespace of each, empty for all.</summary>
    public IReadOnlyList<(ResourceKind Kind, string Namespace)>? Kinds { get; init; }

    /// <summary>The one Node that is watched beside; empty for none.</summary>
    public string NodeName { get; init; } = "";

    internal WatchTimes Times { get; init; } = new();
}
