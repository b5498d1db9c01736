using System.Globalization;

namespace Portico.LoadBalancer.Bgp.Frr;

/// <summary>What FRR's daemons are told, one list after the other.</summary>
/// <param name="Profiles">To bfdd: what sessions will refer to.</param>
/// <param name="Bgp">To bgpd.</param>
/// <param name="GoneProfiles">To bfdd: what no session refers to any more.</param>
internal sealed record FrrChange(IReadOnlyList<string> Profiles, IReadOnlyList<string> Bgp, IReadOnlyList<string> GoneProfiles);

/// <summary>
/// The commands that lead from what runs to what is wanted, in one go and only for what differs. Order matters: what is referred to comes before
/// the reference and goes after it, and a network is announced only when the maps let it pass as they should.
/// </summary>
internal static class FrrDifference
{
    /// <returns>Lists that are empty where nothing differs.</returns>
    public static FrrChange Between(FrrRunning running, FrrConfiguration wanted)
    {
        var commands = new List<string>();

        // 1. New objects, which nobody refers to yet.
        var profiles = wanted.BfdProfiles.Where(p => !running.BfdProfiles.Contains(p.Key)).SelectMany(p => p.Value.Lines).ToList();
        commands.AddRange(wanted.Prefixes.Except(running.Prefixes).Order(ByText).Select(p => Entry(p)));
        commands.AddRange(wanted.RouteMaps.Where(m => !running.RouteMaps.Contains(m.Key)).OrderBy(m => m.Key, StringComparer.Ordinal).SelectMany(m => m.Value.Lines));

        // 2. What refers to them.
        var bgp = running.Instances.Keys.Union(wanted.Instances.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal).SelectMany(vrf => Instance(vrf, running.In(vrf), wanted.In(vrf))).ToList();

        // Changes of maps and lists act after this many seconds.
        commands.AddRange(bgp.Count > 0 ? ["bgp route-map delay-timer 1", .. bgp] : []);

        // 3. Objects that nobody refers to any more.
        commands.AddRange(running.RouteMaps.Except(wanted.RouteMaps.Keys).Order(StringComparer.Ordinal).Select(m => $"no route-map {m}"));
        commands.AddRange(running.Prefixes.Except(wanted.Prefixes).Order(ByText).Select(p => "no " + Entry(p)));
        var gone = running.BfdProfiles.Except(wanted.BfdProfiles.Keys).Order(StringComparer.Ordinal).Select(p => $" no profile {p}").ToList();
        return new FrrChange(InBfd(profiles), commands, InBfd(gone));
    }

    private static IReadOnlyList<string> InBfd(List<string> lines) => lines.Count > 0 ? ["bfd", .. lines, "exit"] : [];

    private static Comparer<FrrPrefix> ByText { get; } = Comparer<FrrPrefix>.Create((a, b) => string.CompareOrdinal($"{a.List} {a.Prefix}", $"{b.List} {b.Prefix}"));

    private static string Entry(FrrPrefix entry) => $"{(entry.IsIPv6 ? "ipv6" : "ip")} prefix-list {entry.List} permit {entry.Prefix}";

    private static List<string> Instance(string vrf, FrrRunningInstance running, FrrInstance wanted)
    {
        var commands = new List<string>();
        var ours = running.Ours;
        var where = vrf.Length > 0 ? $" vrf {vrf}" : "";

        // Another number is another process of BGP. Whoever calls has made sure that no stranger uses it.
        var restart = running.Asn != 0 && wanted.Asn != 0 && running.Asn != wanted.Asn;
        if (restart || (wanted.Asn == 0 && ours.Asn != 0 && running.Strangers.IsEmpty))
        {
            commands.Add(Invariant($"no router bgp {running.Asn}{where}"));
            ours = FrrInstance.Empty;
        }

        var router = wanted.Asn != 0 || ours.Asn != 0 ? Router(running.Strangers.IsEmpty, ours, wanted) : [];
        commands.AddRange(router.Count > 0 ? [Invariant($"router bgp {(wanted.Asn != 0 ? wanted.Asn : ours.Asn)}{where}"), .. router, "exit"] : []);
        return commands;
    }

    private static List<string> Router(bool withoutStrangers, FrrInstance ours, FrrInstance wanted)
    {
        var commands = new List<string>();
        if (ours.Asn == 0)
        {
            commands.AddRange([" no bgp network import-check", " no bgp default ipv4-unicast"]);
        }

        if (wanted.RouterId != ours.RouterId && (wanted.RouterId.Length > 0 || withoutStrangers))
        {
            commands.Add(wanted.RouterId.Length > 0 ? $" bgp router-id {wanted.RouterId}" : " no bgp router-id");
        }

        if (wanted.GracefulRestart != ours.GracefulRestart)
        {
            commands.Add(wanted.GracefulRestart ? " bgp graceful-restart preserve-fw-state" : " no bgp graceful-restart preserve-fw-state");
        }

        // One that differs in anything begins anew.
        bool Stays(string name) => ours.Neighbors.TryGetValue(name, out var before) && wanted.Neighbors.TryGetValue(name, out var now) && before.Fingerprint == now.Fingerprint;
        commands.AddRange(ours.Neighbors.Keys.Where(n => !Stays(n)).Order(StringComparer.Ordinal).Select(n => $" no neighbor {n}"));
        commands.AddRange(wanted.Neighbors.Values.Where(n => !Stays(n.Name)).OrderBy(n => n.Name, StringComparer.Ordinal).SelectMany(n => n.Lines).Select(l => " " + l));
        foreach (var ipv6 in (bool[])[false, true])
        {
            var family = Family(ours, wanted, ipv6, Stays);
            commands.AddRange(family.Count > 0 ? [$" address-family {(ipv6 ? "ipv6" : "ipv4")} unicast", .. family, " exit-address-family"] : []);
        }

        return commands;
    }

    private static List<string> Family(FrrInstance ours, FrrInstance wanted, bool ipv6, Func<string, bool> stays)
    {
        var commands = new List<string>();
        var before = ours.Networks.Where(n => n.IsIPv6 == ipv6).Select(n => n.Prefix).ToHashSet();
        var now = wanted.Networks.Where(n => n.IsIPv6 == ipv6).Select(n => n.Prefix).ToHashSet();
        commands.AddRange(before.Except(now).Order(StringComparer.Ordinal).Select(p => $"  no network {p}"));
        foreach (var activation in wanted.Activations.Where(a => a.IsIPv6 == ipv6 && !(stays(a.Neighbor) && ours.Activations.Contains(a))).OrderBy(a => a.Neighbor, StringComparer.Ordinal))
        {
            commands.AddRange([$"  neighbor {activation.Neighbor} activate", $"  neighbor {activation.Neighbor} route-map {FrrConfiguration.Prefix}in in", $"  neighbor {activation.Neighbor} route-map {activation.RouteMap} out"]);
        }

        commands.AddRange(now.Except(before).Order(StringComparer.Ordinal).Select(p => $"  network {p}"));
        return commands;
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
