using System.Net;

namespace Portico.Net.Dns;

/// <summary>How a lookup ended.</summary>
public enum DnsStatus
{
    Success,

    /// <summary>The name does not exist (NXDOMAIN).</summary>
    NoSuchName,

    /// <summary>The name exists, without an address of a wanted kind.</summary>
    NoAddress,

    /// <summary>No server gave a usable answer.</summary>
    ServerFailure,

    /// <summary>No server answered in time.</summary>
    Timeout,

    /// <summary>The text cannot be a DNS name.</summary>
    InvalidName,

    /// <summary>The text is an address already. It is answered, but nobody was asked: callers that want a name treat it as a failure.</summary>
    AddressLiteral,
}

/// <summary>The addresses of a name, or why there are none.</summary>
public sealed record DnsAnswer
{
    public required DnsStatus Status { get; init; }

    public IReadOnlyList<IPAddress> Addresses { get; init; } = [];

    /// <summary>How long it may be used, from 1 second to 1 hour: the shortest of the chain, or what the zone grants to a refusal.</summary>
    public TimeSpan TimeToLive { get; init; }

    /// <summary>For logs; null on success.</summary>
    public string? Error { get; init; }
}
