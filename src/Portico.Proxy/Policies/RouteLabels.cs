using System.Text;
using Portico.Model;

namespace Portico.Proxy.Policies;

/// <summary>The names that a route goes by in variables, logs and metrics, as bytes. Immutable, shared by all shards.</summary>
internal sealed class RouteLabels
{
    public RouteLabels(Route route)
    {
        var origin = route.Origin;
        Host = Encoding.UTF8.GetBytes(origin.Host);
        Namespace = Encoding.UTF8.GetBytes(origin.Namespace);
        IngressName = Encoding.UTF8.GetBytes(origin.Name);
        ServiceName = Encoding.UTF8.GetBytes(origin.Service);
        ServicePort = Encoding.UTF8.GetBytes(origin.ServicePort);
        LocationPath = Encoding.UTF8.GetBytes(origin.Path);
        UpstreamName = Encoding.UTF8.GetBytes(route.Action switch
        {
            RouteAction.Forward { Backends: [var first, ..] } => first.Backend.ToString(),
            RouteAction.Respond => "upstream-default-backend",
            RouteAction.Health or RouteAction.ServerStatus => "internal",
            // What ingress-nginx's server block sets before a location says better.
            _ => "-",
        });
    }

    public byte[] Host { get; }

    public byte[] Namespace { get; }

    public byte[] IngressName { get; }

    public byte[] ServiceName { get; }

    public byte[] ServicePort { get; }

    public byte[] LocationPath { get; }

    /// <summary>The name of the only backend, or the first of several; the one that was drawn is the request's.</summary>
    public byte[] UpstreamName { get; }
}
