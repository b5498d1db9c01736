using System.Collections.Immutable;
using Portico.Ingress.Configuration;
using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Portico.Model.Policies;
using Portico.Model.Text;

namespace Portico.Ingress.Annotations;

/// <summary>Response headers from a ConfigMap, limited to names the installation allows.</summary>
internal static class CustomHeaders
{
    public static readonly AnnotationDeclaration CustomHeadersMap = new(
        "nginx.ingress.kubernetes.io/custom-headers", AnnotationRisk.Medium, ValueRule.Basic, InvalidValue.UsesDefault, "none",
        "namespace/name of a ConfigMap whose entries are set on every response. Only names in the ConfigMap key global-allowed-response-headers may occur.")
    { Names = ResourceKind.ConfigMap };

    public static ImmutableArray<AnnotationDeclaration> Declarations { get; } = [CustomHeadersMap];

    /// <summary>The ConfigMap to look at again when it changes.</summary>
    public static NamespacedName? Reference(AnnotationValues values) =>
        NamespacedName.TryParse(values.Text(CustomHeadersMap), out var name) ? name : null;

    public static ResponseHeadersPolicy? Read(AnnotationValues values, RouteDefaults defaults, IResourceView view)
    {
        if (values.Text(CustomHeadersMap) is not { } text)
        {
            return null;
        }

        var map = Reference(values) is { } name ? view.Find<ConfigMap>(name.Namespace, name.Name) : null;
        if (map is null)
        {
            return Close(values, $"there is no ConfigMap '{text}'");
        }

        var headers = ImmutableArray.CreateBuilder<HeaderTemplate>(map.Data.Count);
        foreach (var (header, value) in map.Data.OrderBy(d => d.Key, StringComparer.Ordinal))
        {
            if (Problem(header, value, defaults) is { } problem)
            {
                return Close(values, problem);
            }

            headers.Add(new HeaderTemplate(header, Template.Literal(value)));
        }

        return headers.Count == 0 ? null : new ResponseHeadersPolicy(headers.ToImmutable());
    }

    private static string? Problem(string header, string value, RouteDefaults defaults)
    {
        if (!HeaderText.IsName(header))
        {
            return $"'{header}' is no header name";
        }

        if (!HeaderText.IsValue(value))
        {
            return $"the value of {header} is empty or holds forbidden characters";
        }

        return defaults.AllowedResponseHeaders.Contains(header) ? null : $"{header} is not in global-allowed-response-headers";
    }

    private static ResponseHeadersPolicy? Close(AnnotationValues values, string problem)
    {
        values.Close(CustomHeadersMap, AccessGuard.Location, $"annotation {values.NameOf(CustomHeadersMap)}: {problem}");
        return null;
    }
}
