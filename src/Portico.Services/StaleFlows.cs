using Portico.Services.Netlink;
using Portico.Services.Planning;

namespace Portico.Services;

/// <summary>
/// Which flows must be forgotten, so that their next packet chooses anew, because their endpoint serves no more and another one does.
/// <list type="bullet">
/// <item>UDP: those to a port of a Service whose endpoints or ways in have changed.</item>
/// <item>TCP: those that nobody has answered, to a way in that is new or has its first endpoint. Their SYN came a moment too early and was
/// rewritten by nothing; the kernel would hold on to that with each repetition, until the client gives up. What was answered ends by itself and
/// is left alone.</item>
/// </list>
/// Owned by <see cref="FamilyProxy"/>.
/// </summary>
internal sealed class StaleFlows
{
    private readonly Dictionary<ServicePortName, ServicePlan> _plans = [];
    private readonly HashSet<ServicePortName> _changed = [];

    /// <summary>Whether there is anything to look for.</summary>
    public bool MayExist => _changed.Count > 0;

    public void Put(ServicePlan plan)
    {
        if (plan.Name.Protocol is not ("UDP" or "TCP"))
        {
            return;
        }

        if (!_plans.TryGetValue(plan.Name, out var former) || MayLeaveFlows(former, plan))
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
    public Predicate<TrackedFlow> Test(NodeFacts node, Func<EntryKey, ServicePortName, bool> has)
    {
        var byAddress = new Dictionary<(string Protocol, PodEndpoint To), HashSet<PodEndpoint>>();
        var byPort = new Dictionary<(string Protocol, int Port), HashSet<PodEndpoint>>();
        var own = node.NodePortAddresses.Select(a => a.ToString()).ToHashSet();
        foreach (var plan in _changed.Select(name => _plans[name]).Where(p => p.Endpoints.Serving.Count > 0))
        {
            var serving = plan.Endpoints.Serving.ToHashSet();
            var protocol = plan.Name.Protocol;
            foreach (var (address, _, port) in plan.Entries.Select(e => e.Key).Where(entry => has(entry, plan.Name)))
            {
                if (address.Length > 0)
                {
                    byAddress[(protocol, new PodEndpoint(address, port))] = serving;
                }
                else
                {
                    byPort[(protocol, port)] = serving;
                }
            }
        }

        // A flow that passes through the node to the same number elsewhere is none of ours.
        return flow => (flow.Protocol != "TCP" || !flow.IsAnswered)
            && (byAddress.TryGetValue((flow.Protocol, flow.To), out var serving)
                || (own.Contains(flow.To.Address) && byPort.TryGetValue((flow.Protocol, flow.To.Port), out serving)))
            && !serving.Contains(flow.AnsweredBy);
    }

    private static bool MayLeaveFlows(ServicePlan former, ServicePlan plan) =>
        (plan.Name.Protocol == "TCP" ? former.Endpoints.Serving.Count == 0 && plan.Endpoints.Serving.Count > 0 : !former.Endpoints.Serving.SequenceEqual(plan.Endpoints.Serving))
        || !former.Entries.Select(e => e.Key).SequenceEqual(plan.Entries.Select(e => e.Key));
}
