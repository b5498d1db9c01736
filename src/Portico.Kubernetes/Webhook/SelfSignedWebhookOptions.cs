namespace Portico.Kubernetes.Webhook;

/// <summary>Names of a webhook that makes its own certificate.</summary>
public sealed record SelfSignedWebhookOptions
{
    /// <summary><c>POD_NAMESPACE</c>: where Secret and Service are.</summary>
    public required string Namespace { get; init; }

    /// <summary><c>--validating-webhook-name</c>: of the Secret, of the configuration, and of the Service by whose name the API server calls.</summary>
    public required string Name { get; init; }

    public string ClusterDomain { get; init; } = "cluster.local";
}
