using System.Collections.Immutable;
using System.Net;
using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Portico.LoadBalancer.Allocation;
using Portico.LoadBalancer.Liveness;

namespace Portico.LoadBalancer.Layer2;

/// <summary>What a speaker is told at its start.</summary>
internal sealed record SpeakerOptions
{
    public required string NodeName { get; init; }

    /// <summary><c>--ignore-exclude-lb</c></summary>
    public bool IgnoreExcludeLabel { get; init; }
}

/// <summary>
/// Announces what is this node's to announce. Called after each change by whoever follows the source, on its task; the announcing itself
/// is a thread of its own.
/// </summary>
/// <param name="heartbeats">Null where every node counts as alive.</param>
internal sealed class Speaker(SpeakerOptions options, Announcer announcer, Heartbeats? heartbeats, Action<string> log)
{
    private readonly Dictionary<ServiceKey, string> _told = [];
    private IReadOnlyList<Node> _heard = [];

    /// <summary>What is announced is to be decided anew, though no object has changed. Any thread.</summary>
    public event Action? Changed
    {
        add
        {
            if (heartbeats is not null)
            {
                heartbeats.Changed += value;
            }
        }

        remove
        {
            if (heartbeats is not null)
            {
                heartbeats.Changed -= value;
            }
        }
    }

    /// <param name="addressesOf">What a Service has: what its status says, or what was just decided.</param>
    public void Update(IResourceView cluster, PoolSet pools, Func<Service, ImmutableArray<Address>> addressesOf)
    {
        IReadOnlyList<Node> nodes = [.. cluster.All<Node>()];
        if (nodes.Count == 0)
        {
            // A machine without a cluster is the only node.
            nodes = [new Node { Metadata = new ObjectMeta { Name = options.NodeName } }];
        }

        if (Alive(nodes) is not { } alive)
        {
            return;
        }

        IReadOnlyList<L2Advertisement> advertisements = [.. cluster.All<L2Advertisement>()];
        if (advertisements.Count == 0 && !cluster.All<IPAddressPool>().Any())
        {
            // Pools of flags and of a ConfigMap have no advertisements; without being announced they would be of no use.
            advertisements = [new L2Advertisement()];
        }

        var plan = new AnnouncementPlan(cluster, nodes, pools, advertisements, options.IgnoreExcludeLabel);
        var announced = ImmutableDictionary.CreateBuilder<Address, ImmutableArray<string>?>();
        foreach (var service in cluster.All<Service>().Where(s => s.Spec.Type == "LoadBalancer"))
        {
            var addresses = addressesOf(service);
            var decision = plan.Decide(service, addresses, options.NodeName, alive);
            Tell(service, addresses, decision);
            foreach (var address in decision.Announces ? addresses : [])
            {
                announced[address] = decision.Interfaces;
            }
        }

        announcer.Announce(announced.ToImmutable());
    }

    /// <summary>Null while it is too early to say.</summary>
    private IReadOnlySet<string>? Alive(IReadOnlyList<Node> nodes)
    {
        if (heartbeats is null)
        {
            return nodes.Select(n => n.Metadata.Name).ToHashSet();
        }

        if (!nodes.SequenceEqual(_heard))
        {
            _heard = nodes;
            heartbeats.SetNodes(nodes.ToImmutableDictionary(n => n.Metadata.Name, n => n.InternalIPs
                .Select(text => IPAddress.TryParse(text, out var address) ? address : null).OfType<IPAddress>().ToImmutableArray()));
        }

        return heartbeats.Alive;
    }

    private void Tell(Service service, ImmutableArray<Address> addresses, AnnouncementDecision decision)
    {
        var key = ServiceReading.KeyOf(service);
        var line = decision.Announces ? $"announcing {string.Join(' ', addresses)} from node {options.NodeName} with protocol layer2" : $"not announced here: {decision.Reason}";
        if (!_told.TryGetValue(key, out var before) || before != line)
        {
            _told[key] = line;
            log($"Service {key}: {line}");
        }
    }
}
