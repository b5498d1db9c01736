using System.Collections.Immutable;

namespace Portico.Ingress.Annotations;

/// <summary>Sticky sessions by cookie.</summary>
internal static class SessionAffinity
{
    public static readonly AnnotationDeclaration Affinity = new(
        "nginx.ingress.kubernetes.io/affinity", AnnotationRisk.Low, ValueRule.OneOf("cookie"), InvalidValue.UsesDefault, "none",
        "cookie: requests of a session go to one endpoint.")
    { Scope = AnnotationScope.Ingress, Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration AffinityMode = new(
        "nginx.ingress.kubernetes.io/affinity-mode", AnnotationRisk.Medium, ValueRule.OneOf("balanced", "persistent"), InvalidValue.UsesDefault, "balanced",
        "Whether sessions move when endpoints are added.")
    { Scope = AnnotationScope.Ingress, ReadWith = Affinity, Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration AffinityCanaryBehavior = new(
        "nginx.ingress.kubernetes.io/affinity-canary-behavior", AnnotationRisk.Low, ValueRule.OneOf("sticky", "legacy"), InvalidValue.UsesDefault, "sticky",
        "Whether a canary keeps its sessions.")
    { Scope = AnnotationScope.Ingress, Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration CookieName = new(
        "nginx.ingress.kubernetes.io/session-cookie-name", AnnotationRisk.Medium, ValueRule.Basic, InvalidValue.UsesDefault, "INGRESSCOOKIE",
        "The name of the cookie.")
    { Scope = AnnotationScope.Ingress, ReadWith = Affinity, Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration CookieExpires = new(
        "nginx.ingress.kubernetes.io/session-cookie-expires", AnnotationRisk.Medium, ValueRule.Seconds, InvalidValue.UsesDefault, "none",
        "Expires, in seconds from now.")
    { Scope = AnnotationScope.Ingress, ReadWith = Affinity, Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration CookieMaxAge = new(
        "nginx.ingress.kubernetes.io/session-cookie-max-age", AnnotationRisk.Medium, ValueRule.Seconds, InvalidValue.UsesDefault, "none",
        "Max-Age in seconds.")
    { Scope = AnnotationScope.Ingress, ReadWith = Affinity, Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration CookiePath = new(
        "nginx.ingress.kubernetes.io/session-cookie-path", AnnotationRisk.Medium, ValueRule.Url, InvalidValue.UsesDefault, "the path of the rule",
        "Path of the cookie.")
    { Scope = AnnotationScope.Ingress, ReadWith = Affinity, Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration CookieDomain = new(
        "nginx.ingress.kubernetes.io/session-cookie-domain", AnnotationRisk.Medium, ValueRule.Basic, InvalidValue.UsesDefault, "none",
        "Domain of the cookie.")
    { Scope = AnnotationScope.Ingress, ReadWith = Affinity, Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration CookieSameSite = new(
        "nginx.ingress.kubernetes.io/session-cookie-samesite", AnnotationRisk.Low, ValueRule.OneOfIgnoringCase("none", "lax", "strict"), InvalidValue.UsesDefault, "none",
        "SameSite of the cookie.")
    { Scope = AnnotationScope.Ingress, ReadWith = Affinity, Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration CookieConditionalSameSite = new(
        "nginx.ingress.kubernetes.io/session-cookie-conditional-samesite-none", AnnotationRisk.Low, ValueRule.Boolean, InvalidValue.UsesDefault, "false",
        "Leaves SameSite=None out for browsers that cannot read it.")
    { Scope = AnnotationScope.Ingress, ReadWith = Affinity, Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration CookieSecure = new(
        "nginx.ingress.kubernetes.io/session-cookie-secure", AnnotationRisk.Low, ValueRule.Boolean, InvalidValue.UsesDefault, "as the connection",
        "Secure of the cookie.")
    { Scope = AnnotationScope.Ingress, ReadWith = Affinity, Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration CookieChangeOnFailure = new(
        "nginx.ingress.kubernetes.io/session-cookie-change-on-failure", AnnotationRisk.Low, ValueRule.Boolean, InvalidValue.UsesDefault, "false",
        "Whether a failed attempt moves the session.")
    { Scope = AnnotationScope.Ingress, ReadWith = Affinity, Effect = AnnotationEffect.NotYet };

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } =
    [
        Affinity, AffinityMode, AffinityCanaryBehavior, CookieName, CookieExpires, CookieMaxAge, CookiePath, CookieDomain,
        CookieSameSite, CookieConditionalSameSite, CookieSecure, CookieChangeOnFailure,
    ];
}
