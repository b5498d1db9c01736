using System.Collections.Immutable;
using Portico.Ingress.Annotations;
using Portico.Model;
using Portico.Model.Policies;

namespace Portico.Ingress.Configuration;

/// <summary>What the ConfigMap says about routes whose Ingress has no annotation of its own.</summary>
internal sealed record RouteDefaults
{
    public bool SslRedirect { get; init; } = true;

    public bool ForceSslRedirect { get; init; }

    public bool PreserveTrailingSlash { get; init; }

    public bool UsePortInRedirects { get; init; }

    public bool RelativeRedirects { get; init; }

    public int HttpRedirectCode { get; init; } = 308;

    /// <summary>Beginnings of Ingress paths that are never redirected to https.</summary>
    public ImmutableArray<string> NoTlsRedirectLocations { get; init; } = ["/.well-known/acme-challenge"];

    /// <summary>Beginnings of Ingress paths that need no authentication.</summary>
    public ImmutableArray<string> NoAuthLocations { get; init; } = ["/.well-known/acme-challenge"];

    public ImmutableArray<AddressRange> AllowedRanges { get; init; } = [];

    public ImmutableArray<AddressRange> DeniedRanges { get; init; } = [];

    /// <summary>Who may read <c>/nginx_status</c> by IPv4, and by IPv6.</summary>
    public ImmutableArray<AddressRange> StatusReaders4 { get; init; } = [AddressRange.Parse("127.0.0.1")];

    public ImmutableArray<AddressRange> StatusReaders6 { get; init; } = [AddressRange.Parse("::1")];

    /// <summary>Set when an allow list was given of which nothing could be read: then nobody is let in by it.</summary>
    public string? AllowedRangesProblem { get; init; }

    /// <summary><c>custom-http-errors</c>: statuses that the default backend answers.</summary>
    public StatusList CustomHttpErrors { get; init; } = StatusList.Empty;

    /// <summary><c>disable-proxy-intercept-errors</c>: errors of backends pass, those of the gateway are replaced.</summary>
    public bool DisableInterception { get; init; }

    public ResponseRewriteDefaults ResponseRewrites { get; init; } = new();

    /// <summary>Null for no limit.</summary>
    public long? MaxBodyBytes { get; init; } = 1024 * 1024;

    public UpstreamPolicy Upstream { get; init; } = UpstreamPolicy.Default;

    /// <summary><c>limit-rate</c>, kept apart from <see cref="Upstream"/> because an annotation may replace either of the two alone.</summary>
    public int ResponseRateKilobytes { get; init; }

    public int ResponseRateAfterKilobytes { get; init; }

    public ResponseRatePolicy? ResponseRate => ResponseRateOf(ResponseRateKilobytes, ResponseRateAfterKilobytes);

    /// <summary>Null when responses go as fast as they can: a number that is not positive limits nothing.</summary>
    public static ResponseRatePolicy? ResponseRateOf(int kilobytes, int after) =>
        kilobytes > 0 ? new ResponseRatePolicy(kilobytes * 1024L, Math.Max(0, after) * 1024L) : null;

    /// <summary><c>retry-non-idempotent</c>, kept apart because annotations replace only the words of proxy-next-upstream.</summary>
    public bool RetryNonIdempotent { get; init; }

    public bool ServiceUpstream { get; init; }

    /// <summary>Whether proxy-ssl annotations leave the paths of other Ingresses alone.</summary>
    public bool ProxySslLocationOnly { get; init; }

    public LoadBalancing LoadBalancing { get; init; } = LoadBalancing.RoundRobin;

    /// <summary>The headers that custom-headers may set, compared with case.</summary>
    public ImmutableArray<string> AllowedResponseHeaders { get; init; } = [];

    /// <summary>The keys <c>global-auth-*</c>; null without a usable <c>global-auth-url</c>.</summary>
    public GlobalAuthSettings? GlobalAuth { get; init; }

    /// <summary>Set while the web application firewall is configured, which is not in effect yet.</summary>
    public string? GlobalFirewallDenial { get; init; }

    /// <summary>Equality by value, also of the lists.</summary>
    public bool IsSameAs(RouteDefaults other) =>
        this with { NoTlsRedirectLocations = [], NoAuthLocations = [], AllowedRanges = [], DeniedRanges = [], StatusReaders4 = [], StatusReaders6 = [], AllowedResponseHeaders = [] }
        == other with { NoTlsRedirectLocations = [], NoAuthLocations = [], AllowedRanges = [], DeniedRanges = [], StatusReaders4 = [], StatusReaders6 = [], AllowedResponseHeaders = [] }
        && NoTlsRedirectLocations.SequenceEqual(other.NoTlsRedirectLocations) && NoAuthLocations.SequenceEqual(other.NoAuthLocations)
        && AllowedRanges.SequenceEqual(other.AllowedRanges) && DeniedRanges.SequenceEqual(other.DeniedRanges)
        && StatusReaders4.SequenceEqual(other.StatusReaders4) && StatusReaders6.SequenceEqual(other.StatusReaders6)
        && AllowedResponseHeaders.SequenceEqual(other.AllowedResponseHeaders);
}

/// <summary>The keys <c>proxy-redirect-*</c> and <c>proxy-cookie-*</c> as they are written.</summary>
internal sealed record ResponseRewriteDefaults
{
    public string RedirectFrom { get; init; } = "off";

    public string RedirectTo { get; init; } = "off";

    public string CookieDomain { get; init; } = "off";

    public string CookiePath { get; init; } = "off";
}

/// <summary>Which annotations the installation accepts.</summary>
internal sealed record AnnotationPolicy
{
    public AnnotationRisk RiskLevel { get; init; } = AnnotationRisk.High;

    public ImmutableArray<string> ForbiddenWords { get; init; } = [];

    public bool AllowSnippets { get; init; }

    /// <summary>Whether admission refuses paths of type Exact and Prefix that look like expressions.</summary>
    public bool StrictPathTypes { get; init; } = true;

    public bool AllowCrossNamespaceResources { get; init; }

    /// <summary>Equality by value, also of the list.</summary>
    public bool IsSameAs(AnnotationPolicy other) =>
        this with { ForbiddenWords = [] } == other with { ForbiddenWords = [] } && ForbiddenWords.SequenceEqual(other.ForbiddenWords);
}

/// <summary>The keys <c>global-auth-*</c> as they are written; what they mean is what the annotations of these names mean.</summary>
internal sealed record GlobalAuthSettings
{
    public string Url { get; init; } = "";

    public string Method { get; init; } = "";

    public string Signin { get; init; } = "";

    public string SigninRedirectParam { get; init; } = "";

    public string ResponseHeaders { get; init; } = "";

    public string RequestRedirect { get; init; } = "";

    public string CacheKey { get; init; } = "";

    public string CacheDuration { get; init; } = "";

    public string Snippet { get; init; } = "";

    public bool AlwaysSetCookie { get; init; }
}
