namespace Portico.Kubernetes.Api.Configuration;

/// <summary>The flags that say where the API server is.</summary>
public sealed record ApiConnectionOptions
{
    /// <summary><c>--kubeconfig</c></summary>
    public string KubeConfig { get; init; } = "";

    /// <summary><c>--context</c>: a context of the kubeconfig other than its current one.</summary>
    public string Context { get; init; } = "";

    /// <summary><c>--apiserver-host</c></summary>
    public string ApiServerHost { get; init; } = "";

    /// <summary><c>--certificate-authority</c>: used with <see cref="ApiServerHost"/> only.</summary>
    public string CertificateAuthority { get; init; } = "";

    /// <summary>Looks up an environment variable.</summary>
    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    /// <summary>Where a pod finds its service account.</summary>
    public string ServiceAccountFolder { get; init; } = "/var/run/secrets/kubernetes.io/serviceaccount";
}
