using System.Collections.Immutable;
using Portico.Ingress.Annotations;
using Portico.Ingress.Configuration;
using Portico.Model;
using Portico.Model.Policies;
using Portico.Model.Text;

namespace Portico.Ingress.Hosts;

/// <summary>What hosts start from.</summary>
/// <param name="DefaultBackend">Null when there is none with endpoints: the built-in 404 answers.</param>
internal sealed record HostContext(RouteDefaults Routes, bool LogDefaultBackend, BackendId? DefaultBackend)
{
    /// <summary>Those of the ConfigMap.</summary>
    public ErrorPagePolicy? ErrorPages { get; } = Routes.CustomHttpErrors.IsEmpty ? null : new(Routes.CustomHttpErrors, !Routes.DisableInterception);
}

/// <summary>
/// Builds one host from its Ingresses: merges the paths, decides between plain matching and regular expressions, and puts the
/// routes into the order in which they are tried. Pure: the same Ingresses give the same host.
/// </summary>
internal sealed partial class HostBuilder(IngressOptions options, PolicyCache cache)
{
    private const string StatusPath = "/nginx_status";

    private static readonly ImmutableArray<AddressRange> Everybody = [AddressRange.Parse("0.0.0.0/0"), AddressRange.Parse("::/0")];


    /// <param name="ingresses">In order of precedence; never empty except for the catch-all host.</param>
    public VirtualHost Build(
        string host, IReadOnlyList<IngressEntry> ingresses, ImmutableArray<HostAlias> aliases, HostContext context, List<HostFinding> findings)
    {
        var draft = new Draft(host, context, LocationTable.For(host, ingresses, DefaultsFor(context), findings), findings)
        {
            UpstreamTls = context.Routes.ProxySslLocationOnly ? null : ingresses.FirstOrDefault(i => i.Settings.Upstream.Tls is not null)?.Settings.Upstream.Tls,
        };
        draft.Passthrough = PassthroughOf(draft, ingresses);
        if (draft.Table.Locations.Any(l => l.WantsRegex))
        {
            EmitRegex(draft);
        }
        else
        {
            EmitPlain(draft);
        }

        AddAppRoot(draft);
        return new VirtualHost
        {
            Name = host,
            Aliases = aliases,
            Passthrough = draft.Passthrough,
            Routes = [.. draft.Routes],
            Denial = ingresses.FirstOrDefault(i => i.Settings.HostDenial is not null)?.Settings.HostDenial,
            ClientCertificates = ClientCertificatesOf(ingresses, findings),
            Tls = TlsOf(ingresses),
        };
    }


    /// <summary>
    /// With <c>ssl-passthrough</c> on any Ingress of the host: the ClusterIP of the Service of path <c>/</c>. Only a name that is written
    /// out can be asked for by SNI.
    /// </summary>
    private static BackendId? PassthroughOf(Draft draft, IReadOnlyList<IngressEntry> ingresses)
    {
        if (ingresses.FirstOrDefault(i => i.Settings.SslPassthrough) is not { } asking || draft.Host == VirtualHost.AnyHost)
        {
            return null;
        }

        var root = draft.Table.Locations.FirstOrDefault(l => l.Path == "/" && l.Backend is not null);
        if (root?.Backend is not { } backend || draft.Host.StartsWith('*'))
        {
            var cause = root is null ? "the host has no path / with a Service" : "a wildcard is not matched";
            draft.Findings.Add(new HostFinding(asking, new Finding(
                asking.Reference, HostTls.Passthrough.Name, FindingSeverity.Warning, "NoPassthrough", $"host {draft.Host}: {cause}; TLS ends here")));
            return null;
        }

        return backend with { Variant = BackendVariants.ServiceUpstream };
    }

    /// <summary>Whoever takes the host's TLS connections takes plain requests over TLS too.</summary>
    private UpstreamPolicy OverTlsWherePassed(Draft draft, Location location, UpstreamPolicy policy)
    {
        var passes = draft.Passthrough is { } passthrough && location.Backend is { } backend && backend with { Variant = passthrough.Variant } == passthrough;
        return passes && policy.Protocol is (null or UpstreamProtocol.Http) ? cache.Share(policy with { Protocol = UpstreamProtocol.Https })! : policy;
    }

    /// <summary>The default backend of unknown hosts: no access list, no redirect, no authentication.</summary>
    private static IngressSettings DefaultsFor(HostContext context) => new()
    {
        Upstream = context.Routes.Upstream with { Rate = context.Routes.ResponseRate },
        MaxBodyBytes = context.Routes.MaxBodyBytes,
        RelativeRedirects = context.Routes.RelativeRedirects,
        PortInRedirects = context.Routes.UsePortInRedirects,
        AccessLog = context.LogDefaultBackend,
        ErrorPages = context.ErrorPages,
    };

    /// <summary>Longer paths first, equal lengths in reverse alphabetical order, then by age.</summary>
    private static IEnumerable<Location> InEmissionOrder(IEnumerable<Location> locations) =>
        locations.OrderByDescending(l => l.Path.Length).ThenByDescending(l => l.Path, StringComparer.Ordinal);

    /// <summary>
    /// The redirect of the bare root comes before everything else of the host, whoever owns the root. Of several, the one of
    /// the longest path wins.
    /// </summary>
    private void AddAppRoot(Draft draft)
    {
        if (InEmissionOrder(draft.Table.Locations).FirstOrDefault(l => l.Settings.AppRoot is not null) is not { } location)
        {
            return;
        }

        var policy = new RedirectPolicy { Status = 302, Location = location.Settings.AppRoot!, Host = RedirectHost.HeaderAsSent };
        draft.Routes.Insert(0, RedirectRoute(draft, location, "/", policy));
    }

    private Route RedirectRoute(Draft draft, Location location, string path, RedirectPolicy policy) => new()
    {
        Origin = OriginOf(draft.Host, location),
        Match = MatchOf(PathMatchKind.Exact, path),
        Action = new RouteAction.Redirect(cache.Share(policy)!),
        ResponseHeaders = location.Settings.ResponseHeaders,
        AccessLog = location.Settings.AccessLog,
    };

    /// <param name="path">The path, or the half of it that this route stands for; the lists of exempt locations are compared with it.</param>
    private Route RouteOf(Draft draft, Location location, RouteMatch match, string path, RewritePolicy? rewrite)
    {
        var settings = location.Settings;
        var toDefault = location.Backend is null;
        var denial = DenialOf(draft, settings, path);
        var authenticates = !BeginsWithAny(path, draft.Context.Routes.NoAuthLocations);
        return new Route
        {
            Origin = OriginOf(draft.Host, location),
            Match = match,
            Action = (location.Backend ?? draft.Context.DefaultBackend) is { } backend
                ? RouteAction.Forward.To(backend)
                : new RouteAction.Respond(404, "no_route"),
            Denial = denial,
            Cors = settings.Cors,
            Redirect = settings.Redirect,
            HttpsRedirect = HttpsRedirectOf(draft, settings, path),
            SourceRanges = settings.SourceRanges,
            Limits = settings.Limits,
            BasicAuth = authenticates ? settings.BasicAuth : null,
            ExternalAuth = authenticates ? settings.ExternalAuth : null,
            SatisfyAny = settings.SatisfyAny,
            Rewrite = cache.Share(rewrite),
            SessionCookie = SessionCookieOf(location),
            Mirror = settings.Mirror,
            ResponseHeaders = settings.ResponseHeaders,
            ResponseRewrite = settings.ResponseRewrite,
            // A closed path shows the error pages of the installation, not its own.
            ErrorPages = denial is null ? settings.ErrorPages : draft.Context.ErrorPages,
            Substitute = settings.Substitute,
            // The installation's default backend speaks plain HTTP whatever the Ingress says.
            Upstream = toDefault ? cache.Share(settings.Upstream with { Protocol = UpstreamProtocol.Http })! : OverTlsWherePassed(draft, location, UpstreamOf(draft, settings)),
            MaxBodyBytes = settings.MaxBodyBytes,
            AccessLog = settings.AccessLog,
        };
    }

    /// <summary>The TLS settings of the first Ingress that has any hold for paths of others without their own.</summary>
    private UpstreamPolicy UpstreamOf(Draft draft, IngressSettings settings) => settings.Upstream is { Tls: null, Protocol: UpstreamProtocol.Https or UpstreamProtocol.Http2Tls } && draft.UpstreamTls is { } tls
        ? cache.Share(settings.Upstream with { Tls = tls })!
        : settings.Upstream;

    /// <summary>The first Ingress that brings authorities decides for the whole host, paths of other Ingresses included.</summary>
    private static ClientCertificatePolicy? ClientCertificatesOf(IReadOnlyList<IngressEntry> ingresses, List<HostFinding> findings)
    {
        var asking = ingresses.Where(i => i.Settings.ClientCertificates is not null).ToList();
        var deciding = asking.Find(i => !i.Settings.ClientCertificates!.AuthoritiesPem.IsEmpty) ?? asking.FirstOrDefault();
        foreach (var ignored in asking.Where(i => i != deciding && i.Settings.ClientCertificates != deciding!.Settings.ClientCertificates))
        {
            findings.Add(new HostFinding(ignored, new Finding(
                ignored.Reference, ClientCertificates.AuthTlsSecret.Name, FindingSeverity.Warning, "HostSettingTaken",
                $"the client certificate rules of {deciding!.Reference}, which comes first, hold for the whole host")));
        }

        return deciding?.Settings.ClientCertificates;
    }

    /// <summary>Each of the two from the first Ingress that sets it.</summary>
    private HostTlsPolicy? TlsOf(IReadOnlyList<IngressEntry> ingresses)
    {
        var ciphers = ingresses.FirstOrDefault(i => i.Settings.Ciphers is not null)?.Settings.Ciphers;
        var preference = ingresses.FirstOrDefault(i => i.Settings.PreferServerCiphers is not null)?.Settings.PreferServerCiphers;
        return ciphers is null && preference is null ? null : cache.Share(new HostTlsPolicy(ciphers, preference));
    }

    /// <summary>The path of the cookie is that of the rule as it is written, unless the Ingress names one.</summary>
    private SessionCookiePolicy? SessionCookieOf(Location location) =>
        location.IsImplicit || location.Settings.SessionCookie is not { } cookie ? null
        : cookie.Path.Length > 0 ? cookie
        : cache.Share(cookie with { Path = location.Path });

    private static DenialPolicy? DenialOf(Draft draft, IngressSettings settings, string path) =>
        settings.Denial
        ?? (settings.AuthenticationDenial is { } denial && !BeginsWithAny(path, draft.Context.Routes.NoAuthLocations) ? denial : null);

    private static HttpsRedirectPolicy? HttpsRedirectOf(Draft draft, IngressSettings settings, string path)
    {
        if (settings.HttpsRedirect is not { } redirect || BeginsWithAny(path, draft.Context.Routes.NoTlsRedirectLocations))
        {
            return null;
        }

        // Rules without host have no certificate of their own: only the forced redirect reaches them.
        return redirect.Always || draft.Host != VirtualHost.AnyHost ? redirect : null;
    }

    private static bool BeginsWithAny(string path, ImmutableArray<string> beginnings)
    {
        foreach (var beginning in beginnings)
        {
            if (path.StartsWith(beginning, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    private RouteMatch MatchOf(PathMatchKind kind, string value, bool ignoreCase = false) =>
        cache.Share(new RouteMatch { Path = new PathMatch(kind, value) { IgnoreCase = ignoreCase } })!;

    private static RouteOrigin OriginOf(string host, Location location) => new()
    {
        Namespace = location.Owner?.Current.Metadata.Namespace ?? "",
        Name = location.Owner?.Current.Metadata.Name ?? "",
        Host = host,
        Path = location.Path,
        Service = location.Service?.Name ?? "",
        ServicePort = location.Service?.Port?.Text ?? "",
    };

    /// <summary>Without anybody who may read it, it is closed to all.</summary>
    private Route StatusRoute(RouteDefaults defaults)
    {
        ImmutableArray<AddressRange> readers = [.. defaults.StatusReaders4, .. defaults.StatusReaders6];
        return new Route
        {
            Origin = new RouteOrigin { Host = VirtualHost.AnyHost, Path = StatusPath },
            Match = MatchOf(PathMatchKind.Prefix, StatusPath),
            Action = new RouteAction.ServerStatus(),
            SourceRanges = cache.Share(readers.IsEmpty ? new SourceRangePolicy(Everybody, []) : new SourceRangePolicy([], readers)),
            AccessLog = false,
            Metrics = false,
        };
    }

    private Route HealthRoute() => new()
    {
        Origin = new RouteOrigin { Host = VirtualHost.AnyHost, Path = options.HealthCheckPath },
        Match = MatchOf(PathMatchKind.Prefix, options.HealthCheckPath),
        Action = new RouteAction.Health(),
        AccessLog = false,
        Metrics = false,
    };

    /// <summary>One host in the making.</summary>
    private sealed class Draft(string host, HostContext context, LocationTable table, List<HostFinding> findings)
    {
        public string Host => host;

        public HostContext Context => context;

        public LocationTable Table => table;

        public List<Route> Routes { get; } = [];

        public List<HostFinding> Findings => findings;

        public BackendId? Passthrough { get; set; }

        /// <summary>How backends of the host are spoken to over TLS where the path's Ingress does not say.</summary>
        public UpstreamTlsPolicy? UpstreamTls { get; init; }

        public void Report(Location location, FindingSeverity severity, string reason, string message)
        {
            if (location.Owner is { } owner)
            {
                findings.Add(new HostFinding(owner, new Finding(owner.Reference, location.Field, severity, reason, message)));
            }
        }
    }
}
