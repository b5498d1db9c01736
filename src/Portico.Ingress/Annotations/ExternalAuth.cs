using System.Collections.Immutable;

namespace Portico.Ingress.Annotations;

/// <summary>Authentication by an outside service. Not in effect yet: paths that ask for it are closed.</summary>
internal static class ExternalAuth
{
    public static readonly AnnotationDeclaration AuthUrl = new(
        "nginx.ingress.kubernetes.io/auth-url", AnnotationRisk.High, ValueRule.UrlWithVariables, InvalidValue.DropsIngress, "none",
        "Asks this service about every request.")
    { ConfigKey = "global-auth-url", Guards = AccessGuard.Authentication, Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration AuthMethod = new(
        "nginx.ingress.kubernetes.io/auth-method", AnnotationRisk.Low, ValueRule.OneOf("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE"), InvalidValue.ClosesLocation, "GET",
        "The method of the question.")
    { ReadWith = AuthUrl, ConfigKey = "global-auth-method", Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration AuthSignin = new(
        "nginx.ingress.kubernetes.io/auth-signin", AnnotationRisk.High, ValueRule.UrlWithVariables, InvalidValue.UsesDefault, "none",
        "Where a client that is not signed in is sent.")
    { ReadWith = AuthUrl, ConfigKey = "global-auth-signin", Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration AuthSigninRedirectParam = new(
        "nginx.ingress.kubernetes.io/auth-signin-redirect-param", AnnotationRisk.Medium, ValueRule.Url, InvalidValue.UsesDefault, "rd",
        "The query parameter that carries the way back.")
    { ReadWith = AuthUrl, ConfigKey = "global-auth-signin-redirect-param", Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration AuthCacheKey = new(
        "nginx.ingress.kubernetes.io/auth-cache-key", AnnotationRisk.Medium, ValueRule.NginxVariable, InvalidValue.UsesDefault, "none",
        "The key under which answers are kept.")
    { ReadWith = AuthUrl, ConfigKey = "global-auth-cache-key", Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration AuthCacheDuration = new(
        "nginx.ingress.kubernetes.io/auth-cache-duration", AnnotationRisk.Medium, ValueRule.Extended, InvalidValue.ClosesLocation, "200 202 401 5m",
        "How long answers are kept.")
    { ReadWith = AuthUrl, ConfigKey = "global-auth-cache-duration", Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration AuthKeepalive = new(
        "nginx.ingress.kubernetes.io/auth-keepalive", AnnotationRisk.Low, ValueRule.Integer, InvalidValue.UsesDefault, "0",
        "Idle connections kept to the service.")
    { ReadWith = AuthUrl, Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration AuthKeepaliveShareVars = new(
        "nginx.ingress.kubernetes.io/auth-keepalive-share-vars", AnnotationRisk.Low, ValueRule.Boolean, InvalidValue.UsesDefault, "false",
        "Shares variables with the question.")
    { ReadWith = AuthUrl, Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration AuthKeepaliveRequests = new(
        "nginx.ingress.kubernetes.io/auth-keepalive-requests", AnnotationRisk.Low, ValueRule.Integer, InvalidValue.UsesDefault, "1000",
        "Questions on one connection.")
    { ReadWith = AuthUrl, Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration AuthKeepaliveTimeout = new(
        "nginx.ingress.kubernetes.io/auth-keepalive-timeout", AnnotationRisk.Low, ValueRule.Integer, InvalidValue.UsesDefault, "60",
        "Seconds an idle connection is kept.")
    { ReadWith = AuthUrl, Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration AuthResponseHeaders = new(
        "nginx.ingress.kubernetes.io/auth-response-headers", AnnotationRisk.Medium, ValueRule.HeaderNames, InvalidValue.ClosesLocation, "none",
        "Headers of the answer that the backend gets.")
    { ReadWith = AuthUrl, ConfigKey = "global-auth-response-headers", Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration AuthProxySetHeaders = new(
        "nginx.ingress.kubernetes.io/auth-proxy-set-headers", AnnotationRisk.Medium, ValueRule.Basic, InvalidValue.ClosesLocation, "none",
        "namespace/name of a ConfigMap with headers for the question.")
    { ReadWith = AuthUrl, Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration AuthRequestRedirect = new(
        "nginx.ingress.kubernetes.io/auth-request-redirect", AnnotationRisk.Medium, ValueRule.Url, InvalidValue.ClosesLocation, "the request URI",
        "The value of X-Auth-Request-Redirect.")
    { ReadWith = AuthUrl, ConfigKey = "global-auth-request-redirect", Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration AuthAlwaysSetCookie = new(
        "nginx.ingress.kubernetes.io/auth-always-set-cookie", AnnotationRisk.Low, ValueRule.Boolean, InvalidValue.ClosesLocation, "false",
        "Passes cookies of the service with every status.")
    { ReadWith = AuthUrl, ConfigKey = "global-auth-always-set-cookie", Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration EnableGlobalAuth = new(
        "nginx.ingress.kubernetes.io/enable-global-auth", AnnotationRisk.Low, ValueRule.Boolean, InvalidValue.UsesDefault, "true",
        "Whether the ConfigMap key global-auth-url holds for this Ingress.")
    { Effect = AnnotationEffect.InEffect };

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } =
    [
        AuthUrl, AuthMethod, AuthSignin, AuthSigninRedirectParam, AuthCacheKey, AuthCacheDuration, AuthKeepalive,
        AuthKeepaliveShareVars, AuthKeepaliveRequests, AuthKeepaliveTimeout, AuthResponseHeaders, AuthProxySetHeaders,
        AuthRequestRedirect, AuthAlwaysSetCookie, EnableGlobalAuth,
    ];
}
