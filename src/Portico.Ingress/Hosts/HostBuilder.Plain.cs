using Portico.Model;
using Portico.Model.Policies;
using Portico.Model.Text;

namespace Portico.Ingress.Hosts;

/// <summary>Plain matching: exact before prefix, longest prefix first, elements as a whole.</summary>
internal sealed partial class HostBuilder
{
    private void EmitPlain(Draft draft)
    {
        if (draft.Host == VirtualHost.AnyHost)
        {
            draft.Routes.Add(HealthRoute());
            draft.Routes.Add(StatusRoute(draft.Context.Routes));
        }

        // An exact route and a prefix of the same length cannot both match unless they have the same text; then the exact one counts.
        var ordered = InEmissionOrder(draft.Table.Locations).ToLookup(l => l.Path.Length);
        var slashRedirects = SlashRedirects(draft).ToLookup(r => r.Match.Path.Value.Length);
        var lengths = ordered.Select(g => g.Key).Concat(slashRedirects.Select(g => g.Key)).Distinct().OrderDescending();
        foreach (var length in lengths)
        {
            foreach (var location in ordered[length].Where(l => l.IsExact))
            {
                draft.Routes.Add(RouteOf(draft, location, MatchOf(PathMatchKind.Exact, location.Path), location.Path, null));
            }

            draft.Routes.AddRange(slashRedirects[length]);
            foreach (var location in ordered[length].Where(l => !l.IsExact))
            {
                EmitPrefix(draft, location);
            }
        }
    }

    private void EmitPrefix(Draft draft, Location location)
    {
        if (!location.Path.StartsWith('/'))
        {
            draft.Report(location, FindingSeverity.Warning, "InvalidPath", $"the path {location.Path} does not start with a slash and matches nothing");
            return;
        }

        if (TakenBelow(draft, location) is { } older)
        {
            draft.Report(location, FindingSeverity.Warning, "PathTaken", $"everything below {location.Path} is served by {older.Owner!.Reference}, which comes first");
            return;
        }

        var route = RouteOf(draft, location, MatchOf(PathMatchKind.Prefix, location.Path), location.Below, null);
        if (location.IsSplit && !draft.Table.HasExact(location.Path))
        {
            // The half for the path itself differs only where a list of exempt locations draws the line at the slash.
            var itself = RouteOf(draft, location, MatchOf(PathMatchKind.Exact, location.Path), location.Path, null);
            if (itself.HttpsRedirect != route.HttpsRedirect || itself.Denial != route.Denial
                || !ReferenceEquals(itself.BasicAuth, route.BasicAuth) || !ReferenceEquals(itself.ExternalAuth, route.ExternalAuth))
            {
                draft.Routes.Add(itself);
            }
        }

        draft.Routes.Add(route);
    }

    /// <summary>
    /// Prefix <c>/foo</c> and Prefix <c>/foo/</c> claim the same requests below <c>/foo/</c> (nginx refuses such a configuration):
    /// the older one serves them.
    /// </summary>
    private static Location? TakenBelow(Draft draft, Location location) =>
        location.Path.Length > 1 && location.Path.EndsWith('/') && draft.Table.FindPrefix(location.Path[..^1]) is { } other
        && draft.Table.IsOlder(other, location) ? other : null;

    /// <summary>
    /// <c>/foo</c> is sent to <c>/foo/</c> when only the latter exists: what nginx does for proxied locations that end in a
    /// slash. It comes before the https redirect.
    /// </summary>
    private IEnumerable<Route> SlashRedirects(Draft draft)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var location in draft.Table.Locations)
        {
            var path = location.Path;
            if (path.Length < 2 || !path.StartsWith('/') || !path.EndsWith('/'))
            {
                continue;
            }

            var bare = path[..^1];
            if (draft.Table.Has(bare) || DenialOf(draft, location.Settings, path) is not null || !seen.Add(bare))
            {
                continue;
            }

            var policy = new RedirectPolicy
            {
                Status = 301,
                Location = Template.Literal(UriText.EscapePath(path)),
                Relative = location.Settings.RelativeRedirects,
                WithPort = location.Settings.PortInRedirects,
                KeepQuery = true,
            };
            yield return RedirectRoute(draft, location, bare, policy);
        }
    }
}
