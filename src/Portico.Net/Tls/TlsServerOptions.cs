using System.Collections.Immutable;

namespace Portico.Net.Tls;

/// <summary>What holds for every connection of a TLS listener. The defaults are ingress-nginx's.</summary>
public sealed record TlsServerOptions
{
    public bool Tls12 { get; init; } = true;

    public bool Tls13 { get; init; } = true;

    /// <summary>OpenSSL cipher list for TLS 1.2; null for OpenSSL's default.</summary>
    public string? Ciphers { get; init; }

    public bool PreferServerCiphers { get; init; } = true;

    /// <summary>OpenSSL groups list (nginx's <c>ssl_ecdh_curve</c>), or <c>auto</c>.</summary>
    public string Groups { get; init; } = "auto";

    /// <summary>Diffie-Hellman parameters, PEM; without them no DHE cipher is chosen.</summary>
    public ReadOnlyMemory<byte> DhParametersPem { get; init; }

    /// <summary>ALPN, most wanted first. A client that offers only others is refused (RFC 7301); one that offers none is served.</summary>
    public ImmutableArray<string> ApplicationProtocols { get; init; } = ["http/1.1", "http/1.0"];

    /// <summary>Whether the listener remembers sessions, for all shards. TLS 1.3 clients resume from it too when tickets are off.</summary>
    public bool SessionCache { get; init; } = true;

    /// <summary>Sessions remembered at most; the oldest make room.</summary>
    public int SessionCacheSize { get; init; } = 20_480;

    public TimeSpan SessionTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Whether sessions are handed to clients, sealed, instead of being remembered.</summary>
    public bool SessionTickets { get; init; }

    /// <summary>
    /// Keys of the tickets for several replicas, 48 or 80 bytes each as nginx has them: the first seals, all open. None for a random one.
    /// </summary>
    public ImmutableArray<ReadOnlyMemory<byte>> TicketKeys { get; init; } = [];

    /// <summary>How many resumptions a TLS 1.3 client is offered per full handshake.</summary>
    public int Tls13Tickets { get; init; } = 1;

    /// <summary>Refuse names that the table does not hold, and clients without SNI, with the alert unrecognized_name.</summary>
    public bool RejectUnknownNames { get; init; }
}
