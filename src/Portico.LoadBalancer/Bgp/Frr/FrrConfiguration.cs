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

/// <summary>
/// What of FRR's configuration is ours. Everything in it has a name that begins with <see cref="Prefix"/>, or belongs to a neighbor or a prefix
/// list that has, so that ours is told from others' in a running FRR, also by a process that has just begun.
/// </summary>
internal sealed record FrrConfiguration
{
    public const string Prefix = "portico-";

    public static readonly FrrConfiguration Empty = new();

    /// <summary>0 for no BGP at all.</summary>
    public long Asn { get; init; }

    /// <summary>Empty to leave it to FRR.</summary>
    public string RouterId { get; init; } = "";

    public bool GracefulRestart { get; init; }

    public ImmutableDictionary<string, FrrNeighbor> Neighbors { get; init; } = ImmutableDictionary<string, FrrNeighbor>.Empty;

    public ImmutableHashSet<FrrActivation> Activations { get; init; } = [];

    public ImmutableDictionary<string, FrrObject> RouteMaps { get; init; } = ImmutableDictionary<string, FrrObject>.Empty;

    public ImmutableDictionary<string, FrrObject> BfdProfiles { get; init; } = ImmutableDictionary<string, FrrObject>.Empty;

    public ImmutableHashSet<FrrPrefix> Prefixes { get; init; } = [];

    public ImmutableHashSet<(bool IsIPv6, string Prefix)> Networks => [.. Prefixes.Select(p => (p.IsIPv6, p.Prefix))];

    /// <summary>A short name for a content.</summary>
    public static string Digest(IEnumerable<string> lines) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', lines)))[..6]);
}
