using System.Collections.Immutable;
using Portico.Model;
using Portico.Model.Policies;

namespace Portico.Ingress.Annotations;

/// <summary>Canary releases. A canary Ingress serves no host and no path of its own: it takes requests from the backends of others.</summary>
internal static class Canary
{
    public static readonly AnnotationDeclaration IsCanary = new(
        "nginx.ingress.kubernetes.io/canary", AnnotationRisk.Low, ValueRule.Boolean, InvalidValue.UsesDefault, "false",
        "true makes the Ingress a canary: it serves nothing itself, and takes some of the requests of the Services that other Ingresses name for the same host, path and path type.")
    { Scope = AnnotationScope.Ingress };

    public static readonly AnnotationDeclaration Weight = new(
        "nginx.ingress.kubernetes.io/canary-weight", AnnotationRisk.Low, ValueRule.Integer, InvalidValue.UsesDefault, "0",
        "How many of canary-weight-total requests go to the canary when neither header nor cookie decides.")
    { Scope = AnnotationScope.Ingress, ReadWith = IsCanary };

    public static readonly AnnotationDeclaration WeightTotal = new(
        "nginx.ingress.kubernetes.io/canary-weight-total", AnnotationRisk.Low, ValueRule.Integer, InvalidValue.UsesDefault, "100",
        "What the weight is a share of; 100 at least.")
    { Scope = AnnotationScope.Ingress, ReadWith = IsCanary };

    public static readonly AnnotationDeclaration ByHeader = new(
        "nginx.ingress.kubernetes.io/canary-by-header", AnnotationRisk.Medium, ValueRule.Basic, InvalidValue.UsesDefault, "none",
        "The header that decides: always sends to the canary, never keeps away from it, another value leaves it to cookie and weight.")
    { Scope = AnnotationScope.Ingress, ReadWith = IsCanary };

    public static readonly AnnotationDeclaration ByHeaderValue = new(
        "nginx.ingress.kubernetes.io/canary-by-header-value", AnnotationRisk.Medium, ValueRule.Basic, InvalidValue.UsesDefault, "none",
        "The one value of that header that sends to the canary; always and never mean nothing then.")
    { Scope = AnnotationScope.Ingress, ReadWith = IsCanary };

    public static readonly AnnotationDeclaration ByHeaderPattern = new(
        "nginx.ingress.kubernetes.io/canary-by-header-pattern", AnnotationRisk.Medium, ValueRule.RegexCharacters, InvalidValue.UsesDefault, "none",
        "A regular expression, unanchored and case-sensitive, for the value of that header. canary-by-header-value wins over it.")
    { Scope = AnnotationScope.Ingress, ReadWith = IsCanary };

    public static readonly AnnotationDeclaration ByCookie = new(
        "nginx.ingress.kubernetes.io/canary-by-cookie", AnnotationRisk.Medium, ValueRule.Basic, InvalidValue.UsesDefault, "none",
        "The cookie that decides by always and never when the header does not.")
    { Scope = AnnotationScope.Ingress, ReadWith = IsCanary };

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } =
    [
        IsCanary, Weight, WeightTotal, ByHeader, ByHeaderValue, ByHeaderPattern, ByCookie,
    ];

    /// <summary>How a canary takes requests; where from and where to is found out when hosts are merged.</summary>
    public static CanaryPolicy? Read(AnnotationValues values, ObjectReference ingress)
    {
        if (values.Boolean(IsCanary) != true)
        {
            return null;
        }

        var header = values.Text(ByHeader);
        if (header is null && (values.Has(ByHeaderValue) || values.Has(ByHeaderPattern)))
        {
            values.Warn(values.Has(ByHeaderValue) ? ByHeaderValue : ByHeaderPattern, "NoEffect", $"has no effect without {values.NameOf(ByHeader)}");
        }

        var value = header is null ? null : values.Text(ByHeaderValue);
        return new CanaryPolicy(default, ingress)
        {
            Header = header,
            HeaderValue = value,
            HeaderPattern = header is null || value is not null ? null : values.Text(ByHeaderPattern),
            Cookie = values.Text(ByCookie),
            Weight = values.Integer(Weight) ?? 0,
            WeightTotal = Math.Max(100, values.Integer(WeightTotal) ?? 100),
        };
    }
}
