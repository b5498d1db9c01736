using Portico.Kubernetes.Resources;

namespace Portico.Services.Planning;

/// <summary>
/// Which endpoints of a Service port take traffic (the rules of kube-proxy): the ready ones, narrowed by topology hints; when there is none,
/// those that end but still serve. Beside that the ones on this node, which hints do not narrow.
/// </summary>
/// <param name="Cluster">Endpoints for the policy Cluster; empty when the port has no usable endpoint anywhere.</param>
/// <param name="Local">Endpoints of this node for the policy Local.</param>
/// <param name="Serving">Every endpoint that still answers, wherever it runs and whatever policies say.</param>
/// <param name="OnThisNode">Every endpoint of <paramref name="Cluster"/> and <paramref name="Local"/> that runs here: it may reach itself.</param>
internal sealed record EndpointChoice(
    IReadOnlyList<PodEndpoint> Cluster, IReadOnlyList<PodEndpoint> Local, IReadOnlyList<PodEndpoint> OnThisNode, IReadOnlyList<PodEndpoint> Serving)
{
    private const string HeadlessLabel = "service.kubernetes.io/headless";

    public static EndpointChoice For(ServicePortName port, IEnumerable<EndpointSlice> slices, IpFamily family, NodeFacts node)
    {
        var candidates = Candidates(port, slices, family).Values;
        var ready = candidates.Where(c => c.IsReady).ToList();
        var cluster = ByTopology(ready, node);
        if (cluster.Count == 0)
        {
            cluster = [.. candidates.Where(c => c.EndsAndServes)];
        }

        var here = candidates.Where(c => c.Node == node.Name).ToList();
        var local = here.Where(c => c.IsReady).ToList();
        if (local.Count == 0)
        {
            local = [.. here.Where(c => c.EndsAndServes)];
        }

        return new EndpointChoice(Endpoints(cluster), Endpoints(local), Endpoints(cluster.Concat(local).Where(c => c.Node == node.Name)), Endpoints(candidates.Where(c => c.Serves)));
    }

    /// <summary>One of an address and port that several slices name; one that does not end is preferred.</summary>
    private static Dictionary<PodEndpoint, Candidate> Candidates(ServicePortName port, IEnumerable<EndpointSlice> slices, IpFamily family)
    {
        var candidates = new Dictionary<PodEndpoint, Candidate>();
        foreach (var slice in slices.Where(s => s.AddressType == family.ToString() && !s.Metadata.Labels.ContainsKey(HeadlessLabel)))
        {
            foreach (var slicePort in slice.Ports.Where(p => p.Name == port.Port && p.Protocol == port.Protocol && p.Port is > 0 and < 65536))
            {
                foreach (var endpoint in slice.Endpoints)
                {
                    // Further addresses of an endpoint have no meaning that everybody agrees on.
                    if (endpoint.Addresses is not [var text, ..] || family.Parse(text) is not { } address)
                    {
                        continue;
                    }

                    var candidate = new Candidate(new PodEndpoint(address, slicePort.Port!.Value), endpoint);
                    if (!candidates.TryGetValue(candidate.Endpoint, out var other) || other.Ends)
                    {
                        candidates[candidate.Endpoint] = candidate;
                    }
                }
            }
        }

        return candidates;
    }

    /// <summary>Hints count only when every ready endpoint has them, so that a half-written slice narrows nothing.</summary>
    private static List<Candidate> ByTopology(List<Candidate> ready, NodeFacts node)
    {
        if (ready.Count == 0)
        {
            return ready;
        }

        if (ready.TrueForAll(c => c.Nodes.Count > 0) && ready.Where(c => c.Nodes.Contains(node.Name)).ToList() is { Count: > 0 } byNode)
        {
            return byNode;
        }

        return node.Zone.Length > 0 && ready.TrueForAll(c => c.Zones.Count > 0) && ready.Where(c => c.Zones.Contains(node.Zone)).ToList() is { Count: > 0 } byZone
            ? byZone
            : ready;
    }

    private static PodEndpoint[] Endpoints(IEnumerable<Candidate> candidates) =>
        [.. candidates.Select(c => c.Endpoint).Distinct().OrderBy(e => e.Address, StringComparer.Ordinal).ThenBy(e => e.Port)];

    private readonly struct Candidate(PodEndpoint endpoint, SliceEndpoint slice)
    {
        public PodEndpoint Endpoint { get; } = endpoint;

        public string? Node { get; } = slice.NodeName;

        public IReadOnlyList<string> Zones { get; } = slice.ForZones;

        public IReadOnlyList<string> Nodes { get; } = slice.ForNodes;

        public bool Ends { get; } = slice.Conditions.Terminating == true;

        /// <summary>A condition that is not set counts as true.</summary>
        public bool IsReady { get; } = slice.Conditions.Ready ?? true;

        public bool Serves { get; } = slice.Conditions.Serving ?? slice.Conditions.Ready ?? true;

        public bool EndsAndServes => Ends && Serves;
    }
}
