using System.Collections.Immutable;
using Portico.Ingress.Annotations;
using Portico.Model;

namespace Portico.Ingress.Configuration;

/// <summary>Redirects, access and what annotations may do.</summary>
internal static partial class ConfigKeys
{
    private const string AcmeChallenge = "/.well-known/acme-challenge";

    private static ImmutableArray<ConfigKey> RouteKeys() =>
    [
        Boolean("ssl-redirect", true, "Redirects plain requests to https when the host has a tls section.", (d, v) => d.Routes = d.Routes with { SslRedirect = v }),
        Boolean("force-ssl-redirect", false, "Redirects plain requests to https also without a tls section.", (d, v) => d.Routes = d.Routes with { ForceSslRedirect = v }),
        Boolean("preserve-trailing-slash", false, "Keeps a slash at the very end of the target in the https redirect.", (d, v) => d.Routes = d.Routes with { PreserveTrailingSlash = v }),
        Boolean("use-port-in-redirects", false, "Prints the https port in the https redirect, and the port of the connection in redirects that are completed with scheme and host.", (d, v) => d.Routes = d.Routes with { UsePortInRedirects = v }),
        Boolean("relative-redirects", false, "Sends a Location without scheme and host.", (d, v) => d.Routes = d.Routes with { RelativeRedirects = v }),
        Checked("http-redirect-code", "308", "The status of the https redirect: 301, 302, 307 or 308.", TakeRedirectCode),
        List("no-tls-redirect-locations", AcmeChallenge, "Beginnings of Ingress paths that are never redirected to https.", (d, v) => d.Routes = d.Routes with { NoTlsRedirectLocations = v }),
        List("no-auth-locations", AcmeChallenge, "Beginnings of Ingress paths that need no authentication.", (d, v) => d.Routes = d.Routes with { NoAuthLocations = v }),
        Boolean("service-upstream", false, "Sends requests to ClusterIPs instead of endpoints.", (d, v) => d.Routes = d.Routes with { ServiceUpstream = v }),
        Checked("load-balance", "round_robin", "round_robin or ewma.", TakeLoadBalance),
        List("global-allowed-response-headers", "", "The headers that the annotation custom-headers may set.", (d, v) => d.Routes = d.Routes with { AllowedResponseHeaders = v }),
        Checked("custom-http-errors", "", "Statuses from 300 to 599, of backends and of the gateway itself, that the default backend answers instead.", TakeCustomHttpErrors),
        Boolean("disable-proxy-intercept-errors", false, "Passes errors of backends as they are; only errors of the gateway itself are replaced.", (d, v) => d.Routes = d.Routes with { DisableInterception = v }),
        Text("annotations-risk-level", "High", "Critical, High, Medium or Low: Ingresses with a riskier annotation are refused.", (d, v) => d.Policy = d.Policy with { RiskLevel = RiskLevel(v) }),
        Boolean("allow-snippet-annotations", false, "Whether snippet annotations are looked at.", (d, v) => d.Policy = d.Policy with { AllowSnippets = v }),
        Boolean("allow-cross-namespace-resources", false, "Whether annotations may name Secrets and ConfigMaps of other namespaces.", (d, v) => d.Policy = d.Policy with { AllowCrossNamespaceResources = v }),
        List("annotation-value-word-blocklist", "", "Ingresses with one of these words in an annotation value are refused.", (d, v) => d.Policy = d.Policy with { ForbiddenWords = v }),
    ];

    private static ImmutableArray<ConfigKey> AccessKeys() =>
    [
        Ranges("block-cidrs", "", "These clients get 403, except on paths with source ranges of their own.", (d, v, _) => d.Settings = d.Settings with { BlockedClients = v }),
        Ranges("whitelist-source-range", "", "The default of the annotation allowlist-source-range.", TakeAllowList),
        Ranges("denylist-source-range", "", "The default of the annotation denylist-source-range.", (d, v, _) => d.Routes = d.Routes with { DeniedRanges = v }),
        List("block-user-agents", "", "User agents that get 403: whole values, or expressions after ~ or ~*.", (d, v) => d.Settings = d.Settings with { BlockedUserAgents = v }),
        List("block-referers", "", "Referers that get 403, written alike.", (d, v) => d.Settings = d.Settings with { BlockedReferers = v }),
        Checked("global-auth-url", "", "Asks this service about every request of an Ingress without auth-url.", TakeGlobalAuthUrl),
        Checked("global-auth-method", "", "The method of the question.", TakeGlobalAuthMethod),
        Checked("global-auth-signin", "", "Where a client that is not signed in is sent.", TakeGlobalAuthSignin),
        Text("global-auth-signin-redirect-param", "", "The query parameter that carries the way back.", (d, v) => d.GlobalAuth = d.GlobalAuth with { SigninRedirectParam = v }),
        Checked("global-auth-response-headers", "", "Headers of the answer that backends get.", TakeGlobalAuthHeaders),
        Text("global-auth-request-redirect", "", "The value of X-Auth-Request-Redirect.", (d, v) => d.GlobalAuth = d.GlobalAuth with { RequestRedirect = v }),
        Checked("global-auth-snippet", "", "Directives for the question: proxy_set_header sets headers of it.", TakeGlobalAuthSnippet)
            with { Difference = "with any other directive every path that global-auth-url guards answers 503." },
        Text("global-auth-cache-key", "", "The key under which answers are kept.", (d, v) => d.GlobalAuth = d.GlobalAuth with { CacheKey = v }),
        Checked("global-auth-cache-duration", "", "How long answers are kept.", TakeGlobalAuthCacheDuration),
        Boolean("global-auth-always-set-cookie", false, "Passes cookies of the service with every status.", (d, v) => d.GlobalAuth = d.GlobalAuth with { AlwaysSetCookie = v }),
        Checked("enable-modsecurity", "false", "Inspects requests. Paths answer 503 while it is not in effect.", TakeModSecurity),
        NotYet("enable-owasp-modsecurity-crs", "false", "Adds the OWASP core rule set.", NoInspection),
        NotYet("modsecurity-snippet", "", "Rules of the web application firewall.", NoInspection),
    ];

    private static bool TakeRedirectCode(ConfigurationDraft draft, string text)
    {
        if (!GoValues.TryInteger(text, out var code) || code is not (301 or 302 or 307 or 308))
        {
            return false;
        }

        draft.Routes = draft.Routes with { HttpRedirectCode = code };
        return true;
    }

    /// <summary>As in ingress-nginx, an entry that is no such status is left out and the others hold.</summary>
    private static bool TakeCustomHttpErrors(ConfigurationDraft draft, string text)
    {
        var statuses = new List<int>();
        foreach (var entry in GoValues.List(text))
        {
            if (GoValues.TryInteger(entry, out var status) && status is >= 300 and <= 599)
            {
                statuses.Add(status);
            }
            else
            {
                draft.Partial.Add(("custom-http-errors", $"'{entry}' is no status between 300 and 599; it is left out"));
            }
        }

        draft.Routes = draft.Routes with { CustomHttpErrors = new StatusList(statuses) };
        return true;
    }

    private static bool TakeLoadBalance(ConfigurationDraft draft, string text)
    {
        draft.Routes = draft.Routes with { LoadBalancing = text == "ewma" ? LoadBalancing.Ewma : LoadBalancing.RoundRobin };
        return text is "ewma" or "round_robin" or "";
    }

    /// <summary>An allow list of which nothing can be read lets nobody in: the opposite would open every path.</summary>
    private static void TakeAllowList(ConfigurationDraft draft, ImmutableArray<AddressRange> ranges, bool complete) =>
        draft.Routes = draft.Routes with
        {
            AllowedRanges = ranges,
            AllowedRangesProblem = ranges.IsEmpty && !complete ? "whitelist-source-range of the ConfigMap holds no readable entry" : null,
        };

    private static bool TakeModSecurity(ConfigurationDraft draft, string text)
    {
        if (!GoValues.TryBoolean(text, out var on))
        {
            return false;
        }

        draft.Routes = draft.Routes with { GlobalFirewallDenial = on ? "enable-modsecurity is not in effect yet, and it guards access" : null };
        if (on)
        {
            draft.Partial.Add(("enable-modsecurity", "is not in effect yet, and it guards access; paths answer 503 unless the Ingress says enable-modsecurity false"));
        }

        return true;
    }

    /// <summary>Any other word means Low.</summary>
    private static AnnotationRisk RiskLevel(string text) => text.ToUpperInvariant() switch
    {
        "CRITICAL" => AnnotationRisk.Critical,
        "HIGH" => AnnotationRisk.High,
        "MEDIUM" => AnnotationRisk.Medium,
        _ => AnnotationRisk.Low,
    };
}
