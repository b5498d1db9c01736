using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Portico.Kubernetes.Sources;
using Portico.Services.Health;
using Portico.Services.Nft;
using Portico.Services.Observing;

namespace Portico.Services;

/// <summary>
/// The objects of the cluster and the rules of both families that follow from them. Takes changes, plans what they touch, writes what that
/// changes. Owned by <see cref="ServiceProxy"/>, on its task.
/// </summary>
internal sealed class ServiceRules
{
    private const string TriggerTime = "endpoints.kubernetes.io/last-change-trigger-time";

    private readonly ServiceProxyOptions _options;
    private readonly Kernel? _kernel;
    private readonly ProxyMetrics _metrics;
    private readonly NodeHealthChecks _checks;
    private readonly Action<string> _log;
    private readonly ResourceCache _cache = new();
    private readonly HashSet<(string Namespace, string Name)> _dirty = [];
    private readonly Dictionary<(string Namespace, string Name), HashSet<string>> _said = [];
    private readonly List<(IpFamily Family, DateTimeOffset Time)> _triggers = [];
    private readonly DateTimeOffset _begun = DateTimeOffset.UtcNow;
    private FamilyProxy[] _families;
    private NodeFacts _facts;
    private HashSet<string> _conflicts = [];
    private bool _nodeMayDiffer = true;

    /// <param name="kernel">Null to plan only.</param>
    public ServiceRules(ServiceProxyOptions options, Kernel? kernel, ProxyMetrics metrics, NodeHealthChecks checks, Action<string> log)
    {
        (_options, _kernel, _metrics, _checks, _log) = (options, kernel, metrics, checks, log);
        _facts = options.Node.With(node: null, services: []);
        _families = Begin();
    }

    /// <summary>This node's object; null when the source has none.</summary>
    public Node? Node => _cache.Find<Node>("", _options.Node.Name);

    /// <summary>The families of which the kernel has everything that is known.</summary>
    public HashSet<IpFamily> InForce { get; } = [];

    /// <summary>The interfaces are looked at again with the next planning.</summary>
    public void SuspectNode() => _nodeMayDiffer = true;

    /// <summary>Takes what a source has told; nothing is written yet.</summary>
    public void Take(SourceBatch batch)
    {
        _cache.Apply(batch.Changes);
        foreach (var change in batch.Changes)
        {
            Touch(change.Old);
            Touch(change.New);
            NoteTrigger(change);
        }

        if (batch.Changes.Count > 0)
        {
            InForce.Clear();
            _metrics.Queued(
                batch.Changes.Count(c => c.Key.Kind == ResourceKind.Service), batch.Changes.Count(c => c.Key.Kind == ResourceKind.EndpointSlice), Now());
        }

        foreach (var problem in batch.Problems)
        {
            _log($"{problem.Place}: {problem.Message}{(problem.Resolved ? " (resolved)" : "")}");
        }
    }

    /// <summary>All rules in the nft language.</summary>
    public string Text()
    {
        Plan();
        return string.Join("\n", _families.Select(f => f.Book.Everything(replace: false).Text()));
    }

    /// <summary>Writes what changed.</summary>
    /// <param name="openPorts">Whether health checks of Services get their ports.</param>
    /// <returns>Whether the kernel took it.</returns>
    public bool Sync(bool openPorts)
    {
        Plan();
        foreach (var family in _families)
        {
            var began = Stopwatch.GetTimestamp();
            var result = family.Sync();
            for (var i = 0; i < result.Refusals; i++)
            {
                _metrics.Failed(family.Family);
            }

            if (result.Error is { } error)
            {
                InForce.Remove(family.Family);
                _log($"the {family.Family} rules were refused, the ones before stay in force{(openPorts ? $"; next attempt in {_options.RetryPause.TotalSeconds} s" : "")}: {error}");
                continue;
            }

            InForce.Add(family.Family);
            ForgetStaleFlows(family);
            if (result.Wrote)
            {
                _metrics.Synced(family.Family, result.Full, Stopwatch.GetElapsedTime(began).TotalSeconds, Now());
            }

            _metrics.InForce(family.Family, family.WithoutLocalEndpoints, _triggers.Where(t => t.Family == family.Family).Select(t => (DateTimeOffset.UtcNow - t.Time).TotalSeconds));
            _triggers.RemoveAll(t => t.Family == family.Family);
        }

        if (InForce.Count < _families.Length)
        {
            return false;
        }

        if (openPorts)
        {
            _checks.Apply();
        }

        return true;
    }

    /// <summary>Compares the kernel with what should be there, and writes everything where it differs.</summary>
    /// <param name="always">Otherwise only when somebody has changed something.</param>
    /// <returns>Whether it was compared.</returns>
    public bool Repair(bool always)
    {
        try
        {
            if (_kernel is null || (!always && !_kernel.Generation.HasMoved))
            {
                return false;
            }

            _kernel.Generation.Look();
            foreach (var family in _families)
            {
                if (family.Repair() is { } wrong)
                {
                    _log($"the {family.Family} table was written again: {wrong}");
                }
            }
        }
        catch (Exception e) when (e is NftException or Win32Exception)
        {
            _log($"the tables cannot be compared: {e.Message}");
        }

        return true;
    }

    private void ForgetStaleFlows(FamilyProxy family)
    {
        var began = Stopwatch.GetTimestamp();
        try
        {
            if (family.ForgetStaleFlows() is { } flows)
            {
                _metrics.Forgot(family.Family, flows, Stopwatch.GetElapsedTime(began).TotalSeconds);
            }
        }
        catch (Win32Exception e)
        {
            _log($"flows to endpoints that have gone cannot be ended: {e.Message}");
        }
    }

    private FamilyProxy[] Begin() => [.. _options.Families.Select(f => new FamilyProxy(f, _facts, _kernel, _log))];

    private void Touch(KubernetesObject? changed)
    {
        if (changed is Service service)
        {
            _dirty.Add((service.Metadata.Namespace, service.Metadata.Name));
        }
        else if (changed is EndpointSlice slice && slice.Metadata.Labels.TryGetValue(EndpointSlice.ServiceNameLabel, out var name))
        {
            _dirty.Add((slice.Metadata.Namespace, name));
        }
        else if (changed is Node || changed is ServiceCIDR)
        {
            _nodeMayDiffer = true;
        }
    }

    /// <summary>When the change began of which a slice tells; what is older than this process says nothing about it.</summary>
    private void NoteTrigger(ResourceChange change)
    {
        if (change.New is EndpointSlice slice && slice.Metadata.Annotations.TryGetValue(TriggerTime, out var text)
            && change.Old?.Metadata.Annotations.GetValueOrDefault(TriggerTime) != text
            && Enum.TryParse<IpFamily>(slice.AddressType, out var family)
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) && time > _begun)
        {
            _triggers.Add((family, time));
        }
    }

    private void Plan()
    {
        if (_nodeMayDiffer && _options.Node.With(Node, _cache.All<ServiceCIDR>()) is var facts && !facts.Equals(_facts))
        {
            // Every rule may be another one now. The kernel keeps the old ones until the new ones replace them all at once.
            _facts = facts;
            _families = Begin();
            InForce.Clear();
            _dirty.UnionWith(_cache.All<Service>().Select(s => (s.Metadata.Namespace, s.Metadata.Name)));
        }

        _nodeMayDiffer = false;
        foreach (var (space, name) in _dirty)
        {
            var said = new HashSet<string>(StringComparer.Ordinal);
            foreach (var family in _families)
            {
                family.Update(space, name, _cache, text => said.Add(text));
            }

            _checks.Update(space, name, _cache, _facts.Name);
            Say(space, name, said);
        }

        _dirty.Clear();
        ReportConflicts();
    }

    /// <summary>Says what is new about a Service, and not again with each change of its endpoints.</summary>
    private void Say(string space, string name, HashSet<string> said)
    {
        var former = _said.GetValueOrDefault((space, name));
        foreach (var text in said.Where(t => former?.Contains(t) != true))
        {
            _log($"Service {space}/{name}: {text}");
        }

        if (said.Count > 0)
        {
            _said[(space, name)] = said;
        }
        else
        {
            _said.Remove((space, name));
        }
    }

    private void ReportConflicts()
    {
        var now = _families.SelectMany(f => f.Book.Conflicts)
            .Select(c => $"Service {c.Loser}: {$"{c.Entry.Address} {c.Entry.Protocol} {c.Entry.Port}".TrimStart()} is the entry of Service {c.Owner} already; it leads there")
            .ToHashSet();
        foreach (var conflict in now.Except(_conflicts))
        {
            _log(conflict);
        }

        _conflicts = now;
    }

    private static double Now() => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0;
}
