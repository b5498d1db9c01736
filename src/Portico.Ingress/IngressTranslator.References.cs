using Portico.Ingress.Annotations;
using Portico.Ingress.Configuration;
using Portico.Ingress.References;
using Portico.Ingress.Selection;
using Portico.Kubernetes;
using Portico.Kubernetes.Resources;

namespace Portico.Ingress;

/// <summary>The Secrets and ConfigMaps that translating needs: a cluster is asked for them by name.</summary>
public sealed partial class IngressTranslator
{
    private static readonly ConfigKey[] NamingKeys = [.. ConfigKeys.All.Where(key => key.Names is not null)];

    private IngressReferences? _references;

    private IngressReferences References => _references ??= new IngressReferences(new AnnotationCatalog(_options.AnnotationsPrefix));

    /// <summary>Whether there are no IngressClasses to be had: then <c>spec.ingressClassName</c> says nothing, as in ingress-nginx without that permission.</summary>
    public bool ClassesUnavailable
    {
        get => _selector.ClassesUnavailable;
        set => _selector.ClassesUnavailable = value;
    }

    /// <summary>What the Ingress names, if it is ours.</summary>
    public IEnumerable<ObjectKey> ReferencesOf(IngressResource ingress, IResourceView view) =>
        _selector.Select(ingress, view) == Ownership.Ours ? References.Of(ingress) : [];

    /// <summary>What the version of the Ingress names that serves, which may be an earlier one.</summary>
    public IEnumerable<ObjectKey> ReferencesInForce(ObjectKey ingress) =>
        _ingresses.Find(ingress)?.InForce is { } inForce ? References.Of(inForce) : [];

    /// <summary>What flags and the global ConfigMap name.</summary>
    public IEnumerable<ObjectKey> ReferencesOfConfiguration(IResourceView view) =>
        ReferencesOfConfiguration(_options.ConfigMap is { } global ? view.Find<ConfigMap>(global.Namespace, global.Name) : null);

    /// <summary>The same with a version of the global ConfigMap that is not in force yet.</summary>
    public IEnumerable<ObjectKey> ReferencesOfConfiguration(ConfigMap? map)
    {
        if (_options.DefaultSslCertificate is { } certificate)
        {
            yield return new ObjectKey(ResourceKind.Secret, certificate.Namespace, certificate.Name);
        }

        if (_options.ConfigMap is not { } global)
        {
            yield break;
        }

        yield return new ObjectKey(ResourceKind.ConfigMap, global.Namespace, global.Name);
        foreach (var key in NamingKeys)
        {
            if (map?.Data.TryGetValue(key.Name, out var value) == true && NamespacedName.TryParse(value.Trim(), out var name))
            {
                yield return new ObjectKey(key.Names!.Value, name.Namespace, name.Name);
            }
        }
    }

    /// <summary>Whether this is the global ConfigMap.</summary>
    public bool IsConfiguration(ObjectKey key) =>
        key.Kind == ResourceKind.ConfigMap && _options.ConfigMap is { } global && key.Namespace == global.Namespace && key.Name == global.Name;

    /// <summary>Whether the Ingress is one of ours, serving or refused.</summary>
    public bool Owns(ObjectKey ingress) => _ingresses.Find(ingress) is not null;

    /// <summary>What admission is held against.</summary>
    internal GlobalConfiguration Configuration => _configuration ?? GlobalConfiguration.Default;

    /// <summary>Whether a version of the Ingress serves.</summary>
    public bool Serves(ObjectKey ingress) => _ingresses.Find(ingress)?.InForce is not null;
}
