using System.Globalization;
using Portico.Services.Planning;

namespace Portico.Services.Rules;

/// <summary>
/// The chains that choose an endpoint. All Services with the same number of endpoints share one, so there are few, and a change of a
/// Service writes none that is there already. Made when they are first needed, kept for good.
/// </summary>
internal static class SharedChains
{
    private const string Masquerade = "meta mark set meta mark or 0x4000";

    private const string OfService = "service-";
    private const string OfNodePort = "nodeport-";

    /// <summary>The chain to which an entry of a plan leads: it fetches the number of the list, then chooses.</summary>
    public static string WayFor(ServiceEntry entry, int cluster, int local, TimeSpan? affinity) =>
        (entry.Key.Address.Length == 0 ? OfNodePort : OfService) + NameFor(entry, cluster, local, affinity);

    private static string NameFor(ServiceEntry entry, int cluster, int local, TimeSpan? affinity)
    {
        var inside = Inside(entry.Uses == EndpointUse.Local ? local : cluster, affinity);
        if (entry.Kind == EntryKind.ClusterIP)
        {
            return inside;
        }

        return entry.Uses == EndpointUse.ClusterOrLocal ? $"external-{local}-of-{inside}" : $"external-{inside}";
    }

    /// <summary>The rules of a chain, one a line, and the chains that must be there before it.</summary>
    public static (string[] Rules, string[] Needs) Define(string name, IpFamily family, NodeFacts node)
    {
        var ip = family.NftName();
        if (name.StartsWith(OfService, StringComparison.Ordinal))
        {
            return ([$"ct mark set {ip} daddr . meta l4proto . th dport map @service-ids", $"goto {name[OfService.Length..]}"], [name[OfService.Length..]]);
        }

        if (name.StartsWith(OfNodePort, StringComparison.Ordinal))
        {
            return (["ct mark set meta l4proto . th dport map @nodeport-ids", $"goto {name[OfNodePort.Length..]}"], [name[OfNodePort.Length..]]);
        }

        if (name.StartsWith("external-", StringComparison.Ordinal))
        {
            var rest = name["external-".Length..];
            var mark = rest.IndexOf("-of-", StringComparison.Ordinal);
            return mark < 0
                ? ([Masquerade, $"goto {rest}"], [rest])
                : ByOrigin(int.Parse(rest.AsSpan(0, mark), CultureInfo.InvariantCulture), rest[(mark + 4)..], family, node);
        }

        return name.Split('-') switch
        {
            ["sticky", var count, var seconds, .. var masqueraded] => Sticky(ip, count, seconds, masqueraded.Length > 0),
            [_, var count] => (Draw(ip, count), []),
            _ => throw new ArgumentOutOfRangeException(nameof(name)),
        };
    }

    private static string Inside(int count, TimeSpan? affinity) =>
        affinity is { } time ? string.Create(CultureInfo.InvariantCulture, $"sticky-{count}-{(int)time.TotalSeconds}s") : $"cluster-{count}";

    /// <summary>Any endpoint of the list. The entry has said which protocol it is; each map is about one.</summary>
    private static string[] Draw(string ip, string count) =>
    [
        $"meta l4proto tcp dnat {ip} to ct mark . numgen random mod {count} map @endpoints-tcp",
        $"meta l4proto udp dnat {ip} to ct mark . numgen random mod {count} map @endpoints-udp",
        $"meta l4proto sctp dnat {ip} to ct mark . numgen random mod {count} map @endpoints-sctp",
    ];

    /// <summary>externalTrafficPolicy Local: pods and the node itself are inside, so they may use every endpoint.</summary>
    private static (string[] Rules, string[] Needs) ByOrigin(int local, string inside, IpFamily family, NodeFacts node)
    {
        var ip = family.NftName();
        var rules = new List<string>();
        if (TableLayout.FromPods(family, node) is { } pods)
        {
            rules.Add($"{pods} goto {inside}");
        }

        rules.Add($"fib saddr type local {Masquerade} goto {inside}");
        if (local == 0)
        {
            return ([.. rules], [inside]);
        }

        var parts = inside.Split('-', 3);
        parts[1] = local.ToString(CultureInfo.InvariantCulture);
        var here = string.Join('-', parts);
        return ([.. rules, $"ct mark set ct mark or {Marks.Text(Marks.Local)}", $"goto {here}"], [inside, here]);
    }

    /// <summary>
    /// A client that was here within the time goes to its endpoint again, if that is still there; any other draws one and is remembered. An entry that
    /// leads nowhere is deleted first: "update" makes one last longer and leaves its value. A lookup that finds nothing ends its rule, not the chain. The endpoint's number takes the place of the packet's mark: whether that said masquerade is
    /// remembered in the list's number meanwhile, where clients are not looked for by it.
    /// </summary>
    private static (string[] Rules, string[] Needs) Sticky(string ip, string count, string seconds, bool masqueraded)
    {
        string[] known = masqueraded ? [$"meta mark != 0 ct mark set ct mark or {Marks.Text(Marks.Masqueraded)}"] : [];
        string[] again = masqueraded ? [$"ct mark set ct mark and {Marks.Text(~Marks.Masqueraded)}"] : [];
        string[] drawn = masqueraded ? [$"ct mark set ct mark or {Marks.Text(Marks.Masqueraded)}"] : [];
        var other = $"sticky-{count}-{seconds}-masqueraded";
        return (
            [
                .. masqueraded ? [] : (string[])[$"meta mark and {Marks.Text(Marks.Masquerade)} == {Marks.Text(Marks.Masquerade)} goto {other}"],
                "meta mark set 0",
                $"meta mark set ct mark . {ip} saddr map @affinity",
                $"meta mark != 0 update @affinity {{ ct mark . {ip} saddr timeout {seconds} : meta mark }}",
                .. known,
                $"meta mark != 0 meta l4proto {{ tcp, udp, sctp }} dnat {ip} to meta mark map @sticky-endpoints",
                .. again,
                $"meta mark != 0 delete @affinity {{ ct mark . {ip} saddr : meta mark }}",
                $"meta mark set ct mark . numgen random mod {count} map @sticky-slots",
                $"update @affinity {{ ct mark . {ip} saddr timeout {seconds} : meta mark }}",
                .. drawn,
                $"meta l4proto {{ tcp, udp, sctp }} dnat {ip} to meta mark map @sticky-endpoints",
            ],
            masqueraded ? [] : [other]);
    }
}
