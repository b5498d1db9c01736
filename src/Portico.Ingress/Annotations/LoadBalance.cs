using System.Collections.Immutable;
using Portico.Ingress.Configuration;
using Portico.Model;
using Portico.Model.Text;

namespace Portico.Ingress.Annotations;

/// <summary>How an endpoint of the Service is chosen.</summary>
internal static class LoadBalance
{
    private const int UsualSubsetSize = 3;

    public static readonly AnnotationDeclaration Algorithm = new(
        "nginx.ingress.kubernetes.io/load-balance", AnnotationRisk.Low,
        ValueRule.OneOf("round_robin", "chash", "chashsubset", "sticky_balanced", "sticky_persistent", "ewma"),
        InvalidValue.DropsIngress, "round_robin", "round_robin or ewma. The oldest Ingress that uses a Service decides.")
    { ConfigKey = "load-balance" };

    public static readonly AnnotationDeclaration HashBy = new(
        "nginx.ingress.kubernetes.io/upstream-hash-by", AnnotationRisk.High,
        ValueRule.NginxVariable, InvalidValue.DropsIngress, "none",
        "A text with variables; requests with the same text go to the same endpoint. Wins over load-balance.");

    public static readonly AnnotationDeclaration HashBySubset = new(
        "nginx.ingress.kubernetes.io/upstream-hash-by-subset", AnnotationRisk.Low, ValueRule.Boolean, InvalidValue.DropsIngress, "false",
        "The key picks a group of endpoints, of which each request draws one.");

    public static readonly AnnotationDeclaration HashBySubsetSize = new(
        "nginx.ingress.kubernetes.io/upstream-hash-by-subset-size", AnnotationRisk.Low, ValueRule.Integer, InvalidValue.DropsIngress, "3",
        "The size of those groups; 0 means 3.");

    public static readonly AnnotationDeclaration ServiceUpstream = new(
        "nginx.ingress.kubernetes.io/service-upstream", AnnotationRisk.Low, ValueRule.Boolean, InvalidValue.UsesDefault, "false",
        "Sends requests to the Service's ClusterIP instead of its endpoints.")
    { Scope = AnnotationScope.Ingress, ConfigKey = "service-upstream" };

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } = [Algorithm, HashBy, HashBySubset, HashBySubsetSize, ServiceUpstream];

    public static LoadBalancing Read(AnnotationValues values, RouteDefaults defaults)
    {
        if (values.Text(HashBy) is { } key)
        {
            return new LoadBalancing.ConsistentHashChoice(Template.Parse(key)) { SubsetSize = ReadSubsetSize(values) };
        }

        switch (values.Text(Algorithm))
        {
            case null:
                return defaults.LoadBalancing;
            case "ewma":
                return LoadBalancing.Ewma;
            case "round_robin":
                return LoadBalancing.RoundRobin;
            case var internalName:
                values.Warn(Algorithm, "AnnotationParsingFailed", $"{internalName} cannot be chosen by name; round_robin is used");
                return LoadBalancing.RoundRobin;
        }
    }

    private static int ReadSubsetSize(AnnotationValues values)
    {
        if (values.Boolean(HashBySubset) != true)
        {
            return 0;
        }

        var size = values.Integer(HashBySubsetSize) ?? 0;
        if (size < 0)
        {
            values.Warn(HashBySubsetSize, "AnnotationParsingFailed", $"{size} is no size; {UsualSubsetSize} is used");
        }

        return size > 0 ? size : UsualSubsetSize;
    }

    /// <summary>An invalid value counts as false, also when the ConfigMap says true.</summary>
    public static bool ReadServiceUpstream(AnnotationValues values, RouteDefaults defaults) =>
        values.Boolean(ServiceUpstream) ?? (!values.WasInvalid(ServiceUpstream) && defaults.ServiceUpstream);
}
