using Portico.Services.Netlink;
using Portico.Services.Planning;

namespace Portico.Services;

/// <summary>
/// Which flows of UDP must be forgotten, so that their next packet chooses anew: those to a port of a Service whose endpoints or ways in have
/// changed, where their endpoint serves no more and another one does. Flows of TCP end by themselves and are left alone. Owned by
/// <see cref="FamilyProxy"/>.
/// </summary>
internal sealed class StaleFlows
{
    private readonly Dictionary<ServicePortName, ServicePlan> _plans = [];
    private readonly HashSet<ServicePortName> _changed = [];

    /// <summary>Whether there is anything to look for.</summary>
    public bool MayExist => _changed.Count > 0;

    public void Put(ServicePlan plan)
    {
        if (plan.Name.Protocol != "UDP")
        {
            return;
        }

        if (!_plans.TryGetValue(plan.Name, out var former) || !Equal(former, plan))
        {
            _changed.Add(plan.Name);
        }

        _plans[plan.Name] = plan;
    }

    public void Remove(ServicePortName name)
    {
        _plans.Remove(name);
        _changed.Remove(name);
    }

    /// <summary>They have been forgotten.</summary>
    public void Done() => _changed.Clear();

    /// <summary>Tells stale flows from others, by the changes until now.</summary>
    /// <param name="has">Whether an entry is a port's own: flows to what another one has lead to that one's endpoints.</param>
    public Predicate<UdpFlow> Test(NodeFacts node, Func<EntryKey, ServicePortName, bool> has)
    {
        var byAddress = new Dictionary<PodEndpoint, HashSet<PodEndpoint>>();
        var byPort = new Dictionary<int, HashSet<PodEndpoint>>();
        var own = node.NodePortAddresses.Select(a => a.ToString()).ToHashSet();
        foreach (var plan in _changed.Select(name => _plans[name]).Where(p => p.Endpoints.Serving.Count > 0))
        {
            var serving = plan.Endpoints.Serving.ToHashSet();
            foreach (var (address, _, port) in plan.Entries.Select(e => e.Key).Where(entry => has(entry, plan.Name)))
            {
                if (address.Length > 0)
                {
                    byAddress[new PodEndpoint(address, port)] = serving;
                }
                else
                {
                    byPort[port] = serving;
                }
            }
        }

        // A flow that passes through the node to the same number elsewhere is none of ours.
        return flow => (byAddress.TryGetValue(flow.To, out var serving) || (own.Contains(flow.To.Address) && byPort.TryGetValue(flow.To.Port, out serving)))
            && !serving.Contains(flow.AnsweredBy);
    }

    private static bool Equal(ServicePlan one, ServicePlan other) =>
        one.Endpoints.Serving.SequenceEqual(other.Endpoints.Serving) && one.Entries.Select(e => e.Key).SequenceEqual(other.Entries.Select(e => e.Key));
}
