using System.Collections.Immutable;
using Portico.Ingress.Configuration;
using Portico.Model.Policies;

namespace Portico.Ingress.Annotations;

/// <summary>Limits on the rate of requests and bytes.</summary>
internal static class RateLimits
{
    public static readonly AnnotationDeclaration Rps = new(
        "nginx.ingress.kubernetes.io/limit-rps", AnnotationRisk.Low, ValueRule.Integer, InvalidValue.DropsIngress, "0",
        "Requests per second and client.");

    public static readonly AnnotationDeclaration Rpm = new(
        "nginx.ingress.kubernetes.io/limit-rpm", AnnotationRisk.Low, ValueRule.Integer, InvalidValue.DropsIngress, "0",
        "Requests per minute and client.");

    public static readonly AnnotationDeclaration Connections = new(
        "nginx.ingress.kubernetes.io/limit-connections", AnnotationRisk.Low, ValueRule.Integer, InvalidValue.DropsIngress, "0",
        "Requests in progress per client.");

    public static readonly AnnotationDeclaration BurstMultiplier = new(
        "nginx.ingress.kubernetes.io/limit-burst-multiplier", AnnotationRisk.Low, ValueRule.Integer, InvalidValue.UsesDefault, "5",
        "How many times the rate may come at once.");

    public static readonly AnnotationDeclaration Allowlist = new(
        "nginx.ingress.kubernetes.io/limit-allowlist", AnnotationRisk.Low, ValueRule.AddressRanges, InvalidValue.DropsIngress, "none",
        "Clients that are not limited.")
    { Alias = "nginx.ingress.kubernetes.io/limit-whitelist" };

    public static readonly AnnotationDeclaration Rate = new(
        "nginx.ingress.kubernetes.io/limit-rate", AnnotationRisk.Low, ValueRule.Integer, InvalidValue.UsesDefault, "0",
        "Kilobytes per second of a response; 0 for no limit.")
    { ConfigKey = "limit-rate", Difference = "acts whatever proxy-buffering says." };

    public static readonly AnnotationDeclaration RateAfter = new(
        "nginx.ingress.kubernetes.io/limit-rate-after", AnnotationRisk.Low, ValueRule.Integer, InvalidValue.UsesDefault, "0",
        "Kilobytes of a response before its rate is limited.")
    { ConfigKey = "limit-rate-after" };

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } =
    [
        Rps, Rpm, Connections, BurstMultiplier, Allowlist, Rate, RateAfter,
    ];

    /// <summary>Null when nothing is limited. A number that is not positive limits nothing, as in ingress-nginx.</summary>
    public static LimitPolicy? Read(AnnotationValues values, SettingsSources sources)
    {
        var policy = new LimitPolicy
        {
            Zone = sources.Zone,
            RequestsPerSecond = Positive(values, Rps),
            RequestsPerMinute = Positive(values, Rpm),
            Connections = Positive(values, Connections),
            BurstMultiplier = Multiplier(values),
            Exempt = values.Text(Allowlist) is { } text && ValueRule.TryParseRanges(text, out var ranges) ? [.. ranges] : [],
        };
        return policy is { RequestsPerSecond: 0, RequestsPerMinute: 0, Connections: 0 } ? null : policy;
    }

    /// <summary>Null when responses go as fast as they can.</summary>
    public static ResponseRatePolicy? ReadRate(AnnotationValues values, RouteDefaults defaults) => RouteDefaults.ResponseRateOf(
        values.Integer(Rate) ?? defaults.ResponseRateKilobytes, values.Integer(RateAfter) ?? defaults.ResponseRateAfterKilobytes);

    private static int Positive(AnnotationValues values, AnnotationDeclaration declaration) => Math.Max(0, values.Integer(declaration) ?? 0);

    /// <summary>nginx loads no configuration with a burst of nothing; the strict reading of it is no burst at all.</summary>
    private static int Multiplier(AnnotationValues values)
    {
        var multiplier = values.Integer(BurstMultiplier) ?? 5;
        if (multiplier < 1)
        {
            values.Warn(BurstMultiplier, "AnnotationParsingFailed", "is less than 1: no request more than the rate is let through");
        }

        return Math.Max(0, multiplier);
    }
}
