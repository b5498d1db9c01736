using System.Collections.Immutable;

namespace Portico.Ingress.Annotations;

/// <summary>Limits on the rate of requests and bytes.</summary>
internal static class RateLimits
{
    public static readonly AnnotationDeclaration Rps = new(
        "nginx.ingress.kubernetes.io/limit-rps", AnnotationRisk.Low, ValueRule.Integer, InvalidValue.DropsIngress, "0",
        "Requests per second and client.")
    { Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration Rpm = new(
        "nginx.ingress.kubernetes.io/limit-rpm", AnnotationRisk.Low, ValueRule.Integer, InvalidValue.DropsIngress, "0",
        "Requests per minute and client.")
    { Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration Connections = new(
        "nginx.ingress.kubernetes.io/limit-connections", AnnotationRisk.Low, ValueRule.Integer, InvalidValue.DropsIngress, "0",
        "Requests in progress per client.")
    { Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration BurstMultiplier = new(
        "nginx.ingress.kubernetes.io/limit-burst-multiplier", AnnotationRisk.Low, ValueRule.Integer, InvalidValue.UsesDefault, "5",
        "How many times the rate may come at once.")
    { Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration Allowlist = new(
        "nginx.ingress.kubernetes.io/limit-allowlist", AnnotationRisk.Low, ValueRule.AddressRanges, InvalidValue.DropsIngress, "none",
        "Clients that are not limited.")
    { Alias = "nginx.ingress.kubernetes.io/limit-whitelist", Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration Rate = new(
        "nginx.ingress.kubernetes.io/limit-rate", AnnotationRisk.Low, ValueRule.Integer, InvalidValue.UsesDefault, "0",
        "Kilobytes per second and connection.")
    { ConfigKey = "limit-rate", Effect = AnnotationEffect.NotYet };

    public static readonly AnnotationDeclaration RateAfter = new(
        "nginx.ingress.kubernetes.io/limit-rate-after", AnnotationRisk.Low, ValueRule.Integer, InvalidValue.UsesDefault, "0",
        "Kilobytes before the rate is limited.")
    { ConfigKey = "limit-rate-after", Effect = AnnotationEffect.NotYet };

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } =
    [
        Rps, Rpm, Connections, BurstMultiplier, Allowlist, Rate, RateAfter,
    ];
}
