using System.Collections.Immutable;

namespace Portico.Ingress.Annotations;

/// <summary>Copies of requests to another place.</summary>
internal static class Mirror
{
    public static readonly AnnotationDeclaration Target = new(
        "nginx.ingress.kubernetes.io/mirror-target", AnnotationRisk.High, ValueRule.RegexCharacters, InvalidValue.UsesDefault, "none",
        "Where copies go.")
    { Scope = AnnotationScope.Ingress, Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration Host = new(
        "nginx.ingress.kubernetes.io/mirror-host", AnnotationRisk.High, ValueRule.RegexCharacters, InvalidValue.UsesDefault, "the host of mirror-target",
        "The Host header of the copies.")
    { Scope = AnnotationScope.Ingress, ReadWith = Target, Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration RequestBody = new(
        "nginx.ingress.kubernetes.io/mirror-request-body", AnnotationRisk.Low, ValueRule.OnOff, InvalidValue.UsesDefault, "on",
        "Whether bodies are copied.")
    { Scope = AnnotationScope.Ingress, ReadWith = Target, Effect = AnnotationEffect.NotYet };

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } =
    [
        Target, Host, RequestBody,
    ];
}
