using System.Text;
using System.Text.Json;
using Portico.Kubernetes.Resources;
using Portico.Probes;

namespace Portico.Services.Health;

/// <summary>
/// Whether the rules keep up with the cluster, by kube-proxy's rule: a change that waits longer than <see cref="Patience"/> is a failure. Written
/// by the proxy's task, read by probes: a lock.
/// </summary>
internal sealed class ProxyHealth(IReadOnlyList<IpFamily> families, TimeProvider clock)
{
    /// <summary>Twice kube-proxy's time between two attempts.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private const string BalancerScalesDown = "ToBeDeletedByClusterAutoscaler";

    private readonly Lock _gate = new();
    private readonly Dictionary<IpFamily, (DateTimeOffset Updated, DateTimeOffset? Waiting)> _states = families.ToDictionary(f => f, _ => default((DateTimeOffset, DateTimeOffset?)));
    private bool _eligible = true;

    /// <summary>A change is on its way into the kernel.</summary>
    public void Queued()
    {
        lock (_gate)
        {
            foreach (var family in families)
            {
                _states[family] = _states[family] with { Waiting = _states[family].Waiting ?? clock.GetUtcNow() };
            }
        }
    }

    /// <summary>Everything that was known is in the kernel.</summary>
    public void Updated(IpFamily family)
    {
        lock (_gate)
        {
            _states[family] = (clock.GetUtcNow(), null);
        }
    }

    /// <summary>What the Node object says.</summary>
    /// <param name="isKnown">Whether the source has an object for every node; with manifests its absence says nothing.</param>
    public void Node(Node? node, bool isKnown)
    {
        lock (_gate)
        {
            _eligible = node is null ? !isKnown : node.Metadata.DeletionTimestamp is null && !node.Taints.Contains(BalancerScalesDown);
        }
    }

    public bool IsHealthy
    {
        get
        {
            lock (_gate)
            {
                return families.All(Keeps);
            }
        }
    }

    /// <summary>kube-proxy's <c>/healthz</c>: also whether load balancers should send anything to this node.</summary>
    public Answer Healthz() => Tell(withNode: true);

    /// <summary>kube-proxy's <c>/livez</c>: whether the program works, whatever becomes of the node.</summary>
    public Answer Livez() => Tell(withNode: false);

    private Answer Tell(bool withNode)
    {
        lock (_gate)
        {
            var now = clock.GetUtcNow();
            var keeps = families.All(Keeps);
            var healthy = keeps && (!withNode || _eligible);
            using var body = new MemoryStream();
            using (var json = new Utf8JsonWriter(body))
            {
                json.WriteStartObject();
                json.WriteString("lastUpdated", keeps ? now : families.Min(f => _states[f].Updated));
                json.WriteString("currentTime", now);
                if (withNode)
                {
                    json.WriteBoolean("nodeEligible", _eligible);
                }

                json.WriteBoolean("healthy", healthy);
                json.WriteStartObject("status");
                foreach (var family in families)
                {
                    json.WriteStartObject(family.ToString());
                    json.WriteString("lastUpdated", Keeps(family) ? now : _states[family].Updated);
                    json.WriteBoolean("healthy", Keeps(family));
                    json.WriteEndObject();
                }

                json.WriteEndObject();
                json.WriteEndObject();
            }

            return new Answer(healthy ? 200 : 503, "application/json", Encoding.UTF8.GetString(body.ToArray())) { Headers = "X-Content-Type-Options: nosniff\r\n" };
        }
    }

    /// <summary>Under the lock.</summary>
    private bool Keeps(IpFamily family) => _states[family].Waiting is not { } since || clock.GetUtcNow() - since < Patience;
}
