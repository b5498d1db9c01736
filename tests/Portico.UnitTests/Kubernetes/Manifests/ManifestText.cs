using System.Text;
using Portico.Kubernetes.Manifests;
using Portico.Kubernetes.Resources;
using Xunit;

namespace Portico.UnitTests.Kubernetes.Manifests;

/// <summary>Short forms for tests that read manifests from text.</summary>
internal static class ManifestText
{
    public static ManifestContent Read(string text) => ManifestReader.Read(Encoding.UTF8.GetBytes(text));

    public static T One<T>(string text) where T : KubernetesObject
    {
        var content = Read(text);
        Assert.Empty(content.Errors);
        return Assert.IsType<T>(Assert.Single(content.Objects).Object);
    }

    public static ManifestError Error(string text)
    {
        var content = Read(text);
        Assert.Empty(content.Objects);
        return Assert.Single(content.Errors);
    }

    public static string ConfigMap(string name, string value = "x", string ns = "default") =>
        $"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: {ns}}}\ndata: {{key: '{value}'}}\n";

    public static string Ingress(string name, string host = "a.test") =>
        $$"""
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata:
          name: {{name}}
        spec:
          rules:
          - host: {{host}}
            http:
              paths:
              - path: /
                pathType: Prefix
                backend: {service: {name: web, port: {number: 80} } }

        """;
}
