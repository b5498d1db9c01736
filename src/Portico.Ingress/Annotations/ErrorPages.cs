using System.Collections.Immutable;

namespace Portico.Ingress.Annotations;

/// <summary>Error pages from a Service.</summary>
internal static class ErrorPages
{
    public static readonly AnnotationDeclaration CustomHttpErrors = new(
        "nginx.ingress.kubernetes.io/custom-http-errors", AnnotationRisk.Low, new ValueRule("a list of statuses 400 to 599", IsStatusList), InvalidValue.DropsIngress, "none",
        "Statuses that the default backend answers.")
    { ConfigKey = "custom-http-errors", Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration DisableInterception = new(
        "nginx.ingress.kubernetes.io/disable-proxy-intercept-errors", AnnotationRisk.Low, ValueRule.Boolean, InvalidValue.UsesDefault, "false",
        "Passes errors of the backend as they are.")
    { ConfigKey = "disable-proxy-intercept-errors", Effect = AnnotationEffect.NotYet };

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } =
    [
        CustomHttpErrors, DisableInterception,
    ];

    private static bool IsStatusList(string value) => ValueRule.WithoutBlanks(value).Split(',').All(static part =>
        part.Length == 0 || (part.Length == 3 && part[0] is '4' or '5' && char.IsAsciiDigit(part[1]) && char.IsAsciiDigit(part[2])));
}
