using System.Collections.Immutable;
using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Portico.Model.Policies;
using Portico.Model.Text;

namespace Portico.Ingress.Annotations;

/// <summary>FastCGI backends.</summary>
internal static class FastCgi
{
    public static readonly AnnotationDeclaration Index = new(
        "nginx.ingress.kubernetes.io/fastcgi-index", AnnotationRisk.Medium, new ValueRule("a file name", static v => v.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-')), InvalidValue.DropsIngress, "none",
        "With backend-protocol FCGI: the file that stands for a path which ends in a slash, in SCRIPT_NAME.");

    public static readonly AnnotationDeclaration Parameters = new(
        "nginx.ingress.kubernetes.io/fastcgi-params-configmap", AnnotationRisk.Medium, ValueRule.Basic, InvalidValue.DropsIngress, "none",
        "With backend-protocol FCGI: the ConfigMap of the Ingress' namespace whose entries are further parameters; variables are allowed in values.")
    { Names = ResourceKind.ConfigMap };

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
    /// <returns>Null when no annotation says anything.</returns>
    public static FastCgiPolicy? Read(AnnotationValues values, IResourceView view)
    {
        var parameters = ReadParameters(values, view);
        var index = values.Text(Index);
        return index is null && parameters.IsEmpty ? null : new FastCgiPolicy(index, parameters);
    }

    private static ImmutableArray<HeaderTemplate> ReadParameters(AnnotationValues values, IResourceView view)
    {
        if (Reference(values) is not { } name)
        {
            return [];
        }

        if (view.Find<ConfigMap>(name.Namespace, name.Name) is not { } map)
        {
            values.Close(Parameters, AccessGuard.Location, $"annotation {values.NameOf(Parameters)}: there is no ConfigMap '{name}'");
        }
        else if (map.Data.FirstOrDefault(entry => !IsParameter(entry.Key, entry.Value)) is { Key: { } bad })
        {
            values.Refuse(Parameters, $"annotation {values.NameOf(Parameters)} contains invalid value: the entry '{bad}' of ConfigMap {name} is no parameter");
        }
        else
        {
            return [.. map.Data.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => new HeaderTemplate(entry.Key, Template.Parse(entry.Value)))];
        }

        return [];
    }

    private static bool IsParameter(string name, string value) =>
        name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-')
        && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '$' or '{' or '}' or '/' or '.' or '-');
}
