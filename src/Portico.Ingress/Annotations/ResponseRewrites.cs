using System.Collections.Immutable;
using Portico.Ingress.Configuration;
using Portico.Model.Policies;

namespace Portico.Ingress.Annotations;

/// <summary>Rewriting of cookies and Location headers of the backend.</summary>
internal static class ResponseRewrites
{
    public static readonly AnnotationDeclaration CookieDomain = new(
        "nginx.ingress.kubernetes.io/proxy-cookie-domain", AnnotationRisk.Medium, new ValueRule("off or two words", IsOffOrTwoWords), InvalidValue.UsesDefault, "off",
        "Two words: a Domain of cookies, and what takes its place.")
    { ConfigKey = "proxy-cookie-domain" };

    public static readonly AnnotationDeclaration CookiePath = new(
        "nginx.ingress.kubernetes.io/proxy-cookie-path", AnnotationRisk.Medium, ValueRule.Url, InvalidValue.UsesDefault, "off",
        "Two words: the beginning of the Path of cookies, and what takes its place.")
    { ConfigKey = "proxy-cookie-path" };

    public static readonly AnnotationDeclaration RedirectFrom = new(
        "nginx.ingress.kubernetes.io/proxy-redirect-from", AnnotationRisk.Medium, ValueRule.Url, InvalidValue.UsesDefault, "off",
        "The beginning of Location, or of the URL in Refresh, that proxy-redirect-to replaces. off and default replace nothing.")
    { ConfigKey = "proxy-redirect-from" };

    public static readonly AnnotationDeclaration RedirectTo = new(
        "nginx.ingress.kubernetes.io/proxy-redirect-to", AnnotationRisk.Medium, ValueRule.Url, InvalidValue.UsesDefault, "off",
        "What takes the place of proxy-redirect-from. Alone it does nothing.")
    { ConfigKey = "proxy-redirect-to" };

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } = [CookieDomain, CookiePath, RedirectFrom, RedirectTo];

    public static ResponseRewritePolicy? Read(AnnotationValues values, RouteDefaults defaults)
    {
        var usual = defaults.ResponseRewrites;
        var policy = new ResponseRewritePolicy
        {
            Redirect = Replacement(values.Text(RedirectFrom) ?? usual.RedirectFrom, values.Text(RedirectTo) ?? usual.RedirectTo),
            Relative = Redirects.ReadRelative(values, defaults),
            WithPort = HttpsRedirects.ReadPort(values, defaults),
            CookieDomain = Pair(values, CookieDomain, usual.CookieDomain),
            CookiePath = Pair(values, CookiePath, usual.CookiePath),
        };
        return policy is { Redirect: null, CookieDomain: null, CookiePath: null } ? null : policy;
    }

    /// <summary>nginx's <c>default</c> names the inside of ingress-nginx, which no backend ever sends.</summary>
    private static TextReplacement? Replacement(string from, string to) =>
        from is "off" or "default" or "" || to is "off" or "" ? null : new TextReplacement(from, to);

    private static TextReplacement? Pair(AnnotationValues values, AnnotationDeclaration declaration, string usual)
    {
        if (values.Text(declaration) is not { } text)
        {
            return TryReadPair(usual, out var pairOfMap) ? pairOfMap : null;
        }

        if (!TryReadPair(text, out var pair))
        {
            // nginx refuses its whole configuration for that.
            values.Warn(declaration, "AnnotationParsingFailed", $"'{text}' is neither off nor two words; the annotation is ignored");
        }

        return pair;
    }

    /// <summary><c>off</c> reads as no pair.</summary>
    public static bool TryReadPair(string text, out TextReplacement? pair)
    {
        pair = null;
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (words is [var from, var to])
        {
            pair = new TextReplacement(from, to);
        }

        return words is ["off"] or [] || pair is not null;
    }

    private static bool IsOffOrTwoWords(string value) => ValueRule.Extended.Accepts(value) && TryReadPair(value, out _);
}
