using Portico.Model;

namespace Portico.Ingress.Hosts;

/// <summary>
/// The locations of one host, merged from its Ingresses in order: the first Ingress brings the implicit root with it, the
/// first to name a path and type keeps it.
/// </summary>
internal sealed class LocationTable
{
    private readonly List<Location> _locations = [];
    private readonly Dictionary<(string Path, bool IsExact), int> _index = [];
    private readonly List<HostFinding> _findings;

    private LocationTable(List<HostFinding> findings) => _findings = findings;

    public IReadOnlyList<Location> Locations => _locations;

    public static LocationTable For(string host, IReadOnlyList<IngressEntry> ingresses, IngressSettings defaults, List<HostFinding> findings)
    {
        var table = new LocationTable(findings);
        table.Add(host == VirtualHost.AnyHost ? CatchAllRoot(ingresses, defaults) : ImplicitRoot(ingresses[0]));
        foreach (var ingress in ingresses)
        {
            table.AddRules(host, ingress);
        }

        return table;
    }

    /// <summary>Whether some location has exactly this path text.</summary>
    public bool Has(string path) => _index.ContainsKey((path, true)) || _index.ContainsKey((path, false));

    public bool HasExact(string path) => _index.ContainsKey((path, true));

    public Location? FindPrefix(string path) => _index.TryGetValue((path, false), out var i) ? _locations[i] : null;

    public bool IsOlder(Location a, Location b) => _index[(a.Path, a.IsExact)] < _index[(b.Path, b.IsExact)];

    /// <summary>The oldest Ingress that is nothing but a default backend takes the root, whatever rules say and whatever their age.</summary>
    private static Location CatchAllRoot(IReadOnlyList<IngressEntry> ingresses, IngressSettings defaults)
    {
        var catchAll = ingresses.FirstOrDefault(i => i.IsCatchAll && i.InForce!.Spec.DefaultBackend!.Service is not null);
        return catchAll is null
            ? new Location("/", false, defaults) { IsImplicit = true }
            : Root(catchAll, catchAll.Settings.WithoutRewriteAndRedirect()) with { Field = "spec.defaultBackend" };
    }

    /// <summary>Unmatched paths of a host: all annotations of its first Ingress, and that Ingress's default backend or the installation's.</summary>
    private static Location ImplicitRoot(IngressEntry first) => Root(first, first.Settings) with { IsImplicit = true };

    private static Location Root(IngressEntry ingress, IngressSettings settings) => new("/", false, settings)
    {
        Owner = ingress,
        Service = ingress.InForce!.Spec.DefaultBackend?.Service,
        Backend = IngressFootprint.BackendOf(ingress.Current.Metadata.Namespace, ingress.InForce.Spec.DefaultBackend, settings),
    };

    private void AddRules(string host, IngressEntry ingress)
    {
        var rules = ingress.InForce!.Spec.Rules;
        for (var r = 0; r < rules.Count; r++)
        {
            if (rules[r].Http is not { } http || !HostName.TryNormalise(rules[r].Host, out var name) || name != host)
            {
                continue;
            }

            for (var p = 0; p < http.Paths.Count; p++)
            {
                var path = http.Paths[p];
                var field = $"spec.rules[{r}].http.paths[{p}]";
                if (IngressFootprint.BackendOf(ingress.Current.Metadata.Namespace, path.Backend, ingress.Settings) is not { } backend)
                {
                    Report(ingress, field, FindingSeverity.Warning, "NoServiceBackend", "the backend is no Service; requests go to the default backend");
                    continue;
                }

                Add(new Location(path.Path.Length == 0 ? "/" : path.Path, path.PathType == "Exact", ingress.Settings)
                {
                    Owner = ingress,
                    Service = path.Backend!.Service,
                    Backend = backend,
                    Field = field,
                });
            }
        }
    }

    private void Add(Location location)
    {
        var key = (location.Path, location.IsExact);
        if (!_index.TryGetValue(key, out var taken))
        {
            _index[key] = _locations.Count;
            _locations.Add(location);
        }
        else if (_locations[taken].IsImplicit)
        {
            _locations[taken] = location;
        }
        else
        {
            var owner = _locations[taken].Owner!.Reference;
            Report(location.Owner!, location.Field, FindingSeverity.Warning, "PathTaken", $"the path {location.Path} of this host is served by {owner}, which comes first");
        }
    }

    private void Report(IngressEntry ingress, string field, FindingSeverity severity, string reason, string message) =>
        _findings.Add(new HostFinding(ingress, new Finding(ingress.Reference, field, severity, reason, message)));
}
