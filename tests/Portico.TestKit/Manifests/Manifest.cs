using System.Globalization;
using System.Text;

namespace Portico.TestKit.Manifests;

/// <summary>Where a Service leads: an address and a port that a test peer listens on.</summary>
public sealed record ServiceEndpoint(string Address, int Port);

/// <summary>Small functions that return the YAML text of one Kubernetes object (or a Service with its EndpointSlices).</summary>
public static class Manifest
{
    public const string IngressClass =
        """
        apiVersion: networking.k8s.io/v1
        kind: IngressClass
        metadata: {name: nginx}
        spec: {controller: k8s.io/ingress-nginx}
        """;

    /// <summary>Joins documents into one file.</summary>
    public static string Join(params IEnumerable<string> documents) => string.Join("\n---\n", documents) + "\n";

    /// <summary>A Service with one port, named http, and one EndpointSlice per endpoint (their ports differ).</summary>
    public static string Service(string name, int port, params IEnumerable<ServiceEndpoint> endpoints) => Service(name, port, null, endpoints);

    /// <param name="appProtocol">What the port speaks; null when it does not say.</param>
    public static string Service(string name, int port, string? appProtocol, IEnumerable<ServiceEndpoint> endpoints)
    {
        var documents = new List<string> { Text($"""
            apiVersion: v1
            kind: Service
            metadata: {Braces($"name: {name}, namespace: default")}
            spec:
              type: ClusterIP
              ports:
              - {Braces($"name: http, port: {port}, targetPort: http, protocol: TCP{(appProtocol is null ? "" : ", appProtocol: " + appProtocol)}")}
            """) };
        documents.AddRange(endpoints.Select((endpoint, i) => EndpointSlice(name, i, endpoint)));
        return string.Join("\n---\n", documents);
    }

    public static string EndpointSlice(string service, int index, ServiceEndpoint endpoint, bool ready = true) => Text($"""
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        addressType: IPv4
        metadata: {Braces($"name: {service}-{index}, namespace: default, labels: {Braces($"kubernetes.io/service-name: {service}")}")}
        ports:
        - {Braces($"name: http, port: {endpoint.Port}, protocol: TCP")}
        endpoints:
        - {Braces($"addresses: [{endpoint.Address}], conditions: {Braces($"ready: {(ready ? "true" : "false")}")}")}
        """);

    /// <summary>An Ingress with one host and its paths; a path is written <c>/path Prefix service</c>.</summary>
    public static string Ingress(string name, string host, IEnumerable<IngressPath> paths, IReadOnlyDictionary<string, string>? annotations = null, string? tlsSecret = null)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"""
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata:
              name: {name}
              namespace: default

            """);
        if (annotations is { Count: > 0 })
        {
            text.AppendLine("  annotations:");
            foreach (var (key, value) in annotations)
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"    {(key.Contains('/', StringComparison.Ordinal) ? key : "nginx.ingress.kubernetes.io/" + key)}: {Quote(value)}");
            }
        }
        text.AppendLine("spec:").AppendLine("  ingressClassName: nginx");
        if (tlsSecret is not null)
        {
            text.AppendLine("  tls:").AppendLine(CultureInfo.InvariantCulture, $"  - {{hosts: [{Quote(host)}], secretName: {tlsSecret}}}");
        }
        text.AppendLine("  rules:").AppendLine(CultureInfo.InvariantCulture, $"  - host: {Quote(host)}").AppendLine("    http:").AppendLine("      paths:");
        foreach (var path in paths)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"      - {{path: {Quote(path.Path)}, pathType: {path.Type}, backend: {{service: {{name: {path.Service}, port: {{number: {path.Port}}}}}}}}}");
        }
        return text.ToString();
    }

    public static string ConfigMap(string name, IReadOnlyDictionary<string, string> data) =>
        Text($"""
        apiVersion: v1
        kind: ConfigMap
        metadata: {Braces($"name: {name}, namespace: default")}
        """) + (data.Count == 0 ? "" : "\ndata:\n" + string.Join("\n", data.Select(e => $"  {e.Key}: {Quote(e.Value)}")));

    public static string TlsSecret(string name, TestCertificate certificate) =>
        Secret(name, "kubernetes.io/tls", new Dictionary<string, string> { ["tls.crt"] = certificate.CertificatePem, ["tls.key"] = certificate.KeyPem });

    public static string Secret(string name, string type, IReadOnlyDictionary<string, string> data) =>
        Text($"""
        apiVersion: v1
        kind: Secret
        type: {type}
        metadata: {Braces($"name: {name}, namespace: default")}
        data:
        """) + "\n" + string.Join("\n", data.Select(e => $"  {e.Key}: {Convert.ToBase64String(Encoding.UTF8.GetBytes(e.Value))}"));

    private static string Quote(string value) => "\"" + value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";

    private static string Braces(string inner) => "{" + inner + "}";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

public sealed record IngressPath(string Service, string Path = "/", string Type = "Prefix", int Port = 80);
