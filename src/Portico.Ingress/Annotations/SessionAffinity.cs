using System.Collections.Immutable;
using System.Globalization;
using Portico.Model.Policies;

namespace Portico.Ingress.Annotations;

/// <summary>Sticky sessions by cookie.</summary>
internal static class SessionAffinity
{
    /// <summary>A thousand years: more cannot be written as a date.</summary>
    private const long MostSeconds = 1000L * 366 * 86400;

    public static readonly AnnotationDeclaration Affinity = new(
        "nginx.ingress.kubernetes.io/affinity", AnnotationRisk.Low, ValueRule.OneOf("cookie"), InvalidValue.UsesDefault, "none",
        "cookie: requests of a session go to one endpoint. Belongs to the Service: every rule that uses it honours the cookie.")
    { Scope = AnnotationScope.Ingress };

    public static readonly AnnotationDeclaration AffinityMode = new(
        "nginx.ingress.kubernetes.io/affinity-mode", AnnotationRisk.Medium, ValueRule.OneOf("balanced", "persistent"), InvalidValue.UsesDefault, "balanced",
        "balanced: the cookie is hashed, some sessions move when endpoints are added. persistent: it names the endpoint.")
    { Scope = AnnotationScope.Ingress, ReadWith = Affinity };

    public static readonly AnnotationDeclaration AffinityCanaryBehavior = new(
        "nginx.ingress.kubernetes.io/affinity-canary-behavior", AnnotationRisk.Low, ValueRule.OneOf("sticky", "legacy"), InvalidValue.UsesDefault, "sticky",
        "sticky: who was served by the canary stays there. legacy: canary answers set no cookie. Read on the canary Ingress.")
    { Scope = AnnotationScope.Ingress };

    public static readonly AnnotationDeclaration CookieName = new(
        "nginx.ingress.kubernetes.io/session-cookie-name", AnnotationRisk.Medium, ValueRule.Basic, InvalidValue.UsesDefault, "INGRESSCOOKIE",
        "The name of the cookie.")
    { Scope = AnnotationScope.Ingress, ReadWith = Affinity };

    public static readonly AnnotationDeclaration CookieExpires = new(
        "nginx.ingress.kubernetes.io/session-cookie-expires", AnnotationRisk.Medium, ValueRule.Seconds, InvalidValue.UsesDefault, "none",
        "Expires, in seconds from now.")
    { Scope = AnnotationScope.Ingress, ReadWith = Affinity };

    public static readonly AnnotationDeclaration CookieMaxAge = new(
        "nginx.ingress.kubernetes.io/session-cookie-max-age", AnnotationRisk.Medium, ValueRule.Seconds, InvalidValue.UsesDefault, "none",
        "Max-Age in seconds.")
    { Scope = AnnotationScope.Ingress, ReadWith = Affinity };

    public static readonly AnnotationDeclaration CookiePath = new(
        "nginx.ingress.kubernetes.io/session-cookie-path", AnnotationRisk.Medium, ValueRule.Url, InvalidValue.UsesDefault, "the path of the rule",
        "Path of the cookie. With use-regex it should be set, because the path of the rule is an expression then.")
    { Scope = AnnotationScope.Ingress, ReadWith = Affinity };

    public static readonly AnnotationDeclaration CookieDomain = new(
        "nginx.ingress.kubernetes.io/session-cookie-domain", AnnotationRisk.Medium, ValueRule.Basic, InvalidValue.UsesDefault, "none",
        "Domain of the cookie.")
    { Scope = AnnotationScope.Ingress, ReadWith = Affinity };

    public static readonly AnnotationDeclaration CookieSameSite = new(
        "nginx.ingress.kubernetes.io/session-cookie-samesite", AnnotationRisk.Low, ValueRule.OneOfIgnoringCase("none", "lax", "strict"), InvalidValue.UsesDefault, "none",
        "SameSite of the cookie. Only the spellings None, Lax and Strict are sent.")
    { Scope = AnnotationScope.Ingress, ReadWith = Affinity };

    public static readonly AnnotationDeclaration CookieConditionalSameSite = new(
        "nginx.ingress.kubernetes.io/session-cookie-conditional-samesite-none", AnnotationRisk.Low, ValueRule.Boolean, InvalidValue.UsesDefault, "false",
        "Leaves SameSite=None out for browsers that cannot read it.")
    { Scope = AnnotationScope.Ingress, ReadWith = Affinity };

    public static readonly AnnotationDeclaration CookieSecure = new(
        "nginx.ingress.kubernetes.io/session-cookie-secure", AnnotationRisk.Low, ValueRule.Boolean, InvalidValue.UsesDefault, "as the connection",
        "true: Secure also over plain HTTP. Over TLS it is always there.")
    { Scope = AnnotationScope.Ingress, ReadWith = Affinity };

    public static readonly AnnotationDeclaration CookieChangeOnFailure = new(
        "nginx.ingress.kubernetes.io/session-cookie-change-on-failure", AnnotationRisk.Low, ValueRule.Boolean, InvalidValue.UsesDefault, "false",
        "true: a failed attempt moves the session to another endpoint. false: the same one is tried again.")
    { Scope = AnnotationScope.Ingress, ReadWith = Affinity };

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } =
    [
        Affinity, AffinityMode, AffinityCanaryBehavior, CookieName, CookieExpires, CookieMaxAge, CookiePath, CookieDomain,
        CookieSameSite, CookieConditionalSameSite, CookieSecure, CookieChangeOnFailure,
    ];

    /// <summary>Null without affinity.</summary>
    public static SessionAffinityPolicy? Read(AnnotationValues values) => !values.Has(Affinity) ? null : new SessionAffinityPolicy
    {
        CookieName = values.Text(CookieName) ?? "INGRESSCOOKIE",
        Mode = ReadMode(values) ?? Model.Policies.AffinityMode.Balanced,
        ChangeOnFailure = values.Boolean(CookieChangeOnFailure) == true,
    };

    /// <summary>Null when the Ingress does not say: another one of the same Service may.</summary>
    public static AffinityMode? ReadMode(AnnotationValues values) => values.Text(AffinityMode) switch
    {
        "persistent" => Model.Policies.AffinityMode.Persistent,
        "balanced" => Model.Policies.AffinityMode.Balanced,
        _ => null,
    };

    /// <summary>An empty path stands for that of each rule.</summary>
    public static SessionCookiePolicy? ReadCookie(AnnotationValues values)
    {
        if (!values.Has(Affinity))
        {
            return null;
        }

        if (values.Boolean(Rewrite.UseRegex) == true && !values.Has(CookiePath))
        {
            values.Warn(CookiePath, "RegexCookiePath", "should be set with use-regex: the path of the rule, an expression, becomes the path of the cookie");
        }

        return new SessionCookiePolicy(values.Text(CookiePath) ?? "")
        {
            Expires = ReadSeconds(values, CookieExpires),
            MaxAge = ReadSeconds(values, CookieMaxAge),
            Domain = values.Text(CookieDomain),
            AlwaysSecure = values.Boolean(CookieSecure) == true,
            SameSite = ReadSameSite(values),
            ConditionalSameSiteNone = values.Boolean(CookieConditionalSameSite) == true,
        };
    }

    public static bool KeepsCanarySessions(AnnotationValues values) => values.Text(AffinityCanaryBehavior) != "legacy";

    private static long? ReadSeconds(AnnotationValues values, AnnotationDeclaration declaration)
    {
        if (values.Text(declaration) is not { } text)
        {
            return null;
        }

        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds) && Math.Abs(seconds) <= MostSeconds)
        {
            return seconds;
        }

        values.Warn(declaration, "AnnotationParsingFailed", $"'{text}' is no number of seconds; the attribute is left out");
        return null;
    }

    /// <summary>Other spellings pass the check of ingress-nginx, and its cookie writer drops them.</summary>
    private static string? ReadSameSite(AnnotationValues values)
    {
        var text = values.Text(CookieSameSite);
        if (text is null or "None" or "Lax" or "Strict")
        {
            return text;
        }

        values.Warn(CookieSameSite, "AnnotationParsingFailed", $"'{text}' must be spelt None, Lax or Strict; the attribute is left out");
        return null;
    }
}
