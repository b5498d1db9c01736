using Portico.Model;
using Portico.Model.Policies;
using Portico.Model.Text;

namespace Portico.Ingress.Hosts;

/// <summary>
/// Matching by regular expressions: as soon as one path of a host asks for it, every path of the host becomes an expression
/// that ignores case and is anchored at the start only; path types no longer count. The first match in emission order wins.
/// Whether an expression can be run is for the routing table to say: it closes a path whose expression cannot.
/// </summary>
internal sealed partial class HostBuilder
{
    private void EmitRegex(Draft draft)
    {
        var cause = draft.Table.Locations.First(l => l.WantsRegex);
        foreach (var location in InEmissionOrder(draft.Table.Locations))
        {
            ReportForeignMode(draft, location, cause);
            if (location is { IsImplicit: true } && draft.Host == VirtualHost.AnyHost)
            {
                // A regular expression beats the health path; the default backend does not.
                draft.Routes.Add(HealthRoute());
                draft.Routes.Add(StatusRoute(draft.Context.Routes));
            }

            EmitExpressions(draft, location);
        }
    }

    private static void ReportForeignMode(Draft draft, Location location, Location cause)
    {
        if (!location.WantsRegex && !location.IsImplicit && location.Owner != cause.Owner)
        {
            draft.Report(
                location,
                FindingSeverity.Warning,
                "RegexByOtherIngress",
                $"the path {location.Path} is matched as a regular expression from its start, ignoring case, because {cause.Owner!.Reference} asks for that on this host");
        }
    }

    /// <summary>
    /// The two halves of a split path are one expression unless they act differently: <c>/api</c> with the target <c>/api</c>
    /// is left alone, while everything below is rewritten to it.
    /// </summary>
    private void EmitExpressions(Draft draft, Location location)
    {
        var itself = ExpressionRoute(draft, location, location.Path);
        if (!location.IsSplit)
        {
            draft.Routes.Add(itself);
            return;
        }

        var below = ExpressionRoute(draft, location, location.Below);
        var exactIsTaken = draft.Table.HasExact(location.Path);
        if (exactIsTaken || below.Rewrite != itself.Rewrite || below.HttpsRedirect != itself.HttpsRedirect || below.Denial != itself.Denial)
        {
            draft.Routes.Add(below);
        }

        if (!exactIsTaken)
        {
            draft.Routes.Add(itself);
        }
    }

    private Route ExpressionRoute(Draft draft, Location location, string path)
    {
        var rewrite = location.Rewrites(path)
            ? new RewritePolicy(path, Template.Parse(location.Settings.RewriteTarget!), location.Settings.ForwardedPrefix)
            : null;
        return RouteOf(draft, location, MatchOf(PathMatchKind.Regex, path, ignoreCase: true), path, rewrite);
    }
}
