using System.Collections.Immutable;

namespace Portico.Ingress.Annotations;

/// <summary>Tracing.</summary>
internal static class OpenTelemetry
{
    private const string NoSpans = "this version makes no spans";

    public static readonly AnnotationDeclaration Enable = new(
        "nginx.ingress.kubernetes.io/enable-opentelemetry", AnnotationRisk.Low, ValueRule.Boolean, InvalidValue.UsesDefault, "unset",
        "Makes a span for every request.")
    { ConfigKey = "enable-opentelemetry", Effect = AnnotationEffect.NotYet, Because = NoSpans };

    public static readonly AnnotationDeclaration TrustIncomingSpan = new(
        "nginx.ingress.kubernetes.io/opentelemetry-trust-incoming-span", AnnotationRisk.Low, ValueRule.Boolean, InvalidValue.UsesDefault, "true",
        "Whether the client's trace is continued.")
    { ReadWith = Enable, ReadWhenOn = true, ConfigKey = "opentelemetry-trust-incoming-span", Effect = AnnotationEffect.NotYet, Because = NoSpans };

    public static readonly AnnotationDeclaration OperationName = new(
        "nginx.ingress.kubernetes.io/opentelemetry-operation-name", AnnotationRisk.Medium, new ValueRule("letters, digits, - and _", static v => v.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')), InvalidValue.DropsIngress, "none",
        "The name of the span.")
    { ReadWith = Enable, ReadWhenOn = true, ConfigKey = "opentelemetry-operation-name", Effect = AnnotationEffect.NotYet, Because = NoSpans };

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } =
    [
        Enable, TrustIncomingSpan, OperationName,
    ];
}
