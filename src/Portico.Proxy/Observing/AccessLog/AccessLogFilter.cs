using System.Text;
using Portico.Model;

namespace Portico.Proxy.Observing.AccessLog;

/// <summary>Which requests get a line in the access log. Immutable, compiled with the snapshot, shared by all shards.</summary>
internal sealed class AccessLogFilter(AccessLogSettings settings)
{
    private readonly SkippedTargets? _skipped = SkippedTargets.Compile(settings.SkipTargets);

    /// <param name="route">The route that took the request; null when it never got so far (a malformed request).</param>
    /// <param name="target">The request target as sent, query included.</param>
    public bool Admits(Route? route, ReadOnlySpan<byte> target) =>
        settings.Enabled
        && (route is null || AdmitsRoute(route))
        && (_skipped is null || !_skipped.Contains(target));

    private bool AdmitsRoute(Route route) =>
        route.AccessLog
        && route.Action is not (RouteAction.Health or RouteAction.ServerStatus)
        && (settings.LogDefaultBackend || !IsDefaultBackendOfUnknownHosts(route.Origin));

    private static bool IsDefaultBackendOfUnknownHosts(RouteOrigin origin) =>
        origin.Name.Length == 0 && origin.Host is "" or VirtualHost.AnyHost;
}
