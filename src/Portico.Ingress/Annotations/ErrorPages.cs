using System.Collections.Immutable;
using System.Globalization;
using Portico.Ingress.Configuration;
using Portico.Model;
using Portico.Model.Policies;

namespace Portico.Ingress.Annotations;

/// <summary>Error pages from a Service.</summary>
internal static class ErrorPages
{
    public static readonly AnnotationDeclaration CustomHttpErrors = new(
        "nginx.ingress.kubernetes.io/custom-http-errors", AnnotationRisk.Low, new ValueRule("a list of statuses 400 to 599", IsStatusList), InvalidValue.DropsIngress, "none",
        "Statuses, of backends and of the gateway itself, that the default backend answers instead. Replaces the list of the ConfigMap.")
    { ConfigKey = "custom-http-errors" };

    public static readonly AnnotationDeclaration DisableInterception = new(
        "nginx.ingress.kubernetes.io/disable-proxy-intercept-errors", AnnotationRisk.Low, ValueRule.Boolean, InvalidValue.UsesDefault, "false",
        "Passes errors of backends as they are; only errors of the gateway itself are replaced. Cannot switch off what the list of the ConfigMap switched on.")
    { ConfigKey = "disable-proxy-intercept-errors" };

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } =
    [
        CustomHttpErrors, DisableInterception,
    ];

    /// <summary>The list of the Ingress replaces that of the ConfigMap; interception that the ConfigMap asks for stays on, as in ingress-nginx.</summary>
    public static ErrorPagePolicy? Read(AnnotationValues values, RouteDefaults defaults)
    {
        var everywhere = !defaults.CustomHttpErrors.IsEmpty && !defaults.DisableInterception;
        if (values.Text(CustomHttpErrors) is not { } text)
        {
            return defaults.CustomHttpErrors.IsEmpty ? null : new ErrorPagePolicy(defaults.CustomHttpErrors, everywhere);
        }

        var statuses = new StatusList(ValueRule.WithoutBlanks(text).Split(',', StringSplitOptions.RemoveEmptyEntries)
            .Select(s => int.Parse(s, CultureInfo.InvariantCulture)));
        return statuses.IsEmpty ? null : new ErrorPagePolicy(statuses, everywhere || values.Boolean(DisableInterception) != true);
    }

    private static bool IsStatusList(string value) => ValueRule.WithoutBlanks(value).Split(',').All(static part =>
        part.Length == 0 || (part.Length == 3 && part[0] is '4' or '5' && char.IsAsciiDigit(part[1]) && char.IsAsciiDigit(part[2])));
}
