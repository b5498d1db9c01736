using Portico.Model;

namespace Portico.Ingress.Configuration;

/// <summary>The ConfigMap of the installation, read: what runs everywhere, what routes start from, which annotations are accepted.</summary>
internal sealed record GlobalConfiguration(GlobalSettings Settings, RouteDefaults Routes, AnnotationPolicy Policy)
{
    public static GlobalConfiguration Default { get; } = new(new GlobalSettings(), new RouteDefaults(), new AnnotationPolicy());

    /// <summary>Whether routes translated under the other configuration are still right.</summary>
    public bool HasSameRouteSettings(GlobalConfiguration other) =>
        Routes.IsSameAs(other.Routes) && Policy.IsSameAs(other.Policy)
        && Settings.AccessLog.LogDefaultBackend == other.Settings.AccessLog.LogDefaultBackend;
}
