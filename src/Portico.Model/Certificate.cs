using System.Collections.Immutable;

namespace Portico.Model;

/// <summary>A certificate chain with its private key, checked to belong together before it gets here.</summary>
public sealed record Certificate
{
    /// <summary>Where it comes from: <c>namespace/secret</c>, or a word for the self-made one.</summary>
    public required string Name { get; init; }

    /// <summary>SHA-256 of chain and key, hex: equal fingerprints mean the same certificate.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Leaf first, then the intermediates, PEM.</summary>
    public required ImmutableArray<byte> ChainPem { get; init; }

    /// <summary>The private key, PEM. Never logged, never printed.</summary>
    public required ImmutableArray<byte> KeyPem { get; init; }

    public string Subject { get; init; } = "";

    public ImmutableArray<string> DnsNames { get; init; } = [];

    /// <summary>The issuer demands that an OCSP answer is stapled (RFC 7633, "must-staple"): some clients refuse the certificate without.</summary>
    public bool MustStaple { get; init; }

    public DateTimeOffset NotBefore { get; init; }

    public DateTimeOffset NotAfter { get; init; }
}

/// <summary>Which certificate a TLS server name gets.</summary>
/// <param name="ByServerName">
/// Keyed by lower-case name, exact or <c>*.suffix</c> (one label). The value is null where the host has a TLS section whose
/// certificate cannot be used: the default certificate is served, and the host still counts as a TLS host.
/// </param>
/// <param name="Default">For every other name and for clients without SNI.</param>
public sealed record CertificateTable(ImmutableDictionary<string, Certificate?> ByServerName, Certificate Default)
{
    /// <summary>What differs from the names before; null for a table that has none before it.</summary>
    public TableChange<string, Certificate?>? Change { get; init; }
}
