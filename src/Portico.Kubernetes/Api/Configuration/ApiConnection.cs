using System.Collections.Immutable;
using Portico.Kubernetes.Api.Credentials;

namespace Portico.Kubernetes.Api.Configuration;

/// <summary>How the API server is reached and how we say who we are. Made once at the start, immutable.</summary>
public sealed record ApiConnection
{
    public required Uri Server { get; init; }

    /// <summary>Where this comes from, for messages: <c>the service account</c>, <c>kubeconfig FILE (context NAME)</c>.</summary>
    public required string Origin { get; init; }

    /// <summary>Who may have signed the server's certificate; null for those that the system trusts.</summary>
    public ServerAuthorities? Authorities { get; init; }

    public bool SkipVerification { get; init; }

    /// <summary>The name that the server's certificate must carry; null for the one in <see cref="Server"/>.</summary>
    public string? TlsServerName { get; init; }

    public Uri? Proxy { get; init; }

    /// <summary>Whether the proxy variables of the environment count. Inside a cluster the API server is near.</summary>
    public bool UseEnvironmentProxy { get; init; }

    /// <summary>The namespace of the context or of the pod; empty when neither names one.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>What people should know about it.</summary>
    public ImmutableArray<string> Warnings { get; init; } = [];

    internal Credential Credential { get; init; } = Credential.None;
}
