using System.Collections.Immutable;

namespace Portico.Ingress.Annotations;

/// <summary>Rewriting of cookies and Location headers of the backend.</summary>
internal static class ProxyCookies
{
    public static readonly AnnotationDeclaration CookieDomain = new(
        "nginx.ingress.kubernetes.io/proxy-cookie-domain", AnnotationRisk.Medium, new ValueRule("off or two words", static v => v.Trim() == "off" || v.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length == 2 && ValueRule.Extended.Accepts(v)), InvalidValue.UsesDefault, "off",
        "Replaces the Domain of cookies: from to.")
    { ConfigKey = "proxy-cookie-domain", Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration CookiePath = new(
        "nginx.ingress.kubernetes.io/proxy-cookie-path", AnnotationRisk.Medium, ValueRule.Url, InvalidValue.UsesDefault, "off",
        "Replaces the beginning of the Path of cookies: from to.")
    { ConfigKey = "proxy-cookie-path", Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration RedirectFrom = new(
        "nginx.ingress.kubernetes.io/proxy-redirect-from", AnnotationRisk.Medium, ValueRule.Url, InvalidValue.UsesDefault, "off",
        "The beginning of Location that is replaced.")
    { ConfigKey = "proxy-redirect-from", Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration RedirectTo = new(
        "nginx.ingress.kubernetes.io/proxy-redirect-to", AnnotationRisk.Medium, ValueRule.Url, InvalidValue.UsesDefault, "off",
        "What takes its place.")
    { ConfigKey = "proxy-redirect-to", ReadWith = RedirectFrom, Effect = AnnotationEffect.NotYet };

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } =
    [
        CookieDomain, CookiePath, RedirectFrom, RedirectTo,
    ];
}
