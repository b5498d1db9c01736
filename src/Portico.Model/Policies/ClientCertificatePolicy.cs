using System.Collections.Immutable;

namespace Portico.Model.Policies;

/// <summary>
/// What a host asks of TLS clients: a certificate, from whom, and what becomes of those without one. Holds for every path of the host.
/// </summary>
public sealed record ClientCertificatePolicy
{
    /// <summary>Where the authorities come from: <c>namespace/secret</c>.</summary>
    public required string Name { get; init; }

    /// <summary>SHA-256 of authorities and revocation lists, hex: equal fingerprints mean equal lists.</summary>
    public required string Fingerprint { get; init; }

    public ClientCertificateMode Mode { get; init; } = ClientCertificateMode.Required;

    /// <summary>The trusted certificates, PEM; empty where the Secret holds none, and then no certificate is asked for.</summary>
    public ImmutableArray<byte> AuthoritiesPem { get; init; } = [];

    /// <summary>Revocation lists, PEM; empty for none.</summary>
    public ImmutableArray<byte> RevocationPem { get; init; } = [];

    /// <summary>Intermediate certificates allowed between the client's and a trusted one.</summary>
    public int Depth { get; init; } = 1;

    /// <summary>
    /// Where a client is sent instead of the 400: a path is served by the host itself as if it had been asked for without a certificate,
    /// anything else is a Location; null for the 400.
    /// </summary>
    public string? ErrorPage { get; init; }

    /// <summary>Whether backends get the certificate itself.</summary>
    public bool PassCertificate { get; init; }

    /// <summary>A regular expression that the subject must match, on plain connections too; null for any subject.</summary>
    public string? SubjectPattern { get; init; }
}

public enum ClientCertificateMode
{
    /// <summary>No certificate is asked for.</summary>
    Off,

    /// <summary>A certificate that verifies.</summary>
    Required,

    /// <summary>None, or one that verifies.</summary>
    Optional,

    /// <summary>None, or one that verifies or whose only fault is that its issuer is not known.</summary>
    OptionalWithoutAuthority,
}
