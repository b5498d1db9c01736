using Portico.Ingress;
using Portico.Ingress.Annotations;
using Portico.Ingress.Configuration;
using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Xunit;
using IngressObject = Portico.Kubernetes.Resources.Ingress;
using static Portico.UnitTests.IngressTranslation.TestCluster;

namespace Portico.UnitTests.IngressTranslation;

/// <summary>
/// A cluster delivers only the Secrets and ConfigMaps that were asked for by name, so whatever translating looks up must have been named.
/// Every annotation and every key is tried: one that is added later cannot be forgotten.
/// </summary>
public class ReferenceTests
{
    private const string Named = "default/named";

    [Fact]
    public void What_an_annotation_makes_the_translator_look_up_was_asked_for()
    {
        var forgotten = new List<string>();
        foreach (var declaration in AnnotationCatalog.Declarations)
        {
            var view = new Recorder(new TestCluster().Add(IngressOf("i", [Rule("h.test")], With(declaration))));
            var ingress = view.All<IngressObject>().Single();
            var translator = new IngressTranslator(new IngressOptions());
            ObjectKey[] asked = [.. translator.ReferencesOf(ingress, view)];
            translator.Apply([new ResourceChange(null, ingress)], view);
            forgotten.AddRange(view.Found.Except(asked).Select(key => $"{declaration.Name} looks up the {key.Kind} {key.Namespace}/{key.Name}"));
        }

        Assert.Empty(forgotten);
    }

    [Fact]
    public void What_a_key_of_the_ConfigMap_makes_the_translator_look_up_was_asked_for()
    {
        var options = new IngressOptions { ConfigMap = new NamespacedName("default", "global") };
        var forgotten = new List<string>();
        foreach (var key in ConfigKeys.All)
        {
            var map = new ConfigMap { Metadata = new ObjectMeta { Name = "global", Namespace = "default" }, Data = new Dictionary<string, string> { [key.Name] = Named } };
            var view = new Recorder(new TestCluster().Add(map));
            var translator = new IngressTranslator(options);
            ObjectKey[] asked = [.. translator.ReferencesOfConfiguration(view)];
            translator.Apply([new ResourceChange(null, map)], view);
            forgotten.AddRange(view.Found.Except(asked).Select(found => $"{key.Name} looks up the {found.Kind} {found.Namespace}/{found.Name}"));
        }

        Assert.Empty(forgotten);
    }

    [Fact]
    public void Marked_are_the_declarations_whose_value_is_the_name_of_such_an_object()
    {
        Assert.Equal(
            [
                "nginx.ingress.kubernetes.io/auth-proxy-set-headers", "nginx.ingress.kubernetes.io/auth-secret", "nginx.ingress.kubernetes.io/auth-tls-secret",
                "nginx.ingress.kubernetes.io/custom-headers", "nginx.ingress.kubernetes.io/fastcgi-params-configmap", "nginx.ingress.kubernetes.io/proxy-ssl-secret",
            ],
            AnnotationCatalog.Declarations.Where(d => d.Names is not null).Select(d => d.Name).Order(StringComparer.Ordinal));
        Assert.Equal(["add-headers", "proxy-set-headers", "ssl-dh-param"], ConfigKeys.All.Where(k => k.Names is not null).Select(k => k.Name).Order(StringComparer.Ordinal));
    }

    /// <summary>The annotation, and what it is only looked at with.</summary>
    private static (string, string)[] With(AnnotationDeclaration declaration)
    {
        var values = new List<(string, string)> { (declaration.Suffix, Named) };
        for (var needed = declaration.ReadWith; needed is not null; needed = needed.ReadWith)
        {
            values.Add((needed.Suffix, needed.Suffix switch { "auth-type" => "basic", "auth-url" => "http://auth.test/", _ => Named }));
        }

        return [.. values];
    }

    /// <summary>Notes which Secrets and ConfigMaps of the tried value are looked up.</summary>
    private sealed class Recorder(IResourceView cluster) : IResourceView
    {
        public HashSet<ObjectKey> Found { get; } = [];

        public T? Find<T>(string ns, string name) where T : KubernetesObject
        {
            if (name == "named" && (typeof(T) == typeof(Secret) || typeof(T) == typeof(ConfigMap)))
            {
                Found.Add(new ObjectKey(typeof(T) == typeof(Secret) ? ResourceKind.Secret : ResourceKind.ConfigMap, ns, name));
            }

            return cluster.Find<T>(ns, name);
        }

        public IEnumerable<T> All<T>() where T : KubernetesObject => cluster.All<T>();

        public IReadOnlyCollection<EndpointSlice> SlicesOf(string ns, string service) => cluster.SlicesOf(ns, service);
    }
}
