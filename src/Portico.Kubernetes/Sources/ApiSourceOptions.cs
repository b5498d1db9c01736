using Portico.Kubernetes.Api.Watching;

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

    internal WatchTimes Times { get; init; } = new();
}
