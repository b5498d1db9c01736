namespace Portico.Model.Policies;

/// <summary>How a host's handshakes differ from its listener's.</summary>
/// <param name="Ciphers">OpenSSL cipher list for TLS 1.2; null for the listener's.</param>
/// <param name="PreferServerCiphers">Whether the gateway's order counts; null for the listener's choice.</param>
public sealed record HostTlsPolicy(string? Ciphers, bool? PreferServerCiphers);
