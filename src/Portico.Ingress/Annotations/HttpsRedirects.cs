using System.Collections.Immutable;
using Portico.Ingress.Configuration;
using Portico.Model.Policies;

namespace Portico.Ingress.Annotations;

/// <summary>The redirect from http to https.</summary>
internal static class HttpsRedirects
{
    public static readonly AnnotationDeclaration SslRedirect = new(
        "nginx.ingress.kubernetes.io/ssl-redirect", AnnotationRisk.Low, ValueRule.Boolean, InvalidValue.UsesDefault, "true",
        "Redirects plain requests to https when the host has a tls section.")
    { ConfigKey = "ssl-redirect" };

    public static readonly AnnotationDeclaration ForceSslRedirect = new(
        "nginx.ingress.kubernetes.io/force-ssl-redirect", AnnotationRisk.Medium, ValueRule.Boolean, InvalidValue.UsesDefault, "false",
        "Redirects plain requests to https also without a tls section.")
    { ConfigKey = "force-ssl-redirect" };

    public static readonly AnnotationDeclaration PreserveTrailingSlash = new(
        "nginx.ingress.kubernetes.io/preserve-trailing-slash", AnnotationRisk.Medium, ValueRule.Boolean, InvalidValue.UsesDefault, "false",
        "Keeps a slash at the very end of path and query in the https redirect.")
    { ConfigKey = "preserve-trailing-slash" };

    public static readonly AnnotationDeclaration UsePortInRedirects = new(
        "nginx.ingress.kubernetes.io/use-port-in-redirects", AnnotationRisk.Low, ValueRule.Boolean, InvalidValue.UsesDefault, "false",
        "Prints the https port in the https redirect, and the port of the connection in redirects that are completed with scheme and host.")
    { ConfigKey = "use-port-in-redirects" };

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } =
        [SslRedirect, ForceSslRedirect, PreserveTrailingSlash, UsePortInRedirects];

    public static HttpsRedirectPolicy? Read(AnnotationValues values, RouteDefaults defaults, int httpsPort)
    {
        var force = values.Boolean(ForceSslRedirect) ?? defaults.ForceSslRedirect;
        if (!force && !(values.Boolean(SslRedirect) ?? defaults.SslRedirect))
        {
            return null;
        }

        return new HttpsRedirectPolicy
        {
            Always = force,
            Status = defaults.HttpRedirectCode,
            PreserveTrailingSlash = values.Boolean(PreserveTrailingSlash) ?? defaults.PreserveTrailingSlash,
            Port = ReadPort(values, defaults) ? httpsPort : null,
        };
    }

    public static bool ReadPort(AnnotationValues values, RouteDefaults defaults) => values.Boolean(UsePortInRedirects) ?? defaults.UsePortInRedirects;
}
