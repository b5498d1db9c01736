using System.Collections.Immutable;
using Portico.Kubernetes.Resources;

namespace Portico.Ingress.Annotations;

/// <summary>FastCGI backends.</summary>
internal static class FastCgi
{
    private const string NoFastCgi = "backends are spoken to by HTTP alone";

    public static readonly AnnotationDeclaration Index = new(
        "nginx.ingress.kubernetes.io/fastcgi-index", AnnotationRisk.Medium, new ValueRule("a file name", static v => v.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-')), InvalidValue.DropsIngress, "none",
        "The file for paths that end in a slash.")
    { Effect = AnnotationEffect.NotYet, Because = NoFastCgi };

    public static readonly AnnotationDeclaration Parameters = new(
        "nginx.ingress.kubernetes.io/fastcgi-params-configmap", AnnotationRisk.Medium, ValueRule.Basic, InvalidValue.DropsIngress, "none",
        "The ConfigMap with further parameters.")
    { Names = ResourceKind.ConfigMap, Effect = AnnotationEffect.NotYet, Because = NoFastCgi };

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } =
    [
        Index, Parameters,
    ];
}
