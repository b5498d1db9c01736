using System.Collections.Immutable;

namespace Portico.Ingress.Annotations;

/// <summary>Log switches of an Ingress.</summary>
internal static class AccessLog
{
    public static readonly AnnotationDeclaration EnableAccessLog = new(
        "nginx.ingress.kubernetes.io/enable-access-log", AnnotationRisk.Low, ValueRule.Boolean, InvalidValue.UsesDefault, "true",
        "Whether requests are written to the access log.");

    public static readonly AnnotationDeclaration EnableRewriteLog = new(
        "nginx.ingress.kubernetes.io/enable-rewrite-log", AnnotationRisk.Low, ValueRule.Boolean, InvalidValue.UsesDefault, "false",
        "Whether nginx prints rewrite steps to its error log.")
    { Effect = AnnotationEffect.NoMeaning, Because = "there is no log of rewrite steps" };

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } = [EnableAccessLog, EnableRewriteLog];
}
