using System.Collections.Immutable;

namespace Portico.Ingress.Annotations;

/// <summary>Canary releases. A canary Ingress never serves hosts or paths of its own, so while it is not in effect all requests go to the main Ingress.</summary>
internal static class Canary
{
    public static readonly AnnotationDeclaration IsCanary = new(
        "nginx.ingress.kubernetes.io/canary", AnnotationRisk.Low, ValueRule.Boolean, InvalidValue.UsesDefault, "false",
        "Marks the Ingress as a canary.")
    { Scope = AnnotationScope.Ingress, Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration Weight = new(
        "nginx.ingress.kubernetes.io/canary-weight", AnnotationRisk.Low, ValueRule.Integer, InvalidValue.UsesDefault, "0",
        "Share of the requests.")
    { Scope = AnnotationScope.Ingress, ReadWith = IsCanary, Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration WeightTotal = new(
        "nginx.ingress.kubernetes.io/canary-weight-total", AnnotationRisk.Low, ValueRule.Integer, InvalidValue.UsesDefault, "100",
        "What the weight is a share of.")
    { Scope = AnnotationScope.Ingress, ReadWith = IsCanary, Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration ByHeader = new(
        "nginx.ingress.kubernetes.io/canary-by-header", AnnotationRisk.Medium, ValueRule.Basic, InvalidValue.UsesDefault, "none",
        "The header that decides.")
    { Scope = AnnotationScope.Ingress, ReadWith = IsCanary, Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration ByHeaderValue = new(
        "nginx.ingress.kubernetes.io/canary-by-header-value", AnnotationRisk.Medium, ValueRule.Basic, InvalidValue.UsesDefault, "none",
        "The value that chooses the canary.")
    { Scope = AnnotationScope.Ingress, ReadWith = IsCanary, Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration ByHeaderPattern = new(
        "nginx.ingress.kubernetes.io/canary-by-header-pattern", AnnotationRisk.Medium, ValueRule.RegexCharacters, InvalidValue.UsesDefault, "none",
        "A regular expression that chooses the canary.")
    { Scope = AnnotationScope.Ingress, ReadWith = IsCanary, Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration ByCookie = new(
        "nginx.ingress.kubernetes.io/canary-by-cookie", AnnotationRisk.Medium, ValueRule.Basic, InvalidValue.UsesDefault, "none",
        "The cookie that decides.")
    { Scope = AnnotationScope.Ingress, ReadWith = IsCanary, Effect = AnnotationEffect.NotYet };

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } =
    [
        IsCanary, Weight, WeightTotal, ByHeader, ByHeaderValue, ByHeaderPattern, ByCookie,
    ];
}
