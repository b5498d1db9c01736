using System.Collections.Immutable;

namespace Portico.Ingress.Annotations;

/// <summary>How source ranges and authentication combine.</summary>
internal static class Satisfy
{
    public static readonly AnnotationDeclaration SatisfyMode = new(
        "nginx.ingress.kubernetes.io/satisfy", AnnotationRisk.Low, ValueRule.OneOf("all", "any"), InvalidValue.UsesDefault, "all",
        "Whether all checks must pass, or any one. Without authentication both mean the same.")
    { Effect = AnnotationEffect.InEffect };

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } =
    [
        SatisfyMode,
    ];
}
