using System.Collections.Immutable;
using System.Text;
using Portico.Model;
using Portico.Proxy.Routing;

namespace Portico.UnitTests.Routing;

/// <summary>Short words for models in tests.</summary>
internal static class Models
{
    public static BackendId Id(string service) => new("ns", service, "80");

    public static Backend Backend(string service, params string[] endpoints) => new()
    {
        Id = Id(service),
        Name = Id(service).ToString(),
        Endpoints = [.. endpoints.Select(Endpoint)],
    };

    public static Endpoint Endpoint(string text)
    {
        var colon = text.LastIndexOf(':');
        return new Endpoint(text[..colon], int.Parse(text[(colon + 1)..], System.Globalization.CultureInfo.InvariantCulture));
    }

    public static Route Route(PathMatchKind kind, string path, string service = "app", bool ignoreCase = false) => new()
    {
        Origin = new RouteOrigin { Namespace = "ns", Name = "ing", Path = path, Service = service },
        Match = new RouteMatch { Path = new PathMatch(kind, path) { IgnoreCase = ignoreCase } },
        Action = RouteAction.Forward.To(Id(service)),
    };

    public static VirtualHost Host(string name, params Route[] routes) => new() { Name = name, Routes = [.. routes] };

    public static VirtualHost Host(string name) => Host(name, Route(PathMatchKind.Prefix, "/"));

    public static GatewayModel Gateway(params VirtualHost[] hosts) =>
        Gateway(hosts.ToImmutableDictionary(host => host.Name), [Backend("app", "10.0.0.1:80")]);

    public static GatewayModel Gateway(ImmutableDictionary<string, VirtualHost> hosts, Backend[] backends) => new()
    {
        Listeners = [new Listener { Name = "http", Protocol = ListenerProtocol.Http, Port = 0, Hosts = new HostTable(hosts) }],
        Backends = backends.ToImmutableDictionary(backend => backend.Id),
    };

    /// <summary>The same model with other hosts.</summary>
    public static GatewayModel WithHosts(this GatewayModel model, ImmutableDictionary<string, VirtualHost> hosts) =>
        model with { Listeners = [model.Listeners[0] with { Hosts = new HostTable(hosts) }] };

    public static CompiledHost? Find(this RoutingTable table, string host) => table.Listeners[0].Find(Encoding.Latin1.GetBytes(host));
}
