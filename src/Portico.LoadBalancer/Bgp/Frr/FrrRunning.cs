using System.Collections.Immutable;
using System.Globalization;

namespace Portico.LoadBalancer.Bgp.Frr;

/// <summary>BGP that runs inside of a VRF, or outside of any.</summary>
/// <param name="Ours">Its networks are those of our prefix lists.</param>
/// <param name="Asn">0 for no BGP.</param>
/// <param name="Strangers">Neighbors that somebody else has set.</param>
internal sealed record FrrRunningInstance(FrrInstance Ours, long Asn, ImmutableArray<string> Strangers)
{
    public static readonly FrrRunningInstance None = new(FrrInstance.Empty, 0, []);
}

/// <summary>What FRR says that runs (<c>show running-config</c>): ours, and whether there is more. Contents are not read: names tell them.</summary>
internal sealed record FrrRunning
{
    /// <summary>By VRF; the one outside of any has an empty name.</summary>
    public ImmutableSortedDictionary<string, FrrRunningInstance> Instances { get; private init; } = ImmutableSortedDictionary.Create<string, FrrRunningInstance>(StringComparer.Ordinal);

    public ImmutableHashSet<string> RouteMaps { get; private init; } = [];

    public ImmutableHashSet<string> BfdProfiles { get; private init; } = [];

    public ImmutableHashSet<FrrPrefix> Prefixes { get; private init; } = [];

    public FrrRunningInstance In(string vrf) => Instances.GetValueOrDefault(vrf, FrrRunningInstance.None);

    public static FrrRunning Read(string text)
    {
        var (inBfd, ipv6) = (false, false);
        InstanceLines? bgp = null;
        var found = new Dictionary<string, InstanceLines>(StringComparer.Ordinal);
        var maps = ImmutableHashSet.CreateBuilder<string>(StringComparer.Ordinal);
        var profiles = ImmutableHashSet.CreateBuilder<string>(StringComparer.Ordinal);
        var prefixes = ImmutableHashSet.CreateBuilder<FrrPrefix>();
        foreach (var line in text.Split('\n'))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (line.Length > 0 && line[0] != ' ')
            {
                inBfd = words is ["bfd"];
                bgp = InstanceLines.Begin(words);
                if (bgp is not null)
                {
                    found[bgp.Vrf] = bgp;
                }
            }

            switch (words)
            {
                case ["ip" or "ipv6", "prefix-list", var list, "seq", _, "permit", var prefix] when IsOurs(list): prefixes.Add(new FrrPrefix(words[0] == "ipv6", list, prefix)); break;
                case ["route-map", var map, _, _] when IsOurs(map): maps.Add(map); break;
                case ["profile", var profile] when inBfd && IsOurs(profile): profiles.Add(profile); break;
                case ["address-family", var family, ..]: ipv6 = family == "ipv6"; break;
                default: bgp?.Read(words, ipv6); break;
            }
        }

        var ours = prefixes.Select(p => (p.IsIPv6, p.Prefix)).ToImmutableHashSet();
        return new FrrRunning
        {
            Instances = found.ToImmutableSortedDictionary(i => i.Key, i => i.Value.Whole(ours), StringComparer.Ordinal),
            RouteMaps = maps.ToImmutable(),
            BfdProfiles = profiles.ToImmutable(),
            Prefixes = prefixes.ToImmutable(),
        };
    }

    private static bool IsOurs(string name) => name.StartsWith(FrrConfiguration.Prefix, StringComparison.Ordinal);

    /// <summary>The lines of one <c>router bgp</c> while they are read.</summary>
    private sealed class InstanceLines(string vrf, long asn)
    {
        private readonly Dictionary<string, string> _neighbors = new(StringComparer.Ordinal);
        private readonly HashSet<(bool, string)> _networks = [];
        private readonly HashSet<FrrActivation> _outgoing = [];
        private string _routerId = "";
        private bool _graceful;

        public string Vrf => vrf;

        public static InstanceLines? Begin(string[] words) =>
            words is ["router", "bgp", var number, ..] && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var asn)
                ? new InstanceLines(words is [_, _, _, "vrf", var name, ..] ? name : "", asn)
                : null;

        public void Read(string[] words, bool ipv6)
        {
            switch (words)
            {
                case ["bgp", "router-id", var id]: _routerId = id; break;
                case ["bgp", "graceful-restart", "preserve-fw-state"]: _graceful = true; break;
                case ["network", var network, ..]: _networks.Add((ipv6, network)); break;
                case ["neighbor", var name, "description", var description]: _neighbors[name] = description; break;
                case ["neighbor", var name, "route-map", var map, "out"]: _outgoing.Add(new FrrActivation(ipv6, name, map)); break;
                case ["neighbor", var name, ..]: _neighbors.TryAdd(name, ""); break;
            }
        }

        public FrrRunningInstance Whole(ImmutableHashSet<(bool, string)> networksOfOurs)
        {
            var ours = _neighbors.Where(n => IsOurs(n.Value)).ToList();
            var instance = new FrrInstance
            {
                Asn = ours.Count > 0 ? asn : 0,
                RouterId = _routerId,
                GracefulRestart = _graceful,
                Neighbors = ours.ToImmutableDictionary(n => n.Key, n => new FrrNeighbor(n.Key, n.Value, [])),
                Activations = [.. _outgoing.Where(a => ours.Exists(n => n.Key == a.Neighbor))],
                Networks = [.. networksOfOurs.Intersect(_networks)],
            };
            return new FrrRunningInstance(instance, asn, [.. _neighbors.Where(n => !IsOurs(n.Value)).Select(n => n.Key)]);
        }
    }
}
