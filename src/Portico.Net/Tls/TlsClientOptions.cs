using System.Collections.Immutable;

namespace Portico.Net.Tls;

/// <summary>How backends are spoken to over TLS. The defaults are nginx's: nothing is verified.</summary>
public sealed record TlsClientOptions
{
    public bool Tls12 { get; init; } = true;

    public bool Tls13 { get; init; } = true;

    /// <summary>OpenSSL cipher list for TLS 1.2; null for OpenSSL's default.</summary>
    public string? Ciphers { get; init; }

    /// <summary>ALPN to offer; empty offers none.</summary>
    public ImmutableArray<string> ApplicationProtocols { get; init; } = [];

    /// <summary>Whether the backend's certificate must lead to one of <see cref="TrustedCaPem"/>.</summary>
    public bool Verify { get; init; }

    /// <summary>The trusted certificates, PEM. The system's are never used.</summary>
    public ReadOnlyMemory<byte> TrustedCaPem { get; init; }

    /// <summary>The name or address that the certificate must hold when <see cref="Verify"/> is on; null checks the chain only.</summary>
    public string? VerifyName { get; init; }

    /// <summary>Intermediate certificates allowed between the backend's and a trusted one.</summary>
    public int VerifyDepth { get; init; } = 1;

    /// <summary>Presented when the backend asks for one.</summary>
    public TlsCertificate? Certificate { get; init; }
}
