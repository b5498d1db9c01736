using System.Globalization;

namespace Portico.UnitTests.Kubernetes.Api;

/// <summary>Manifests for the fake API server.</summary>
internal static class ClusterObjects
{
    public const string Class = """
        apiVersion: networking.k8s.io/v1
        kind: IngressClass
        metadata: {name: nginx}
        spec: {controller: k8s.io/ingress-nginx}
        """;

    public static string Ingress(string name, string host, string ns = "default", string tlsSecret = "", string annotations = "", string service = "echo") => $"""
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata:
          name: {name}
          namespace: {ns}
          annotations: {Braces(annotations)}
        spec:
          ingressClassName: nginx
          tls: {(tlsSecret.Length > 0 ? $"[{Braces($"hosts: [{host}], secretName: {tlsSecret}")}]" : "[]")}
          rules:
          - host: {host}
            http:
              paths:
              - path: /
                pathType: Prefix
                backend:
                  service:
                    name: {service}
                    port: {Braces("number: 80")}
        """;

    public static string Service(string name, string ns = "default") => $"""
        apiVersion: v1
        kind: Service
        metadata:
          name: {name}
          namespace: {ns}
        spec:
          clusterIP: 10.0.0.1
          ports:
          - name: http
            port: 80
            targetPort: 8080
        """;

    public static string Slice(string service, params string[] addresses) => $"""
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata:
          name: {service}-1
          namespace: default
          labels: {Braces($"kubernetes.io/service-name: {service}")}
        addressType: IPv4
        ports:
        - name: http
          port: 8080
        endpoints: [{string.Join(", ", addresses.Select(a => Braces($"addresses: [{a}]")))}]
        """;

    public static string Secret(string name, string ns = "default", string value = "a") => $$"""
        apiVersion: v1
        kind: Secret
        metadata: {name: {{name}}, namespace: {{ns}}}
        type: Opaque
        data: {key: {{Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(value))}}}
        """;

    public static string ConfigMap(string name, string ns, string key, string value) => $$"""
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: {{name}}, namespace: {{ns}}}
        data: {{{key}}: "{{value}}"}
        """;

    private static string Braces(string text) => "{" + text + "}";

    public static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
