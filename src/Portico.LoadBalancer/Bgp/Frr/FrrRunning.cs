using System.Collections.Immutable;
using System.Globalization;

namespace Portico.LoadBalancer.Bgp.Frr;

/// <summary>What FRR says that runs (<c>show running-config</c>): ours, and whether there is more. Contents are not read: names tell them.</summary>
internal sealed record FrrRunning
{
    public FrrConfiguration Ours { get; private init; } = FrrConfiguration.Empty;

    /// <summary>0 for no BGP.</summary>
    public long Asn { get; private init; }

    /// <summary>Neighbors that somebody else has set.</summary>
    public ImmutableArray<string> Strangers { get; private init; } = [];

    public static FrrRunning Read(string text)
    {
        long asn = 0;
        var routerId = "";
        var graceful = false;
        var (context, ipv6) = ("", false);
        var neighbors = new Dictionary<string, string>(StringComparer.Ordinal);
        var maps = new HashSet<string>(StringComparer.Ordinal);
        var profiles = new HashSet<string>(StringComparer.Ordinal);
        var prefixes = new HashSet<FrrPrefix>();
        var networks = new HashSet<(bool, string)>();
        var outgoing = new HashSet<FrrActivation>();
        foreach (var line in text.Split('\n'))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (line.Length > 0 && line[0] != ' ')
            {
                context = words.FirstOrDefault() is "router" && words is [_, "bgp", var number] && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out asn) ? "bgp"
                    : words is ["bfd"] ? "bfd" : "";
            }

            switch (words)
            {
                case ["ip" or "ipv6", "prefix-list", var list, "seq", _, "permit", var prefix] when IsOurs(list): prefixes.Add(new FrrPrefix(words[0] == "ipv6", list, prefix)); break;
                case ["route-map", var map, _, _] when IsOurs(map): maps.Add(map); break;
                case ["profile", var profile] when context == "bfd" && IsOurs(profile): profiles.Add(profile); break;
                case ["bgp", "router-id", var id] when context == "bgp": routerId = id; break;
                case ["bgp", "graceful-restart", "preserve-fw-state"] when context == "bgp": graceful = true; break;
                case ["address-family", var family, ..] when context == "bgp": ipv6 = family == "ipv6"; break;
                case ["network", var network, ..] when context == "bgp": networks.Add((ipv6, network)); break;
                case ["neighbor", var name, "description", var description] when context == "bgp": neighbors[name] = description; break;
                case ["neighbor", var name, "route-map", var map, "out"] when context == "bgp": outgoing.Add(new FrrActivation(ipv6, name, map)); break;
                case ["neighbor", var name, ..] when context == "bgp": neighbors.TryAdd(name, ""); break;
            }
        }

        var ours = neighbors.Where(n => IsOurs(n.Value)).ToList();
        return new FrrRunning
        {
            Asn = asn,
            Strangers = [.. neighbors.Where(n => !IsOurs(n.Value)).Select(n => n.Key)],
            Ours = new FrrConfiguration
            {
                Asn = ours.Count > 0 ? asn : 0,
                RouterId = routerId,
                GracefulRestart = graceful,
                Neighbors = ours.ToImmutableDictionary(n => n.Key, n => new FrrNeighbor(n.Key, n.Value, [])),
                Activations = [.. outgoing.Where(a => ours.Exists(n => n.Key == a.Neighbor))],
                RouteMaps = maps.ToImmutableDictionary(m => m, m => new FrrObject(m, [])),
                BfdProfiles = profiles.ToImmutableDictionary(p => p, p => new FrrObject(p, [])),
                Prefixes = [.. prefixes],
            },
            Announced = [.. networks],
        };
    }

    /// <summary>Networks that run, also those of others.</summary>
    public ImmutableHashSet<(bool IsIPv6, string Prefix)> Announced { get; private init; } = [];

    private static bool IsOurs(string name) => name.StartsWith(FrrConfiguration.Prefix, StringComparison.Ordinal);
}
