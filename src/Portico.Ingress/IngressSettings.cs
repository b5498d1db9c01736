using System.Collections.Immutable;
using Portico.Ingress.Annotations;
using Portico.Ingress.Configuration;
using Portico.Kubernetes;
using Portico.Model;
using Portico.Model.Policies;
using Portico.Model.Text;

namespace Portico.Ingress;

/// <summary>
/// The annotations of one Ingress, translated: effective values with the ConfigMap's defaults filled in. The same for every
/// path of the Ingress; what depends on the path is decided when its host is built.
/// </summary>
internal sealed record IngressSettings
{
    public string? RewriteTarget { get; init; }

    public bool UseRegex { get; init; }

    public Template? AppRoot { get; init; }

    public Template? ForwardedPrefix { get; init; }

    public HttpsRedirectPolicy? HttpsRedirect { get; init; }

    public RedirectPolicy? Redirect { get; init; }

    public bool RelativeRedirects { get; init; }

    /// <summary>Whether redirects that are completed with scheme and host name the port.</summary>
    public bool PortInRedirects { get; init; }

    /// <summary>The status with which the name with or without <c>www.</c> is sent to the host; null when it is not.</summary>
    public int? WwwRedirectStatus { get; init; }

    public CorsPolicy? Cors { get; init; }

    public SourceRangePolicy? SourceRanges { get; init; }

    public LimitPolicy? Limits { get; init; }

    public BasicAuthPolicy? BasicAuth { get; init; }

    public ExternalAuthPolicy? ExternalAuth { get; init; }

    public bool SatisfyAny { get; init; }

    public ResponseHeadersPolicy? ResponseHeaders { get; init; }

    public ResponseRewritePolicy? ResponseRewrite { get; init; }

    public ErrorPagePolicy? ErrorPages { get; init; }

    /// <summary>The Service of the annotation default-backend.</summary>
    public BackendId? Substitute { get; init; }

    public UpstreamPolicy Upstream { get; init; } = UpstreamPolicy.Default;

    public long? MaxBodyBytes { get; init; }

    public bool AccessLog { get; init; } = true;

    public LoadBalancing LoadBalancing { get; init; } = LoadBalancing.RoundRobin;

    public bool ServiceUpstream { get; init; }

    public ImmutableArray<string> Aliases { get; init; } = [];

    /// <summary>TLS connections of the hosts go to the backend of path / unread.</summary>
    public bool SslPassthrough { get; init; }

    public MirrorPolicy? Mirror { get; init; }

    public SessionAffinityPolicy? Affinity { get; init; }

    /// <summary>The affinity-mode as this Ingress says it; null when it does not.</summary>
    public AffinityMode? AffinityMode { get; init; }

    /// <summary>An empty path stands for that of each rule.</summary>
    public SessionCookiePolicy? SessionCookie { get; init; }

    /// <summary>How a canary takes requests, the backend still open. A canary serves no host and no path of its own.</summary>
    public CanaryPolicy? Canary { get; init; }

    public bool IsCanary => Canary is not null;

    /// <summary>Whether a canary takes over the affinity of the main backend.</summary>
    public bool KeepsCanarySessions { get; init; } = true;

    public DenialPolicy? Denial { get; init; }

    /// <summary>Does not hold in no-auth-locations.</summary>
    public DenialPolicy? AuthenticationDenial { get; init; }

    /// <summary>Holds for every path of the hosts of the Ingress.</summary>
    public DenialPolicy? HostDenial { get; init; }

    /// <summary>Where the gateway itself asks on account of this Ingress: authentication services, mirrors.</summary>
    public ImmutableArray<BackendId> SubrequestBackends { get; init; } = [];

    /// <summary>What the Ingress asks of TLS clients of its hosts.</summary>
    public ClientCertificatePolicy? ClientCertificates { get; init; }

    /// <summary>OpenSSL cipher list of the hosts.</summary>
    public string? Ciphers { get; init; }

    public bool? PreferServerCiphers { get; init; }

    /// <summary>The ConfigMaps that the settings come from besides the annotations.</summary>
    public ImmutableArray<NamespacedName> ConfigMaps { get; init; } = [];

    /// <summary>The Secrets that the annotations name: the Ingress is looked at again when one changes.</summary>
    public ImmutableArray<NamespacedName> Secrets { get; init; } = [];

    public static IngressSettings From(AnnotationValues values, SettingsSources sources, PolicyCache cache, IResourceView view)
    {
        var defaults = sources.Routes;
        // Families that can close the paths come first: the denials are read at the end.
        var headers = CustomHeaders.Read(values, defaults, view);
        var upstreamTls = cache.Share(Annotations.UpstreamTls.Read(values, view));
        var clientCertificates = Annotations.ClientCertificates.Read(values, view);
        var mirror = cache.Share(Annotations.Mirror.Read(values, sources.ClusterDomain));
        var basicAuth = Annotations.BasicAuth.Read(values, sources, view);
        var externalAuth = Annotations.ExternalAuth.Read(values, sources, view);
        var fastCgi = FastCgi.Read(values, view);
        return new IngressSettings
        {
            RewriteTarget = values.Text(Rewrite.RewriteTarget),
            UseRegex = values.Boolean(Rewrite.UseRegex) == true,
            AppRoot = cache.Share(Rewrite.ReadAppRoot(values)),
            ForwardedPrefix = cache.Share(Rewrite.ReadForwardedPrefix(values)),
            HttpsRedirect = cache.Share(HttpsRedirects.Read(values, defaults, sources.HttpsPort)),
            Redirect = cache.Share(Redirects.Read(values, defaults)),
            RelativeRedirects = Redirects.ReadRelative(values, defaults),
            PortInRedirects = HttpsRedirects.ReadPort(values, defaults),
            WwwRedirectStatus = Redirects.ReadFromToWww(values, defaults),
            Cors = cache.Share(Annotations.Cors.Read(values)),
            SourceRanges = cache.Share(Annotations.SourceRanges.Read(values, defaults)),
            Limits = RateLimits.Read(values, sources),
            BasicAuth = basicAuth,
            ExternalAuth = externalAuth,
            SatisfyAny = values.Text(Satisfy.SatisfyMode) == "any",
            ResponseHeaders = cache.Share(headers),
            ResponseRewrite = cache.Share(ResponseRewrites.Read(values, defaults)),
            ErrorPages = cache.Share(Annotations.ErrorPages.Read(values, defaults)),
            Substitute = DefaultBackend.Read(values, values.Ingress.Namespace),
            Upstream = cache.Share(ProxySettings.Read(values, defaults) with { Tls = upstreamTls, FastCgi = fastCgi })!,
            MaxBodyBytes = ProxySettings.ReadMaxBodyBytes(values, defaults),
            AccessLog = values.Boolean(Annotations.AccessLog.EnableAccessLog) ?? true,
            LoadBalancing = cache.Share(LoadBalance.Read(values, defaults))!,
            ServiceUpstream = LoadBalance.ReadServiceUpstream(values, defaults),
            Aliases = ServerAlias.Read(values),
            SslPassthrough = values.Boolean(HostTls.Passthrough) == true,
            Mirror = mirror,
            Affinity = cache.Share(SessionAffinity.Read(values)),
            AffinityMode = SessionAffinity.ReadMode(values),
            SessionCookie = cache.Share(SessionAffinity.ReadCookie(values)),
            Canary = Annotations.Canary.Read(values, values.Ingress),
            KeepsCanarySessions = SessionAffinity.KeepsCanarySessions(values),
            ClientCertificates = cache.Share(clientCertificates),
            Ciphers = values.Text(HostTls.Ciphers),
            PreferServerCiphers = values.Boolean(HostTls.PreferServerCiphers),
            SubrequestBackends = [.. new[] { externalAuth?.Target.Backend, mirror?.Target.Backend }.OfType<BackendId>().Distinct()],
            ConfigMaps = [.. References(CustomHeaders.Reference(values), Annotations.ExternalAuth.HeadersReference(values), FastCgi.Reference(values))],
            Secrets =
            [
                .. References(
                    Annotations.BasicAuth.Reference(values, sources.Namespace),
                    Annotations.ClientCertificates.Reference(values),
                    Annotations.UpstreamTls.Reference(values)),
            ],
            Denial = Denied(cache, values.Denial ?? Annotations.SourceRanges.ReadDenial(values, defaults) ?? ReadFirewallDenial(values, defaults)),
            AuthenticationDenial = Denied(cache, values.AuthenticationDenial),
            HostDenial = Denied(cache, values.HostDenial),
        };
    }

    /// <summary>What a catch-all Ingress gives to the default backend: everything but rewriting and redirects.</summary>
    public IngressSettings WithoutRewriteAndRedirect() => this with
    {
        RewriteTarget = null,
        UseRegex = false,
        AppRoot = null,
        ForwardedPrefix = null,
        HttpsRedirect = null,
        Redirect = null,
    };

    private static string? ReadFirewallDenial(AnnotationValues values, RouteDefaults defaults) =>
        values.Boolean(ModSecurity.EnableModSecurity) == false ? null : defaults.GlobalFirewallDenial;

    private static IEnumerable<NamespacedName> References(params NamespacedName?[] names) => names.OfType<NamespacedName>().Distinct();

    private static DenialPolicy? Denied(PolicyCache cache, string? cause) => cause is null ? null : cache.Share(new DenialPolicy(cause));
}

/// <summary>What an Ingress's settings are made of besides its annotations.</summary>
/// <param name="Namespace">The Ingress's own: references without one mean it.</param>
/// <param name="Zone">The name of what is counted for the Ingress; its uid tells it from a namesake that was deleted.</param>
internal sealed record SettingsSources(
    RouteDefaults Routes, AnnotationPolicy Policy, string Namespace, string Zone, string ClusterDomain, int HttpsPort);
