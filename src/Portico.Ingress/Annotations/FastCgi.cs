using System.Collections.Immutable;
using Portico.Kubernetes;
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

    /// <summary>The ConfigMap to look at again when it changes; one of another namespace is not looked at.</summary>
    public static NamespacedName? Reference(AnnotationValues values)
    {
        var ns = values.Ingress.Namespace;
        return values.Text(Parameters) is not { } text ? null
            : !text.Contains('/', StringComparison.Ordinal) ? new NamespacedName(ns, text)
            : NamespacedName.TryParse(text, out var name) && name.Namespace == ns ? name
            : null;
    }

    /// <summary>The ConfigMap is checked whatever protocol the backends speak: a missing one closes the paths, bad content refuses the Ingress.</summary>
    public static void Check(AnnotationValues values, IResourceView view)
    {
        if (Reference(values) is not { } name)
        {
            return;
        }

        if (view.Find<ConfigMap>(name.Namespace, name.Name) is not { } map)
        {
            values.Close(Parameters, AccessGuard.Location, $"annotation {values.NameOf(Parameters)}: there is no ConfigMap '{name}'");
        }
        else if (map.Data.FirstOrDefault(entry => !IsParameter(entry.Key, entry.Value)) is { Key: { } bad })
        {
            values.Refuse(Parameters, $"annotation {values.NameOf(Parameters)} contains invalid value: the entry '{bad}' of ConfigMap {name} is no parameter");
        }
    }

    private static bool IsParameter(string name, string value) =>
        name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-')
        && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '$' or '{' or '}' or '/' or '.' or '-');
}
