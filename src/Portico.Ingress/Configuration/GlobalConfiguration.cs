using Portico.Model;

namespace Portico.Ingress.Configuration;

/// <summary>The ConfigMap of the installation, read: what runs everywhere, what routes start from, which annotations are accepted.</summary>
internal sealed record GlobalConfiguration(GlobalSettings Settings, RouteDefaults Routes, AnnotationPolicy Policy)
{
    public static GlobalConfiguration Default { get; } = new(new GlobalSettings(), new RouteDefaults(), new AnnotationPolicy());
}
