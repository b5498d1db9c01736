using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace Portico.LoadBalancer.Bgp.Frr;

/// <summary>A neighbor with everything that is set on it outside of address families.</summary>
/// <param name="Fingerprint">Stands in its description: one with the same was made from the same settings.</param>
/// <param name="Lines">In the words of FRR, each beginning with <c>neighbor NAME</c>.</param>
internal sealed record FrrNeighbor(string Name, string Fingerprint, ImmutableArray<string> Lines);

/// <summary>A named object that is never changed: another content has another name.</summary>
internal sealed record FrrObject(string Name, ImmutableArray<string> Lines);

/// <summary>An entry of a prefix list.</summary>
internal readonly record struct FrrPrefix(bool IsIPv6, string List, string Prefix);

/// <summary>Which neighbor takes part in a family, and by which route map it is told routes.</summary>
internal readonly record struct FrrActivation(bool IsIPv6, string Neighbor, string RouteMap);

/// <summary>A neighbor of FRR.</summary>
/// <param name="Vrf">Where it is; empty for outside of any VRF.</param>
internal readonly record struct FrrPeer(string Vrf, string Neighbor)
{
    public override string ToString() => Vrf.Length > 0 ? $"{Neighbor} in VRF {Vrf}" : Neighbor;
}

/// <summary>What is ours in FRR's BGP inside of a VRF, or outside of any.</summary>
internal sealed record FrrInstance
{
    public static readonly FrrInstance Empty = new();

    /// <summary>0 for no BGP at all.</summary>
    public long Asn { get; init; }

    /// <summary>Empty to leave it to FRR.</summary>
    public string RouterId { get; init; } = "";

    public bool GracefulRestart { get; init; }

    public ImmutableDictionary<string, FrrNeighbor> Neighbors { get; init; } = ImmutableDictionary<string, FrrNeighbor>.Empty;

    public ImmutableHashSet<FrrActivation> Activations { get; init; } = [];

    public ImmutableHashSet<(bool IsIPv6, string Prefix)> Networks { get; init; } = [];
}

/// <summary>
/// What of FRR's configuration is ours. Everything in it has a name that begins with <see cref="Prefix"/>, or belongs to a neighbor or a prefix
/// list that has, so that ours is told from others' in a running FRR, also by a process that has just begun.
/// </summary>
internal sealed record FrrConfiguration
{
    public const string Prefix = "portico-";

    private static readonly ImmutableSortedDictionary<string, FrrInstance> NoInstances = ImmutableSortedDictionary.Create<string, FrrInstance>(StringComparer.Ordinal);

    public static readonly FrrConfiguration Empty = new();

    /// <summary>By VRF; the one outside of any has an empty name.</summary>
    public ImmutableSortedDictionary<string, FrrInstance> Instances { get; init; } = NoInstances;

    public bool GracefulRestart => Instances.Values.Any(i => i.GracefulRestart);

    public IEnumerable<FrrPeer> Peers => Instances.SelectMany(i => i.Value.Neighbors.Keys.Select(n => new FrrPeer(i.Key, n)));

    public ImmutableDictionary<string, FrrObject> RouteMaps { get; init; } = ImmutableDictionary<string, FrrObject>.Empty;

    public ImmutableDictionary<string, FrrObject> BfdProfiles { get; init; } = ImmutableDictionary<string, FrrObject>.Empty;

    public ImmutableHashSet<FrrPrefix> Prefixes { get; init; } = [];

    public FrrInstance In(string vrf) => Instances.GetValueOrDefault(vrf, FrrInstance.Empty);

    /// <summary>A short name for a content.</summary>
    public static string Digest(IEnumerable<string> lines) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', lines)))[..6]);
}
