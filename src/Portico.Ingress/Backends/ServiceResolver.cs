using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Portico.Model;
using Portico.Model.Policies;

namespace Portico.Ingress.Backends;

/// <summary>From a Service port, as an Ingress names it, to endpoints: the rules of ingress-nginx, step by step.</summary>
internal sealed class ServiceResolver(IngressOptions options)
{
    /// <summary>ExternalNames may name one another; more steps than this are a circle.</summary>
    private const int MaxExternalNameSteps = 5;

    /// <summary>Slice ports of any other protocol carry no HTTP.</summary>
    private const string HttpTransport = "TCP";

    public ServiceResolution Resolve(BackendId id, IResourceView view) => Resolve(id, view, 0);

    private ServiceResolution Resolve(BackendId id, IResourceView view, int steps)
    {
        if (id.Variant == BackendVariants.HostName)
        {
            return ResolveHostName(id);
        }

        if (view.Find<Service>(id.Namespace, id.Service) is not { } service)
        {
            return ServiceResolution.None("there is no such Service") with { ServiceMissing = true };
        }

        if (service.Spec.Type == "ExternalName")
        {
            return ResolveExternalName(service, id, view, steps);
        }

        if (id.Variant == BackendVariants.FirstPort)
        {
            return service.Spec.Ports is [var first, ..]
                ? ServiceResolution.To(ReadyEndpoints(service, first, HttpTransport, view))
                : ServiceResolution.None("the Service has no port");
        }

        if (FindPort(service, id) is not { } port)
        {
            return ServiceResolution.None($"the Service has no {(BackendVariants.IsStream(id.Variant) ? id.Variant.ToUpperInvariant() + " " : "")}port '{id.Port}'");
        }

        // A headless Service has no address to send to: its endpoints serve.
        var resolution = id.Variant == BackendVariants.ServiceUpstream && IPAddress.TryParse(service.Spec.ClusterIP, out _)
            ? ServiceResolution.To([new Endpoint(service.Spec.ClusterIP, port.Port)])
            : ServiceResolution.To(ReadyEndpoints(service, port, BackendVariants.IsStream(id.Variant) ? port.Protocol : HttpTransport, view));
        return resolution with { Protocol = ProtocolOf(port) };
    }

    /// <summary>
    /// The application protocols of KEP-3726 and the plain names; WebSockets begin as HTTP/1.1 requests. Others say nothing that
    /// matters here. (ingress-nginx does not look.)
    /// </summary>
    private static UpstreamProtocol? ProtocolOf(ServicePort port) => port.AppProtocol switch
    {
        "kubernetes.io/h2c" => UpstreamProtocol.Http2,
        "http" or "kubernetes.io/ws" => UpstreamProtocol.Http,
        "https" or "kubernetes.io/wss" => UpstreamProtocol.Https,
        _ => null,
    };

    /// <summary>The host of a URL that an annotation names: an address, or a name for the resolver.</summary>
    private static ServiceResolution ResolveHostName(BackendId id)
    {
        var port = int.Parse(id.Port, NumberStyles.None, CultureInfo.InvariantCulture);
        return IPAddress.TryParse(id.Service, out var address)
            ? ServiceResolution.To([new Endpoint(address.ToString(), port)])
            : new ServiceResolution([], new DnsTarget(id.Service, port), null, []);
    }

    /// <summary>
    /// In order of the Service's ports: equal number, equal targetPort, equal name. So a target port works as well. A TCP or UDP service
    /// names number or name of a port of its protocol.
    /// </summary>
    private static ServicePort? FindPort(Service service, BackendId id)
    {
        var text = id.Port;
        var stream = BackendVariants.IsStream(id.Variant);
        return service.Spec.Ports.FirstOrDefault(p =>
            text.Length > 0
            && (Number(p.Port) == text || (TargetText(p) == text && !stream) || p.Name == text)
            && (!stream || p.Protocol.Equals(id.Variant, StringComparison.OrdinalIgnoreCase)));
    }

    private static string TargetText(ServicePort port) => port.TargetPort.Length == 0 ? Number(port.Port) : port.TargetPort;

    private static int? NumericTarget(ServicePort port) =>
        int.TryParse(TargetText(port), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private ImmutableArray<Endpoint> ReadyEndpoints(Service service, ServicePort port, string protocol, IResourceView view)
    {
        var collector = new EndpointCollector();
        var zones = ZoneChoice.For(service, options.NodeOfZone, view);
        var slices = view.SlicesOf(service.Metadata.Namespace, service.Metadata.Name);
        foreach (var slice in slices)
        {
            CollectSlice(slice, zones.For(slice), port, protocol, collector);
        }

        if (collector.IsEmpty && zones.Narrows)
        {
            // A zone that the hints forgot is served from the others.
            foreach (var slice in slices)
            {
                CollectSlice(slice, zone: null, port, protocol, collector);
            }
        }

        if (slices.Count == 0 && view.Find<Portico.Kubernetes.Resources.Endpoints>(service.Metadata.Namespace, service.Metadata.Name) is { } handWritten)
        {
            foreach (var subset in handWritten.Subsets)
            {
                foreach (var number in PortsOf(subset.Ports, port, protocol))
                {
                    foreach (var address in subset.Addresses)
                    {
                        collector.Add(address.Ip, number);
                    }
                }
            }
        }

        return collector.ToImmutable();
    }

    /// <summary>Only <c>ready: false</c> keeps an endpoint out; a missing condition counts as ready.</summary>
    private static void CollectSlice(EndpointSlice slice, string? zone, ServicePort port, string protocol, EndpointCollector collector)
    {
        var numbers = PortsOf(slice.Ports, port, protocol).ToList();
        foreach (var endpoint in slice.Endpoints)
        {
            if (endpoint.Conditions.Ready == false || (zone is not null && !endpoint.ForZones.Contains(zone)))
            {
                continue;
            }

            foreach (var number in numbers)
            {
                foreach (var address in endpoint.Addresses)
                {
                    collector.Add(address, number);
                }
            }
        }
    }

    /// <summary>
    /// The ports of a slice that belong to a Service port: the one of the same name, every one when the Service port has no
    /// name, and otherwise the Service's targetPort when that is a number.
    /// </summary>
    private static IEnumerable<int> PortsOf(IReadOnlyList<EndpointPort> ports, ServicePort port, string protocol)
    {
        var target = NumericTarget(port);
        if (ports.Count == 0 && target is { } alone)
        {
            yield return alone;
        }

        foreach (var candidate in ports)
        {
            if (candidate.Protocol != protocol)
            {
                continue;
            }

            var number = port.Name.Length == 0 || port.Name == candidate.Name ? candidate.Port ?? target : target;
            if (number is > 0 and <= ushort.MaxValue)
            {
                yield return number.Value;
            }
        }
    }

    private ServiceResolution ResolveExternalName(Service service, BackendId id, IResourceView view, int steps)
    {
        var name = service.Spec.ExternalName;
        if (options.DisableExternalNames)
        {
            return ServiceResolution.None("ExternalName Services are switched off by --disable-svc-external-name");
        }

        if (RefusedName(name) is { } refusal)
        {
            return ServiceResolution.None($"the external name '{name}' {refusal}");
        }

        if (ExternalPort(service, id) is not { } port)
        {
            return ServiceResolution.None($"the port '{id.Port}' is neither a number nor a port of the Service");
        }

        if (!ServiceNames.TryResolve(name, options.ClusterDomain, out var target))
        {
            return new ServiceResolution([], new DnsTarget(name, port), null, []) { Protocol = FindPort(service, id) is { } named ? ProtocolOf(named) : null };
        }

        if (steps >= MaxExternalNameSteps)
        {
            return ServiceResolution.None("the external names lead in a circle");
        }

        var resolved = Resolve(new BackendId(target.Namespace, target.Name, Number(port), BackendVariants.IsStream(id.Variant) ? id.Variant : ""), view, steps + 1);
        return resolved with
        {
            ServiceMissing = false,
            Follows = resolved.Follows.Add(target),
            Problem = resolved.Problem is { } problem ? $"the external name leads to Service {target}: {problem}" : null,
        };
    }

    /// <summary>The targetPort of the matching Service port; without one the number that the Ingress writes.</summary>
    private static int? ExternalPort(Service service, BackendId id)
    {
        if (FindPort(service, id) is { } port && NumericTarget(port) is { } target)
        {
            return target is > 0 and <= ushort.MaxValue ? target : null;
        }

        return int.TryParse(id.Port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= ushort.MaxValue ? number : null;
    }

    /// <summary>Names that must not, or cannot, be looked up.</summary>
    private static string? RefusedName(string name)
    {
        var plain = name.EndsWith('.') ? name[..^1] : name;
        if (plain.Equals("localhost", StringComparison.OrdinalIgnoreCase))
        {
            return "is this host itself";
        }

        if (IPAddress.TryParse(plain, out _))
        {
            return "is an address, not a name";
        }

        var labels = plain.Split('.');
        return plain.Length is > 0 and <= 253 && labels.All(IsLabel) ? null : "is no DNS name";
    }

    private static bool IsLabel(string label) =>
        label.Length is > 0 and <= 63 && char.IsAsciiLetterOrDigit(label[0]) && char.IsAsciiLetterOrDigit(label[^1])
        && label.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>Takes endpoints once each, in the order they come.</summary>
    private sealed class EndpointCollector
    {
        private readonly HashSet<(string, int)> _seen = [];
        private readonly ImmutableArray<Endpoint>.Builder _endpoints = ImmutableArray.CreateBuilder<Endpoint>();

        public void Add(string address, int port)
        {
            // addressType is not looked at; what is no address (FQDN slices) cannot be connected to.
            if (IPAddress.TryParse(address, out var parsed) && _seen.Add((address, port)))
            {
                _endpoints.Add(new Endpoint(parsed.ToString(), port));
            }
        }

        public bool IsEmpty => _endpoints.Count == 0;

        public ImmutableArray<Endpoint> ToImmutable() => _endpoints.ToImmutable();
    }
}
