using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Portico.Kubernetes.Resources;

namespace Portico.LoadBalancer.Bgp.Frr;

/// <summary>Makes FRR's configuration from peers and routes. Pure.</summary>
internal static class FrrComposer
{
    private const string NothingIn = FrrConfiguration.Prefix + "in";

    /// <param name="peers">Of one ASN and one router id in each VRF.</param>
    /// <param name="nodeName">For a router id where there is no IPv4 address to take one from.</param>
    public static FrrConfiguration Compose(IReadOnlyList<BgpPeerSettings> peers, IEnumerable<BgpRoute> routes, string nodeName, bool hasIPv4)
    {
        if (peers.Count == 0)
        {
            return FrrConfiguration.Empty;
        }

        var bfd = peers.Select(p => p.Bfd).OfType<BFDProfile>().Select(ProfileOf).DistinctBy(p => p.Name);
        var maps = ImmutableDictionary.CreateBuilder<string, FrrObject>();
        var prefixes = ImmutableHashSet.CreateBuilder<FrrPrefix>();
        maps[NothingIn] = new FrrObject(NothingIn, [$"route-map {NothingIn} deny 1", "exit"]);
        var all = routes.ToList();
        var instances = peers.GroupBy(p => p.Vrf, StringComparer.Ordinal)
            .ToImmutableSortedDictionary(g => g.Key, g => InstanceOf([.. g], all, hasIPv4 ? "" : IdOf(nodeName), maps, prefixes), StringComparer.Ordinal);
        return new FrrConfiguration
        {
            Instances = instances,
            RouteMaps = maps.ToImmutable(),
            BfdProfiles = bfd.ToImmutableDictionary(p => p.Name),
            Prefixes = prefixes.ToImmutable(),
        };
    }

    private static FrrInstance InstanceOf(
        IReadOnlyList<BgpPeerSettings> peers, List<BgpRoute> routes, string defaultId, ImmutableDictionary<string, FrrObject>.Builder maps, ImmutableHashSet<FrrPrefix>.Builder prefixes)
    {
        var activations = ImmutableHashSet.CreateBuilder<FrrActivation>();
        var networks = ImmutableHashSet.CreateBuilder<(bool, string)>();
        foreach (var peer in peers)
        {
            var told = routes.Where(r => (r.Peers.Count == 0 || r.Peers.Contains(peer.Name, StringComparer.Ordinal)) && peer.Takes(r.Network.First.IsIPv6)).ToList();
            var map = MapOf(peer, told, prefixes);
            maps[map.Name] = map;
            networks.UnionWith(told.Select(r => (r.Network.First.IsIPv6, r.Prefix)));
            activations.UnionWith(((bool[])[false, true]).Where(peer.Takes).Select(f => new FrrActivation(f, peer.Neighbor, map.Name)));
        }

        return new FrrInstance
        {
            Asn = peers[0].MyASN,
            RouterId = peers.Select(p => p.RouterId).FirstOrDefault(id => id.Length > 0) ?? defaultId,
            GracefulRestart = peers.Any(p => p.GracefulRestart),
            Neighbors = peers.Select(NeighborOf).ToImmutableDictionary(n => n.Name),
            Activations = activations.ToImmutable(),
            Networks = networks.ToImmutable(),
        };
    }

    private static FrrNeighbor NeighborOf(BgpPeerSettings peer)
    {
        string[] settings = peer.Bfd is { } bfd ? [.. peer.Settings, "bfd", $"bfd profile {ProfileOf(bfd).Name}"] : [.. peer.Settings];
        var first = peer.IsInterface ? $"neighbor {peer.Neighbor} interface remote-as {peer.RemoteAS}" : $"neighbor {peer.Neighbor} remote-as {peer.RemoteAS}";
        ImmutableArray<string> lines = [first, .. settings.Select(s => $"neighbor {peer.Neighbor} {s}")];
        var fingerprint = $"{FrrConfiguration.Prefix}{peer.Name}-{FrrConfiguration.Digest([.. lines, peer.BothFamilies ? "both families" : "one family"])}";
        return new FrrNeighbor(peer.Neighbor, fingerprint, [.. lines, $"neighbor {peer.Neighbor} description {fingerprint}"]);
    }

    /// <summary>
    /// A route map per peer: an entry for each set of marks that routes have, and for each family a list of the networks that have them. The
    /// lists change as Services come and go; the map only when another set of marks does.
    /// </summary>
    private static FrrObject MapOf(BgpPeerSettings peer, List<BgpRoute> told, ImmutableHashSet<FrrPrefix>.Builder prefixes)
    {
        var entries = new SortedDictionary<string, ImmutableArray<string>>(StringComparer.Ordinal);
        foreach (var group in told.GroupBy(r => (r.Network.First.IsIPv6, r.Prefix)))
        {
            var marks = Marks(group.Max(r => r.LocalPref), [.. group.SelectMany(r => r.Communities).Distinct().Order()]);
            var list = $"{FrrConfiguration.Prefix}{peer.Name}-{FrrConfiguration.Digest(marks)}";
            prefixes.Add(new FrrPrefix(group.Key.IsIPv6, list, group.Key.Prefix));
            entries[$"{list} {(group.Key.IsIPv6 ? 6 : 4)}"] = [$" match {(group.Key.IsIPv6 ? "ipv6" : "ip")} address prefix-list {list}", .. marks];
        }

        var name = $"{FrrConfiguration.Prefix}{peer.Name}-out-{FrrConfiguration.Digest(entries.Keys)}";
        var lines = entries.Values.SelectMany((entry, i) => (IEnumerable<string>)[string.Create(CultureInfo.InvariantCulture, $"route-map {name} permit {i + 1}"), .. entry, "exit"]);
        return new FrrObject(name, [.. lines, $"route-map {name} deny 65535", "exit"]);
    }

    private static List<string> Marks(long localPref, IReadOnlyList<BgpCommunity> communities)
    {
        var marks = new List<string>();
        if (localPref > 0)
        {
            marks.Add(string.Create(CultureInfo.InvariantCulture, $" set local-preference {localPref}"));
        }

        if (communities.Any(c => !c.IsLarge))
        {
            marks.Add($" set community {string.Join(' ', communities.Where(c => !c.IsLarge).Select(c => c.Text))}");
        }

        if (communities.Any(c => c.IsLarge))
        {
            marks.Add($" set large-community {string.Join(' ', communities.Where(c => c.IsLarge).Select(c => c.Text))}");
        }

        return marks;
    }

    private static FrrObject ProfileOf(BFDProfile profile)
    {
        var lines = new List<string>();
        Set("receive-interval", profile.ReceiveInterval);
        Set("transmit-interval", profile.TransmitInterval);
        Set("detect-multiplier", profile.DetectMultiplier);
        Set("minimum-ttl", profile.MinimumTtl);
        if (profile.EchoInterval is { } echo)
        {
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"  echo transmit-interval {echo}"));
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"  echo receive-interval {echo}"));
        }

        lines.AddRange(profile.EchoMode ? ["  echo-mode"] : []);
        lines.AddRange(profile.PassiveMode ? ["  passive-mode"] : []);
        var name = $"{FrrConfiguration.Prefix}{profile.Metadata.Name}-{FrrConfiguration.Digest(lines)}";
        return new FrrObject(name, [$" profile {name}", .. lines, " exit"]);

        void Set(string word, int? value)
        {
            if (value is { } number)
            {
                lines.Add(string.Create(CultureInfo.InvariantCulture, $"  {word} {number}"));
            }
        }
    }

    /// <summary>The CRC-32 of the name, as MetalLB's own BGP takes it.</summary>
    private static string IdOf(string nodeName)
    {
        var sum = ~0u;
        foreach (var b in Encoding.UTF8.GetBytes(nodeName))
        {
            sum ^= b;
            for (var bit = 0; bit < 8; bit++)
            {
                sum = (sum & 1) == 0 ? sum >> 1 : (sum >> 1) ^ 0xEDB88320;
            }
        }

        sum = ~sum;
        return string.Create(CultureInfo.InvariantCulture, $"{sum >> 24}.{(sum >> 16) & 0xff}.{(sum >> 8) & 0xff}.{sum & 0xff}");
    }
}
