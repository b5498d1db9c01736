using Portico.Ingress.Annotations;
using Portico.Kubernetes.Resources;

namespace Portico.Ingress.References;

/// <summary>
/// Which Secrets and ConfigMaps an Ingress names. A cluster is asked for these by name and for no others, so an annotation that
/// names one must stand here. Free of state.
/// </summary>
internal sealed class IngressReferences(AnnotationCatalog catalog)
{
    private static readonly (AnnotationDeclaration Annotation, ResourceKind Kind)[] Naming =
    [
        (BasicAuth.AuthSecret, ResourceKind.Secret),
        (ClientCertificates.AuthTlsSecret, ResourceKind.Secret),
        (UpstreamTls.Secret, ResourceKind.Secret),
        (CustomHeaders.CustomHeadersMap, ResourceKind.ConfigMap),
        (ExternalAuth.AuthProxySetHeaders, ResourceKind.ConfigMap),
        (FastCgi.Parameters, ResourceKind.ConfigMap),
    ];

    public IEnumerable<ObjectKey> Of(IngressResource ingress)
    {
        var ns = ingress.Metadata.Namespace;
        foreach (var tls in ingress.Spec.Tls)
        {
            if (tls.SecretName.Length > 0)
            {
                yield return new ObjectKey(ResourceKind.Secret, ns, tls.SecretName);
            }
        }

        foreach (var (annotation, kind) in Naming)
        {
            if (ingress.Metadata.Annotations.TryGetValue($"{catalog.Prefix}/{annotation.Suffix}", out var value) && Parse(value.Trim(), ns) is { } name)
            {
                yield return new ObjectKey(kind, name.Namespace, name.Name);
            }
        }
    }

    /// <summary>Null for what cannot be a name; the family that reads the annotation says so.</summary>
    private static NamespacedName? Parse(string value, string ns) =>
        NamespacedName.TryParse(value, out var name) ? name
        : value.Length > 0 && !value.Contains('/', StringComparison.Ordinal) ? new NamespacedName(ns, value)
        : null;
}
