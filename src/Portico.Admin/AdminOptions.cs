namespace Portico.Admin;

/// <summary>The flags of the admin server.</summary>
public sealed record AdminOptions
{
    /// <summary><c>--healthz-host</c>: an address or name; empty for all addresses, IPv4 and IPv6.</summary>
    public string Host { get; init; } = "";

    /// <summary><c>--healthz-port</c>. Zero asks the system for a free one.</summary>
    public int Port { get; init; } = 10254;

    /// <summary><c>--health-check-path</c></summary>
    public string HealthCheckPath { get; init; } = "/healthz";
}
