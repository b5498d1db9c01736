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

    /// <summary>Number of a list and place in it give the endpoint; a map for each protocol, because a rule that uses it must be about one.</summary>
    EndpointsTcp,

    EndpointsUdp,

    EndpointsSctp,

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

/// <summary>What a part of a key or value is.</summary>
internal enum ElementField
{
    Address,
    Protocol,
    Port,
    Mark,

    /// <summary>A place in a list.</summary>
    Place,
}

/// <summary>The names and declarations of the sets, one place for both directions.</summary>
internal static class RuleSets
{
    public static RuleSet[] All { get; } = Enum.GetValues<RuleSet>();

    public static string Name(this RuleSet set) => set switch
    {
        RuleSet.ClusterIps => "cluster-ips",
        RuleSet.ServiceWays => "service-ways",
        RuleSet.NodePortWays => "nodeport-ways",
        RuleSet.Ways => "ways",
        RuleSet.ServiceIds => "service-ids",
        RuleSet.NodePortIds => "nodeport-ids",
        RuleSet.EndpointsTcp => "endpoints-tcp",
        RuleSet.EndpointsUdp => "endpoints-udp",
        RuleSet.EndpointsSctp => "endpoints-sctp",
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

    public static bool IsMap(this RuleSet set) => set.GivesMark() || set.IsList() || set is RuleSet.Ways or RuleSet.StickyEndpoints;

    /// <summary>Whether it holds the endpoints of lists.</summary>
    public static bool IsList(this RuleSet set) => set is RuleSet.EndpointsTcp or RuleSet.EndpointsUdp or RuleSet.EndpointsSctp;

    /// <summary>The map of a protocol's lists.</summary>
    public static RuleSet ListsOf(string protocol) => protocol switch
    {
        "tcp" => RuleSet.EndpointsTcp,
        "udp" => RuleSet.EndpointsUdp,
        _ => RuleSet.EndpointsSctp,
    };

    /// <summary>Whether its values are marks.</summary>
    public static bool GivesMark(this RuleSet set) =>
        set is RuleSet.ServiceWays or RuleSet.NodePortWays or RuleSet.ServiceIds or RuleSet.NodePortIds or RuleSet.StickySlots;

    /// <summary>Whether a key may be a range: of addresses, at its end.</summary>
    public static bool HasRanges(this RuleSet set) => set == RuleSet.AllowedSources;

    /// <summary>The parts of a key, in the order of <see cref="Declaration"/>.</summary>
    public static ReadOnlySpan<ElementField> KeyFields(this RuleSet set) => set switch
    {
        RuleSet.ClusterIps => [ElementField.Address],
        RuleSet.NodePortWays or RuleSet.NodePortIds or RuleSet.RejectedNodePorts or RuleSet.DroppedNodePorts => [ElementField.Protocol, ElementField.Port],
        RuleSet.Ways or RuleSet.StickyEndpoints => [ElementField.Mark],
        RuleSet.EndpointsTcp or RuleSet.EndpointsUdp or RuleSet.EndpointsSctp or RuleSet.StickySlots => [ElementField.Mark, ElementField.Place],
        RuleSet.AllowedSources => [ElementField.Address, ElementField.Protocol, ElementField.Port, ElementField.Address],
        RuleSet.Hairpin => [ElementField.Address, ElementField.Address, ElementField.Protocol, ElementField.Port],
        _ => [ElementField.Address, ElementField.Protocol, ElementField.Port],
    };

    /// <summary>The parts of a value; none for a set and for verdicts.</summary>
    public static ReadOnlySpan<ElementField> ValueFields(this RuleSet set) =>
        set.GivesMark() ? [ElementField.Mark] : set.IsList() || set == RuleSet.StickyEndpoints ? [ElementField.Address, ElementField.Port] : [];

    /// <summary>
    /// By types where there are such: with a set that is declared by expressions of more than one protocol nft 1.0.6 does nothing once it has
    /// read it from the kernel ("conflicting protocols specified").
    /// </summary>
    /// <param name="address">The family's type of addresses.</param>
    public static string Declaration(this RuleSet set, string ip, string address) => set switch
    {
        RuleSet.ClusterIps => $"type {address};",
        RuleSet.ServiceWays or RuleSet.ServiceIds => $"type {address} . inet_proto . inet_service : mark;",
        RuleSet.NodePortWays or RuleSet.NodePortIds => "type inet_proto . inet_service : mark;",
        RuleSet.Ways => "type mark : verdict;",
        RuleSet.EndpointsTcp => $"typeof ct mark . numgen random mod 65536 : {ip} daddr . tcp dport;",
        RuleSet.EndpointsUdp => $"typeof ct mark . numgen random mod 65536 : {ip} daddr . udp dport;",
        RuleSet.EndpointsSctp => $"typeof ct mark . numgen random mod 65536 : {ip} daddr . sctp dport;",
        RuleSet.StickySlots => "typeof ct mark . numgen random mod 65536 : meta mark;",
        RuleSet.StickyEndpoints => $"type mark : {address} . inet_service;",
        RuleSet.RejectedServices or RuleSet.DroppedServices or RuleSet.Firewalled => $"type {address} . inet_proto . inet_service;",
        RuleSet.RejectedNodePorts or RuleSet.DroppedNodePorts => "type inet_proto . inet_service;",
        RuleSet.AllowedSources => $"type {address} . inet_proto . inet_service . {address}; flags interval;",
        RuleSet.Hairpin => $"type {address} . {address} . inet_proto . inet_service;",
        _ => throw new ArgumentOutOfRangeException(nameof(set)),
    };
}
