using Xunit;
using static Portico.UnitTests.Kubernetes.Manifests.ManifestText;

namespace Portico.UnitTests.Kubernetes.Manifests;

public class IngressV1Beta1Tests
{
    [Fact]
    public void The_first_path_is_shown_in_its_v1_form()
    {
        var error = Error("""
            kind: Ingress
            apiVersion: extensions/v1beta1
            metadata: {name: old, namespace: shop}
            spec:
              rules:
              - host: a.test
                http:
                  paths:
                  - path: /tea
                    backend: {serviceName: tea, servicePort: 80}
                  - path: /coffee(.*)
                    backend: {serviceName: coffee, servicePort: http}
            """);

        Assert.Equal(2, error.Line);
        Assert.Equal(("shop", "old"), (error.Key?.Namespace, error.Key?.Name));
        Assert.Equal("apiVersion: extensions/v1beta1 was removed in Kubernetes 1.22; write networking.k8s.io/v1, and spec.rules[0].http.paths[0] as "
            + "{path: /tea, pathType: ImplementationSpecific, backend: {service: {name: tea, port: {number: 80}}}} (and the other 1 likewise)", error.Message);
    }

    [Theory]
    [InlineData("spec: {rules: [{http: {paths: [{path: '/a(.*)', pathType: Prefix, backend: {serviceName: a, servicePort: web}}]}}]}",
        ", and spec.rules[0].http.paths[0] as {path: '/a(.*)', pathType: Prefix, backend: {service: {name: a, port: {name: web}}}}")]
    [InlineData("spec: {backend: {serviceName: a, servicePort: '8080'}}", ", and spec.backend as defaultBackend: {service: {name: a, port: {number: 8080}}}")]
    [InlineData("spec: {rules: [{host: a}, 5, {http: {paths: [7]}}]}", "")]
    [InlineData("spec: 5", "")]
    public void The_form_follows_what_the_object_says(string spec, string advice) =>
        Assert.Equal("apiVersion: networking.k8s.io/v1beta1 was removed in Kubernetes 1.22; write networking.k8s.io/v1" + advice,
            Error($"apiVersion: networking.k8s.io/v1beta1\nkind: Ingress\nmetadata: {{name: a}}\n{spec}\n").Message);
}
