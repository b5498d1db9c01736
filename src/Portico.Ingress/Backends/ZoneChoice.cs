using Portico.Kubernetes;
using Portico.Kubernetes.Resources;

namespace Portico.Ingress.Backends;

/// <summary>
/// Whether endpoints of other zones are left out (<c>--enable-topology-aware-routing</c>): for a Service that asks for it, slice by slice, and
/// only where the hints are complete. The rules are those of ingress-nginx.
/// </summary>
internal readonly struct ZoneChoice
{
    private const string ZoneLabel = "topology.kubernetes.io/zone";
    private const string ModeAnnotation = "service.kubernetes.io/topology-mode";

    /// <summary>Null where zones do not count.</summary>
    private readonly string? _zone;

    /// <summary>Without an endpoint for the zone all of them serve, instead of none.</summary>
    private readonly bool _needsOne;

    private ZoneChoice(string? zone, bool needsOne) => (_zone, _needsOne) = (zone, needsOne);

    /// <param name="node">The node that the gateway runs on; empty while zones do not count.</param>
    public static ZoneChoice For(Service service, string node, IResourceView view)
    {
        if (node.Length == 0 || ZoneOf(view.Find<Node>("", node)) is not { } zone)
        {
            return default;
        }

        // PreferSameZone is the newer name of PreferClose (KEP-3015).
        var close = service.Spec.TrafficDistribution is "PreferClose" or "PreferSameZone";
        var isAuto = service.Metadata.Annotations.TryGetValue(ModeAnnotation, out var mode) && mode.Equals("auto", StringComparison.OrdinalIgnoreCase);
        return close || isAuto ? new ZoneChoice(zone, needsOne: close) : default;
    }

    public bool Narrows => _zone is not null;

    /// <returns>The zone that endpoints of the slice must be meant for; null when all of them serve.</returns>
    public string? For(EndpointSlice slice)
    {
        var zone = _zone;
        return zone is not null && slice.Endpoints.All(e => e.ForZones.Count > 0) && (!_needsOne || slice.Endpoints.Any(e => e.ForZones.Contains(zone))) ? zone : null;
    }

    public static string? ZoneOf(Node? node) => node?.Metadata.Labels.GetValueOrDefault(ZoneLabel) is { Length: > 0 } zone ? zone : null;
}
