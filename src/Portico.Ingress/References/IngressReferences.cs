using System.Collections.Immutable;
using Portico.Ingress.Annotations;
using Portico.Kubernetes.Resources;

namespace Portico.Ingress.References;

/// <summary>
/// Which Secrets and ConfigMaps an Ingress names. A cluster is asked for these by name and for no others: those of the TLS section, and
/// those of annotations whose declaration says what they name. Free of state.
/// </summary>
internal sealed class IngressReferences(AnnotationCatalog catalog)
{
    private readonly ImmutableArray<AnnotationDeclaration> _naming = [.. AnnotationCatalog.Declarations.Where(declaration => declaration.Names is not null)];

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

        foreach (var annotation in _naming)
        {
            if (ingress.Metadata.Annotations.TryGetValue(AnnotationCatalog.NameOf(annotation, catalog.Prefix), out var value) && Parse(value.Trim(), ns) is { } name)
            {
                yield return new ObjectKey(annotation.Names!.Value, name.Namespace, name.Name);
            }
        }
    }

    /// <summary>Null for what cannot be a name; the family that reads the annotation says so.</summary>
    private static NamespacedName? Parse(string value, string ns) =>
        NamespacedName.TryParse(value, out var name) ? name
        : value.Length > 0 && !value.Contains('/', StringComparison.Ordinal) ? new NamespacedName(ns, value)
        : null;
}
