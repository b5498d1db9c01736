using System.Collections.Immutable;

namespace Portico.LoadBalancer.Allocation;

/// <summary>Which families a Service needs.</summary>
internal enum FamilyPolicy
{
    /// <summary>The one of its cluster address.</summary>
    Single,

    /// <summary>Both when both can be had, else the primary one, else the other.</summary>
    PreferDual,

    /// <summary>Both or nothing.</summary>
    RequireDual,
}

/// <summary>A port that a Service takes on its address.</summary>
internal readonly record struct RequestedPort(string Protocol, int Number)
{
    public override string ToString() => FormattableString.Invariant($"{Protocol.ToLowerInvariant()}/{Number}");
}

/// <summary>What a Service asks of the pools. Immutable.</summary>
internal sealed record ServiceRequest
{
    public required ServiceKey Key { get; init; }

    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    public required FamilyPolicy Families { get; init; }

    /// <summary>The family of the first cluster address.</summary>
    public required bool PrimaryIsIPv6 { get; init; }

    public required ImmutableArray<RequestedPort> Ports { get; init; }

    /// <summary>Services of one key may share an address; empty to share with nobody.</summary>
    public required string SharingKey { get; init; }

    /// <summary>
    /// Packets to a shared address arrive at one node, so those who share must have their pods in the same places: empty for the
    /// whole cluster, else the selector of pods.
    /// </summary>
    public required string BackendKey { get; init; }

    /// <summary>The very addresses that are asked for; empty for any.</summary>
    public required ImmutableArray<Address> Wanted { get; init; }

    /// <summary>The pool that is asked for; empty for any.</summary>
    public required string Pool { get; init; }

    public bool WantsBoth => Families != FamilyPolicy.Single;
}
