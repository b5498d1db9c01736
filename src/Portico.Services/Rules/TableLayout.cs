using System.Collections.Immutable;
using System.Net;
using System.Text;

namespace Portico.Services.Rules;

/// <summary>
/// The fixed part of a table: sets, hooks and the chains that every packet of a new connection goes through. Written so that it can be
/// put on top of what is there; elements are written apart.
/// <code>
/// prerouting, output -110  firewall      who may use a load balancer's address, before the destination is rewritten
/// prerouting, output -100  services      entry → way and list → endpoint (DNAT)
/// prerouting, output  -99  clean         our numbers leave the marks, before a route is looked up
/// input, forward, output 0 refused       entries without endpoints, addresses that no Service has
/// postrouting         100  masquerading  the client's address, where the answer must come back this way
/// </code>
/// </summary>
internal static class TableLayout
{
    public const string TableName = "portico";

    /// <summary>The map that rules write: which endpoint a client had.</summary>
    public const string Affinity = "affinity";

    private const string Loopback4 = "127.0.0.0/8";

    private const string Loopback6 = "::1";

    /// <summary>How many clients are remembered; beyond that new ones draw an endpoint each time.</summary>
    private const int AffinityEntries = 262_144;

    public static string Text(IpFamily family, NodeFacts node)
    {
        var ip = family.NftName();
        var text = new StringBuilder();
        text.Append(CultureInvariant($"add table {ip} {TableName}\n"));
        foreach (var set in RuleSets.All)
        {
            text.Append(CultureInvariant($"add {(set.IsMap() ? "map" : "set")} {ip} {TableName} {set.Name()} {{ {set.Declaration(ip, family.NftAddressType())} }}\n"));
        }

        text.Append(CultureInvariant($"add map {ip} {TableName} {Affinity} {{ typeof ct mark . {ip} saddr : meta mark; flags dynamic,timeout; size {AffinityEntries}; }}\n"));
        foreach (var (name, hook, priority, _) in Hooks)
        {
            text.Append(CultureInvariant($"add chain {ip} {TableName} {name} {{ type {hook} priority {priority}; }}\n"));
        }

        foreach (var (name, rules) in Chains(family, node))
        {
            AppendChain(text, family, name, rules);
        }

        foreach (var (name, _, _, rules) in Hooks)
        {
            AppendRules(text, family, name, rules);
        }

        return text.ToString();
    }

    /// <summary>Removes a table whether it is there or not; the words for that are those of old kernels, too.</summary>
    public static string Deletion(IpFamily family) =>
        CultureInvariant($"add table {family.NftName()} {TableName}\ndelete table {family.NftName()} {TableName}\n");

    /// <summary>Writes a chain, with rules in place of those that it has.</summary>
    public static void AppendChain(StringBuilder text, IpFamily family, string name, IEnumerable<string> rules)
    {
        text.Append(CultureInvariant($"add chain {family.NftName()} {TableName} {name}\n"));
        AppendRules(text, family, name, rules);
    }

    /// <summary>
    /// The rules of a chain that the transaction has made already. To make it twice would count as a change of it, and at its end nft would wait until
    /// no processor can have the old one in hand: ten milliseconds.
    /// </summary>
    private static void AppendRules(StringBuilder text, IpFamily family, string name, IEnumerable<string> rules)
    {
        text.Append(CultureInvariant($"flush chain {family.NftName()} {TableName} {name}\n"));
        foreach (var rule in rules)
        {
            text.Append(CultureInvariant($"add rule {family.NftName()} {TableName} {name} {rule}\n"));
        }
    }

    /// <summary>The networks of a family as an nft set, empty when there is none.</summary>
    private static string AddressesOf(ImmutableArray<IPNetwork> networks, IpFamily family)
    {
        var own = networks.Where(n => n.BaseAddress.AddressFamily == family.Sockets()).Outermost().Select(n => n.ToString()).ToList();
        return own.Count == 0 ? "" : $"{{ {string.Join(", ", own)} }}";
    }

    /// <summary>Where packets come in.</summary>
    private static readonly (string Name, string Hook, int Priority, string[] Rules)[] Hooks =
    [
        ("firewall-prerouting", "filter hook prerouting", -110, ["ct state new jump firewall"]),
        ("firewall-output", "filter hook output", -110, ["ct state new jump firewall"]),
        ("nat-prerouting", "nat hook prerouting", -100, ["jump services"]),
        ("nat-output", "nat hook output", -100, ["jump services"]),
        ("clean-prerouting", "filter hook prerouting", -99, ["ct state new jump clean"]),
        ("clean-output", "filter hook output", -99, ["ct state new jump clean"]),
        ("filter-input", "filter hook input", 0, ["ct state new jump refused-node-entries", "ct state new jump refused-entries"]),
        ("filter-forward", "filter hook forward", 0, ["ct state new jump refused-entries", "ct state new jump unknown-entries"]),
        ("filter-output", "filter hook output", 0, ["ct state new jump refused-entries", "ct state new jump unknown-entries"]),
        ("nat-postrouting", "nat hook postrouting", 100, ["jump masquerading"]),
    ];

    private static IEnumerable<(string Name, string[] Rules)> Chains(IpFamily family, NodeFacts node)
    {
        var ip = family.NftName();
        var entry = $"{ip} daddr . meta l4proto . th dport";
        var guard = NodePortGuard(family, node);
        yield return ("firewall", [$"{entry} @firewalled {entry} . {ip} saddr != @allowed-sources drop"]);
        yield return ("services",
        [
            .. ClusterMasquerade(family, node),
            $"ct mark set {entry} map @service-ways",
            "ct mark vmap @ways",
            .. guard.Select(g => $"{g} ct mark set meta l4proto . th dport map @nodeport-ways"),
            .. guard.Select(g => $"{g} ct mark vmap @ways"),
        ]);
        yield return ("clean",
        [
            $"ct mark and {Marks.Text(Marks.Ours | Marks.Masqueraded)} == {Marks.Text(Marks.Ours | Marks.Masqueraded)} meta mark set {Marks.Text(Marks.Masquerade)}",
            $"ct mark and {Marks.Text(Marks.Ours)} == {Marks.Text(Marks.Ours)} ct mark set 0",
            $"meta mark and {Marks.Text(Marks.Ours)} == {Marks.Text(Marks.Ours)} meta mark set meta mark and {Marks.Text(Marks.Masquerade)}",
        ]);
        // A reset is heard at once. ICMP errors are rationed, and over IPv6 one that comes while connect() still sends is not heard at all.
        yield return ("rejected", ["meta l4proto tcp reject with tcp reset", "reject"]);
        yield return ("refused-entries", [$"{entry} @dropped-services drop", $"{entry} @rejected-services goto rejected"]);
        yield return ("refused-node-entries",
        [
            .. guard.Select(g => $"{g} meta l4proto . th dport @dropped-nodeports drop"),
            .. guard.Select(g => $"{g} meta l4proto . th dport @rejected-nodeports goto rejected"),
        ]);
        yield return ("unknown-entries", [$"{ip} daddr @cluster-ips goto rejected", .. UnusedAddresses(family, node)]);
        yield return ("masquerading",
        [
            $"meta mark and {Marks.Text(Marks.Masquerade)} == {Marks.Text(Marks.Masquerade)} meta mark set meta mark xor {Marks.Text(Marks.Masquerade)} masquerade fully-random",
            $"{ip} saddr . {ip} daddr . meta l4proto . th dport @hairpin masquerade fully-random",
        ]);
    }

    /// <summary>What comes to a cluster address from outside the pods must get its answer through this node.</summary>
    private static IEnumerable<string> ClusterMasquerade(IpFamily family, NodeFacts node)
    {
        var ip = family.NftName();
        if (node.MasqueradeAll)
        {
            yield return $"{ip} daddr @cluster-ips meta mark set meta mark or 0x4000";
        }
        else if (FromPods(family, node, "!= ") is { } others)
        {
            yield return $"{ip} daddr @cluster-ips {others} meta mark set meta mark or 0x4000";
        }
    }

    /// <summary>What a packet of a pod of this node satisfies; null when nothing tells them.</summary>
    /// <param name="not"><c>!= </c> for what all others satisfy.</param>
    public static string? FromPods(IpFamily family, NodeFacts node, string not = "") =>
        node.PodInterface.Length > 0 ? $"iifname {not}\"{node.PodInterface}\""
        : AddressesOf(node.ClusterCidrs, family) is { Length: > 0 } pods ? $"{family.NftName()} saddr {not}{pods}"
        : null;

    /// <summary>What a packet to a node port must satisfy; nothing when no address of the family has node ports.</summary>
    private static string[] NodePortGuard(IpFamily family, NodeFacts node)
    {
        var ip = family.NftName();
        if (node.AllAddresses.Contains(family))
        {
            return [$"fib daddr type local {ip} daddr != {(family == IpFamily.IPv4 ? Loopback4 : Loopback6)}"];
        }

        var own = node.NodePortAddresses.Where(a => a.AddressFamily == family.Sockets()).Select(a => a.ToString()).ToList();
        return own.Count == 0 ? [] : [$"{ip} daddr {{ {string.Join(", ", own)} }}"];
    }

    private static IEnumerable<string> UnusedAddresses(IpFamily family, NodeFacts node)
    {
        var services = AddressesOf(node.ServiceCidrs, family);
        if (services.Length > 0)
        {
            yield return $"{family.NftName()} daddr {services} drop";
        }
    }

    private static string CultureInvariant(FormattableString text) => FormattableString.Invariant(text);
}
