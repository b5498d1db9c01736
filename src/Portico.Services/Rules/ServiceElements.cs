using System.Globalization;
using Portico.Services.Planning;

namespace Portico.Services.Rules;

/// <summary>
/// Turns the plan of one Service port into elements of sets and maps. Keeps between two plans what must not jump: the numbers of its lists
/// and the places of its endpoints. Owned by its <see cref="RuleBook"/>.
/// </summary>
internal sealed class ServiceElements(uint number)
{
    private readonly EndpointList _cluster = new();
    private readonly EndpointList _local = new();

    /// <summary>The number of its lists, without flags.</summary>
    public uint Number => number;

    /// <param name="has">Whether an entry is this port's; what another one has is left out.</param>
    /// <param name="ways">Gives the number of a way.</param>
    public Dictionary<RuleKey, string> Write(ServicePlan plan, Predicate<EntryKey> has, Func<uint> nextEndpointNumber, Func<string, uint> ways)
    {
        _cluster.Update(plan.Endpoints.Cluster, nextEndpointNumber);
        _local.Update(plan.Endpoints.Local, nextEndpointNumber);
        var elements = new Dictionary<RuleKey, string> { [new(RuleSet.ClusterIps, plan.ClusterIP)] = "" };
        bool cluster = false, local = false;
        foreach (var entry in plan.Entries)
        {
            if (!has(entry.Key))
            {
                continue;
            }

            WriteEntry(elements, plan, entry, ways);
            cluster |= entry.Uses is EndpointUse.Cluster or EndpointUse.ClusterOrLocal;
            local |= entry.Uses is EndpointUse.Local or EndpointUse.ClusterOrLocal;
        }

        if (cluster)
        {
            WriteList(elements, _cluster, Marks.Ours | number, plan);
        }

        if (local)
        {
            WriteList(elements, _local, Marks.Ours | Marks.Local | number, plan);
        }

        foreach (var endpoint in plan.Endpoints.OnThisNode)
        {
            elements[new(RuleSet.Hairpin, string.Create(CultureInfo.InvariantCulture, $"{endpoint.Address} . {endpoint.Address} . {ProtocolOf(plan)} . {endpoint.Port}"))] = "";
        }

        return elements;
    }

    private void WriteEntry(Dictionary<RuleKey, string> elements, ServicePlan plan, ServiceEntry entry, Func<string, uint> ways)
    {
        var ofNode = entry.Key.Address.Length == 0;
        var key = string.Create(CultureInfo.InvariantCulture, $"{(ofNode ? "" : entry.Key.Address + " . ")}{entry.Key.Protocol} . {entry.Key.Port}");
        if (entry.Uses != EndpointUse.Nobody)
        {
            var list = Marks.Ours | number | (entry.Uses == EndpointUse.Local ? Marks.Local : 0);
            var way = ways(SharedChains.WayFor(entry, _cluster.Count, _local.Count, plan.Affinity));
            elements[new(ofNode ? RuleSet.NodePortWays : RuleSet.ServiceWays, key)] = Marks.Text(Marks.Ours | way);
            elements[new(ofNode ? RuleSet.NodePortIds : RuleSet.ServiceIds, key)] = Marks.Text(list);
        }

        if (entry.Refusal == Refusal.Reject)
        {
            elements[new(ofNode ? RuleSet.RejectedNodePorts : RuleSet.RejectedServices, key)] = "";
        }
        else if (entry.Refusal == Refusal.Drop)
        {
            elements[new(ofNode ? RuleSet.DroppedNodePorts : RuleSet.DroppedServices, key)] = "";
        }

        if (!entry.AllowedSources.IsDefault)
        {
            elements[new(RuleSet.Firewalled, key)] = "";
            foreach (var source in entry.AllowedSources)
            {
                elements[new(RuleSet.AllowedSources, $"{key} . {source}")] = "";
            }
        }
    }

    private static void WriteList(Dictionary<RuleKey, string> elements, EndpointList list, uint mark, ServicePlan plan)
    {
        for (var place = 0; place < list.Count; place++)
        {
            var (endpoint, number) = list.Places[place];
            var target = string.Create(CultureInfo.InvariantCulture, $"{endpoint.Address} . {endpoint.Port}");
            if (plan.Affinity is null)
            {
                elements[new(RuleSets.ListsOf(ProtocolOf(plan)), string.Create(CultureInfo.InvariantCulture, $"{Marks.Text(mark)} . {place}"))] = target;
                continue;
            }

            var slot = Marks.Text(Marks.Ours | number);
            elements[new(RuleSet.StickySlots, string.Create(CultureInfo.InvariantCulture, $"{Marks.Text(mark)} . {place}"))] = slot;
            elements[new(RuleSet.StickyEndpoints, slot)] = target;
        }
    }

    private static string ProtocolOf(ServicePlan plan) => plan.Entries[0].Key.Protocol;
}
