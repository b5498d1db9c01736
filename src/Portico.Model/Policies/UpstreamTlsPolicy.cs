using System.Collections.Immutable;

namespace Portico.Model.Policies;

/// <summary>How a backend is spoken to over TLS, where an Ingress says more than that it is.</summary>
public sealed record UpstreamTlsPolicy
{
    /// <summary>Where certificates come from: <c>namespace/secret</c>.</summary>
    public required string Name { get; init; }

    /// <summary>SHA-256 of all that the Secret holds, hex: equal fingerprints mean equal certificates.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>The trusted certificates, PEM.</summary>
    public ImmutableArray<byte> AuthoritiesPem { get; init; } = [];

    /// <summary>The client certificate with its chain, PEM; empty for none.</summary>
    public ImmutableArray<byte> ChainPem { get; init; } = [];

    /// <summary>The private key of the client certificate, PEM. Never logged, never printed.</summary>
    public ImmutableArray<byte> KeyPem { get; init; } = [];

    /// <summary>Whether the backend's certificate is checked: against the authorities, and for <see cref="ServerName"/>.</summary>
    public bool Verify { get; init; }

    /// <summary>Intermediate certificates allowed between the backend's and a trusted one.</summary>
    public int Depth { get; init; } = 1;

    /// <summary>The name that the certificate must hold, and that is sent as SNI.</summary>
    public required string ServerName { get; init; }

    public bool SendServerName { get; init; }

    public bool Tls12 { get; init; } = true;

    public bool Tls13 { get; init; }

    /// <summary>OpenSSL cipher list for TLS 1.2.</summary>
    public string Ciphers { get; init; } = "DEFAULT";
}
