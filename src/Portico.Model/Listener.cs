using System.Collections.Immutable;

namespace Portico.Model;

/// <summary>How the bytes of a listener's connections are to be read.</summary>
public enum ListenerProtocol
{
    Http,
    Https,
}

/// <summary>A port that accepts connections, and the hosts that are reachable through it.</summary>
public sealed record Listener
{
    public required string Name { get; init; }

    public required ListenerProtocol Protocol { get; init; }

    /// <summary>The TCP port. Zero asks the system for a free one.</summary>
    public required int Port { get; init; }

    public required HostTable Hosts { get; init; }

    /// <summary>
    /// Server names (SNI), lower case and exact, whose TLS connections are handed to a backend unread (<c>ssl-passthrough</c>).
    /// </summary>
    public ImmutableDictionary<string, BackendId> Passthrough { get; init; } = ImmutableDictionary<string, BackendId>.Empty;

    /// <summary>The certificates by server name; null on plain listeners.</summary>
    public CertificateTable? Certificates { get; init; }
}
