namespace Portico.Services.Rules;

/// <summary>The named sets and maps of a table. What changes with Services is elements of these; chains are shared by all.</summary>
internal enum RuleSet
{
    /// <summary>Every cluster address, with or without endpoints.</summary>
    ClusterIps,

    /// <summary>Which way a packet of an entry takes: the number of a chain. No chain itself, because the kernel walks through all chains that such a map leads to with each change of it.</summary>
    ServiceWays,

    NodePortWays,

    /// <summary>The number of a way gives its chain. Small: Services with equally many endpoints share one.</summary>
    Ways,

    /// <summary>Which list of endpoints an entry draws from; the number travels in the conntrack mark until the destination is chosen.</summary>
    ServiceIds,

    NodePortIds,

    /// <summary>Number of a list and place in it give the endpoint.</summary>
    Endpoints,

    /// <summary>For Services with session affinity: number of a list and place in it give the number of the endpoint.</summary>
    StickySlots,

    /// <summary>The number of an endpoint gives the endpoint.</summary>
    StickyEndpoints,

    /// <summary>Entries whose clients are told that there is nobody.</summary>
    RejectedServices,

    RejectedNodePorts,

    /// <summary>Entries that are silent.</summary>
    DroppedServices,

    DroppedNodePorts,

    /// <summary>Entries that only some sources may use.</summary>
    Firewalled,

    /// <summary>Which sources those are.</summary>
    AllowedSources,

    /// <summary>Endpoints of this node that may reach themselves through a Service.</summary>
    Hairpin,
}

/// <summary>An element of a set or map, in the words of the nft language.</summary>
internal readonly record struct RuleKey(RuleSet Set, string Key);

/// <summary>The names and declarations of the sets, one place for both directions.</summary>
internal static class RuleSets
{
    public static IReadOnlyList<RuleSet> All { get; } = Enum.GetValues<RuleSet>();

    public static string Name(this RuleSet set) => set switch
    {
        RuleSet.ClusterIps => "cluster-ips",
        RuleSet.ServiceWays => "service-ways",
        RuleSet.NodePortWays => "nodeport-ways",
        RuleSet.Ways => "ways",
        RuleSet.ServiceIds => "service-ids",
        RuleSet.NodePortIds => "nodeport-ids",
        RuleSet.Endpoints => "endpoints",
        RuleSet.StickySlots => "sticky-slots",
        RuleSet.StickyEndpoints => "sticky-endpoints",
        RuleSet.RejectedServices => "rejected-services",
        RuleSet.RejectedNodePorts => "rejected-nodeports",
        RuleSet.DroppedServices => "dropped-services",
        RuleSet.DroppedNodePorts => "dropped-nodeports",
        RuleSet.Firewalled => "firewalled",
        RuleSet.AllowedSources => "allowed-sources",
        RuleSet.Hairpin => "hairpin",
        _ => throw new ArgumentOutOfRangeException(nameof(set)),
    };

    public static bool IsMap(this RuleSet set) => set.GivesMark() || set is RuleSet.Ways or RuleSet.Endpoints or RuleSet.StickyEndpoints;

    /// <summary>Whether its values are marks.</summary>
    public static bool GivesMark(this RuleSet set) =>
        set is RuleSet.ServiceWays or RuleSet.NodePortWays or RuleSet.ServiceIds or RuleSet.NodePortIds or RuleSet.StickySlots;

    /// <param name="ip">The family's name, <c>ip</c> or <c>ip6</c>.</param>
    public static string Declaration(this RuleSet set, string ip) => set switch
    {
        RuleSet.ClusterIps => $"typeof {ip} daddr;",
        RuleSet.ServiceWays or RuleSet.ServiceIds => $"typeof {ip} daddr . meta l4proto . th dport : ct mark;",
        RuleSet.NodePortWays or RuleSet.NodePortIds => "typeof meta l4proto . th dport : ct mark;",
        RuleSet.Ways => "typeof ct mark : verdict;",
        RuleSet.Endpoints => $"typeof ct mark . numgen random mod 65536 : {ip} daddr . th dport;",
        RuleSet.StickySlots => "typeof ct mark . numgen random mod 65536 : meta mark;",
        RuleSet.StickyEndpoints => $"typeof meta mark : {ip} daddr . th dport;",
        RuleSet.RejectedServices or RuleSet.DroppedServices or RuleSet.Firewalled => $"typeof {ip} daddr . meta l4proto . th dport;",
        RuleSet.RejectedNodePorts or RuleSet.DroppedNodePorts => "typeof meta l4proto . th dport;",
        RuleSet.AllowedSources => $"typeof {ip} daddr . meta l4proto . th dport . {ip} saddr; flags interval;",
        RuleSet.Hairpin => $"typeof {ip} saddr . {ip} daddr . meta l4proto . th dport;",
        _ => throw new ArgumentOutOfRangeException(nameof(set)),
    };
}
