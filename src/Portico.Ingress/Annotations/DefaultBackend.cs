using System.Collections.Immutable;

namespace Portico.Ingress.Annotations;

/// <summary>The Service that steps in when a path's own Service has no endpoints.</summary>
internal static class DefaultBackend
{
    public static readonly AnnotationDeclaration Service = new(
        "nginx.ingress.kubernetes.io/default-backend", AnnotationRisk.Low, ValueRule.ServiceName, InvalidValue.DropsIngress, "none",
        "A Service of the same namespace that answers when the path's Service has no endpoints.")
    { Effect = AnnotationEffect.NotYet };

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } = [Service];
}
