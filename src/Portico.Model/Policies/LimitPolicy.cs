using System.Collections.Immutable;

namespace Portico.Model.Policies;

/// <summary>
/// How much a client may ask of one Ingress, in the sense of nginx's limit_req and limit_conn: leaky buckets of requests, and requests
/// in progress. What was counted lives beside the snapshots under <see cref="Zone"/>. Zero in a member: not limited so.
/// </summary>
public sealed record LimitPolicy
{
    /// <summary>Whose budget it is: all routes with the same zone share it.</summary>
    public required string Zone { get; init; }

    public int RequestsPerSecond { get; init; }

    public int RequestsPerMinute { get; init; }

    /// <summary>How many times the rate may come at once.</summary>
    public int BurstMultiplier { get; init; } = 5;

    /// <summary>Requests in progress.</summary>
    public int Connections { get; init; }

    /// <summary>Clients that are not limited.</summary>
    public ImmutableArray<AddressRange> Exempt { get; init; } = [];
}
