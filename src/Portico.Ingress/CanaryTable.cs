using Portico.Ingress.Backends;
using Portico.Ingress.Hosts;
using Portico.Kubernetes.Resources;
using Portico.Model;
using Portico.Model.Policies;

namespace Portico.Ingress;

/// <summary>
/// The canary Ingresses, and which backends they take requests from. A canary is matched with the paths of other Ingresses: same host,
/// same path text, same path type; one that is nothing but a default backend with every path of the catch-all host. It then hangs on the
/// backend of that path, wherever else that backend is used; the first canary of a backend is the only one. Owned by the translator.
/// </summary>
internal sealed class CanaryTable(HostIndex hosts, BackendTable backends)
{
    private readonly SortedSet<IngressEntry> _canaries = new(IngressOrder.Instance);
    private readonly HashSet<string> _hosts = new(StringComparer.Ordinal);
    private readonly Dictionary<IngressEntry, List<Finding>> _findings = [];
    private Dictionary<BackendId, Attachment> _attached = [];
    private bool _changed;

    public void Add(IngressEntry canary) => _changed |= _canaries.Add(canary);

    public void Remove(IngressEntry canary) => _changed |= _canaries.Remove(canary);

    public IEnumerable<Finding> FindingsOf(IngressEntry canary) => _findings.GetValueOrDefault(canary) ?? [];

    /// <summary>After hosts are built: matches again when a canary has changed, or a host that one names.</summary>
    /// <returns>The canaries whose findings may have changed.</returns>
    public IReadOnlyCollection<IngressEntry> Settle()
    {
        if (!_changed && !_hosts.Overlaps(hosts.LastBuilt))
        {
            return [];
        }

        var touched = _findings.Keys.Concat(_canaries).ToHashSet();
        _changed = false;
        _findings.Clear();
        _hosts.Clear();
        var next = new Dictionary<BackendId, Attachment>();
        var shaping = new Dictionary<BackendId, CanaryPolicy>();
        foreach (var canary in _canaries)
        {
            Match(canary, next, shaping);
        }

        foreach (var main in _attached.Keys.Except(next.Keys))
        {
            backends.SetCanary(main, null, keepsSessions: false);
        }

        foreach (var (main, attachment) in next)
        {
            backends.SetCanary(main, attachment.Policy, attachment.KeepsSessions);
        }

        _attached = next;
        return touched;
    }

    private void Match(IngressEntry canary, Dictionary<BackendId, Attachment> next, Dictionary<BackendId, CanaryPolicy> shaping)
    {
        var spec = canary.InForce!.Spec;
        if (spec.Rules.Count == 0 && AlternativeOf(canary, spec.DefaultBackend) is { } catchAll)
        {
            Attach(canary, catchAll, "spec.defaultBackend", LocationsOf(VirtualHost.AnyHost), next, shaping);
        }

        for (var r = 0; r < spec.Rules.Count; r++)
        {
            if (!HostName.TryNormalise(spec.Rules[r].Host, out var host))
            {
                continue;
            }

            var locations = LocationsOf(host);
            var paths = spec.Rules[r].Http?.Paths ?? [];
            for (var p = 0; p < paths.Count; p++)
            {
                if (AlternativeOf(canary, paths[p].Backend) is { } alternative)
                {
                    var (path, exact) = (paths[p].Path.Length == 0 ? "/" : paths[p].Path, paths[p].PathType == "Exact");
                    Attach(canary, alternative, $"spec.rules[{r}].http.paths[{p}]", locations.Where(l => l.Path == path && l.IsExact == exact), next, shaping);
                }
            }
        }
    }

    private void Attach(
        IngressEntry canary, BackendId alternative, string field, IEnumerable<Location> locations,
        Dictionary<BackendId, Attachment> next, Dictionary<BackendId, CanaryPolicy> shaping)
    {
        // All canaries that lead to one Service share the rules of the first of them.
        if (!shaping.TryGetValue(alternative, out var policy))
        {
            shaping[alternative] = policy = canary.Settings.Canary! with { Alternative = alternative };
        }

        var mains = locations.Select(l => l.Backend).OfType<BackendId>().Distinct().ToList();
        if (mains.Count == 0)
        {
            Report(canary, field, "CanaryWithoutMain", "no other Ingress serves this host, path and path type; the canary does nothing here");
        }

        foreach (var main in mains)
        {
            if (main == alternative)
            {
                Report(canary, field, "CanaryEqualsMain", $"the canary leads to {main}, as the main Ingress does");
            }
            else if (next.TryGetValue(main, out var first) && first.Policy != policy)
            {
                Report(canary, field, "CanaryTaken", $"{main} has the canary {first.Policy.Source} already, which comes first; this one is never asked");
            }
            else
            {
                next.TryAdd(main, new Attachment(policy, canary.Settings.KeepsCanarySessions));
            }
        }
    }

    private IReadOnlyList<Location> LocationsOf(string host)
    {
        _hosts.Add(host);
        return hosts.LocationsOf(host);
    }

    private static BackendId? AlternativeOf(IngressEntry canary, IngressBackend? backend) =>
        IngressFootprint.BackendOf(canary.Key.Namespace, backend, canary.Settings);

    private void Report(IngressEntry canary, string field, string reason, string message)
    {
        if (!_findings.TryGetValue(canary, out var findings))
        {
            _findings[canary] = findings = [];
        }

        findings.Add(new Finding(canary.Reference, field, FindingSeverity.Warning, reason, message));
    }

    private sealed record Attachment(CanaryPolicy Policy, bool KeepsSessions);
}
