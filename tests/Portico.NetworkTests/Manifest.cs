namespace Portico.NetworkTests;

/// <summary>Writes the manifests of scenarios.</summary>
internal static class Manifest
{
    public const string Ports = "[{name: http, port: 80, targetPort: 8080}]";

    public const string NodePorts = "[{name: http, port: 80, targetPort: 8080, nodePort: 30080}]";

    /// <param name="more">Further fields of the spec, in flow style.</param>
    /// <param name="status">Addresses of the load balancer, in flow style.</param>
    public static string Service(string name = "web", string ip = "10.96.0.10", string ports = Ports, string more = "", string status = "") => $$$"""
        apiVersion: v1
        kind: Service
        metadata: {name: {{{name}}}, namespace: ns1}
        spec: {clusterIP: "{{{ip}}}", ports: {{{ports}}}{{{(more.Length > 0 ? ", " + more : "")}}}}
        status: {loadBalancer: {ingress: [{{{status}}}]}}
        ---

        """;

    /// <summary>
    /// A slice. An endpoint is a pod's number, with <c>!</c> not ready, with <c>~</c> ending but serving, with <c>-</c> ending, with <c>@</c> on
    /// another node.
    /// </summary>
    public static string Slice(string endpoints, string service = "web", string name = "1", string ports = "[{name: http, port: 8080}]", string type = "IPv4")
    {
        var items = endpoints.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(e =>
        {
            var address = type == "IPv4" ? $"10.1.{e[0]}.2" : $"fd00:1:{e[0]}::2";
            var conditions = e.Contains('~', StringComparison.Ordinal) ? "{ready: false, serving: true, terminating: true}"
                : e.Contains('-', StringComparison.Ordinal) ? "{ready: false, serving: false, terminating: true}"
                : e.Contains('!', StringComparison.Ordinal) ? "{ready: false}" : "{ready: true}";
            return $"{{addresses: [\"{address}\"], nodeName: {(e.Contains('@', StringComparison.Ordinal) ? "other" : "node")}, conditions: {conditions}}}";
        });
        return $$$"""
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: "{{{service}}}-{{{name}}}", namespace: ns1, labels: {kubernetes.io/service-name: {{{service}}}}}
            addressType: {{{type}}}
            ports: {{{ports}}}
            endpoints: [{{{string.Join(", ", items)}}}]
            ---

            """;
    }
}
