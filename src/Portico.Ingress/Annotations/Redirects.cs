using System.Collections.Immutable;
using Portico.Ingress.Configuration;
using Portico.Model.Policies;
using Portico.Model.Text;

namespace Portico.Ingress.Annotations;

/// <summary>Redirects to a fixed place.</summary>
internal static class Redirects
{
    public static readonly AnnotationDeclaration TemporalRedirect = new(
        "nginx.ingress.kubernetes.io/temporal-redirect", AnnotationRisk.Medium, ValueRule.UrlWithoutBlanks, InvalidValue.DropsIngress, "none",
        "Answers every request with a redirect to this URL, 302 unless temporal-redirect-code says otherwise. Wins over permanent-redirect.");

    public static readonly AnnotationDeclaration TemporalRedirectCode = new(
        "nginx.ingress.kubernetes.io/temporal-redirect-code", AnnotationRisk.Low, ValueRule.Integer, InvalidValue.DropsIngress, "302",
        "The status of temporal-redirect: 300 to 307, anything else means 302.")
    { ReadWith = TemporalRedirect };

    public static readonly AnnotationDeclaration PermanentRedirect = new(
        "nginx.ingress.kubernetes.io/permanent-redirect", AnnotationRisk.Medium, ValueRule.UrlWithoutBlanks, InvalidValue.DropsIngress, "none",
        "Answers every request with a redirect to this URL, 301 unless permanent-redirect-code says otherwise.");

    public static readonly AnnotationDeclaration PermanentRedirectCode = new(
        "nginx.ingress.kubernetes.io/permanent-redirect-code", AnnotationRisk.Low, ValueRule.Integer, InvalidValue.DropsIngress, "301",
        "The status of permanent-redirect: 300 to 308, anything else means 301.");

    public static readonly AnnotationDeclaration RelativeRedirects = new(
        "nginx.ingress.kubernetes.io/relative-redirects", AnnotationRisk.Low, ValueRule.Boolean, InvalidValue.DropsIngress, "false",
        "Sends a Location that starts with a slash as it is. Cannot switch the ConfigMap key off.")
    { ConfigKey = "relative-redirects" };

    public static readonly AnnotationDeclaration FromToWwwRedirect = new(
        "nginx.ingress.kubernetes.io/from-to-www-redirect", AnnotationRisk.Low, ValueRule.Boolean, InvalidValue.DropsIngress, "false",
        "Redirects www.host to host, or the bare name to a host that starts with www., with http-redirect-code. Not where an Ingress has that name.");

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } =
        [TemporalRedirect, TemporalRedirectCode, PermanentRedirect, PermanentRedirectCode, RelativeRedirects, FromToWwwRedirect];

    public static bool ReadRelative(AnnotationValues values, RouteDefaults defaults) =>
        defaults.RelativeRedirects || values.Boolean(RelativeRedirects) == true;

    /// <summary>The status of the redirect from the other name; null without one.</summary>
    public static int? ReadFromToWww(AnnotationValues values, RouteDefaults defaults) =>
        values.Boolean(FromToWwwRedirect) == true ? defaults.HttpRedirectCode : null;

    public static RedirectPolicy? Read(AnnotationValues values, RouteDefaults defaults)
    {
        if (EmptyMember(values) is { } empty)
        {
            values.Warn(empty, "AnnotationParsingFailed", "is empty: all redirect annotations of the Ingress are ignored");
            return null;
        }

        if (values.Text(TemporalRedirect) is { } temporal)
        {
            if (!temporal.StartsWith("http", StringComparison.OrdinalIgnoreCase))
            {
                values.Warn(TemporalRedirect, "AnnotationParsingFailed", "is no http or https URL: all redirect annotations of the Ingress are ignored");
                return null;
            }

            return Make(temporal, Status(values, TemporalRedirectCode, 302, 307), values, defaults);
        }

        return values.Text(PermanentRedirect) is { } permanent
            ? Make(permanent, Status(values, PermanentRedirectCode, 301, 308), values, defaults)
            : null;
    }

    private static AnnotationDeclaration? EmptyMember(AnnotationValues values)
    {
        if (!values.Has(TemporalRedirect) && !values.Has(PermanentRedirect))
        {
            return null;
        }

        return values.IsEmpty(TemporalRedirect) ? TemporalRedirect
            : values.Has(TemporalRedirect) ? (values.IsEmpty(TemporalRedirectCode) ? TemporalRedirectCode : null)
            : values.IsEmpty(PermanentRedirectCode) ? PermanentRedirectCode
            : null;
    }

    private static RedirectPolicy Make(string location, int status, AnnotationValues values, RouteDefaults defaults) =>
        new() { Status = status, Location = Template.Parse(location), Relative = ReadRelative(values, defaults), WithPort = HttpsRedirects.ReadPort(values, defaults) };

    private static int Status(AnnotationValues values, AnnotationDeclaration code, int usual, int highest)
    {
        if (values.Integer(code) is not { } status)
        {
            return usual;
        }

        if (status >= 300 && status <= highest)
        {
            return status;
        }

        values.Warn(code, "AnnotationParsingFailed", $"{status} is not between 300 and {highest}; {usual} is used");
        return usual;
    }
}
