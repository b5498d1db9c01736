namespace Portico.NetworkTests.LoadBalancing;

/// <summary>Writes the manifests of load balancers, their pools, advertisements and nodes; fields are given in flow style.</summary>
internal static class BalancerManifest
{
    /// <summary>Three nodes, the pool of the scenarios and an advertisement of it.</summary>
    public static string Usual => Nodes() + Pool() + L2("main", "ipAddressPools: [main]");

    /// <param name="labels">More labels of one node, by its name.</param>
    public static string Nodes(params (string Node, string Labels)[] labels) => string.Concat(((string[])["n1", "n2", "n3"]).Select(n => $$$"""
        apiVersion: v1
        kind: Node
        metadata: {name: {{{n}}}, labels: {name: {{{n}}}{{{string.Concat(labels.Where(l => l.Node == n).Select(l => ", " + l.Labels))}}}}}
        status: {addresses: [{type: InternalIP, address: 198.51.100.1{{{n[1]}}}}]}
        ---

        """));

    public static string Pool(string name = "main", string addresses = "198.51.100.200-198.51.100.220, 'fd00:5::200-fd00:5::220'", string more = "") => $$$"""
        apiVersion: metallb.io/v1beta1
        kind: IPAddressPool
        metadata: {name: {{{name}}}, namespace: metallb-system}
        spec: {addresses: [{{{addresses}}}]{{{(more.Length > 0 ? ", " + more : "")}}}}
        ---

        """;

    public static string L2(string name, string spec) => Object("L2Advertisement", name, spec);

    public static string Bgp(string name, string spec) => Object("BGPAdvertisement", name, spec);

    /// <summary>The router that is the client of the segment.</summary>
    public static string Peer(string spec) => Object("BGPPeer", "router", $"peerAddress: 198.51.100.2, connectTime: 1s, {spec}", "v1beta2");

    /// <summary>The same router by its other address.</summary>
    public static string Peer6(string spec) => Object("BGPPeer", "router6", $"peerAddress: 'fd00:5::2', connectTime: 1s, {spec}", "v1beta2");

    public static string Object(string kind, string name, string spec, string version = "v1beta1") => $$$"""
        apiVersion: metallb.io/{{{version}}}
        kind: {{{kind}}}
        metadata: {name: {{{name}}}, namespace: metallb-system}
        spec: {{{{spec}}}}
        ---

        """;

    /// <param name="addresses">Those that it asks for.</param>
    /// <param name="more">More fields of the spec.</param>
    /// <param name="annotations">More annotations.</param>
    public static string Service(string name = "web", string addresses = Segment.Vip, string more = "", string labels = "", string annotations = "")
    {
        var ipv6 = addresses.Contains(':', StringComparison.Ordinal);
        var both = addresses.Contains(',', StringComparison.Ordinal);
        var families = both ? "ipFamilies: [IPv4, IPv6], ipFamilyPolicy: RequireDualStack" : ipv6 ? "ipFamilies: [IPv6]" : "ipFamilies: [IPv4]";
        var spec = $"type: LoadBalancer, {families}, ports: [{{port: 80, targetPort: 8080}}]{(more.Length > 0 ? ", " + more : "")}";
        return $$$"""
            apiVersion: v1
            kind: Service
            metadata: {name: {{{name}}}, namespace: ns1, labels: {{{{labels}}}}, annotations: {metallb.io/loadBalancerIPs: "{{{addresses}}}"{{{(annotations.Length > 0 ? ", " + annotations : "")}}}}}
            spec: {{{{spec}}}}
            ---

            """;
    }

    /// <param name="endpoints">Nodes that have an endpoint; with <c>!</c> not ready, with <c>~</c> ending but serving.</param>
    public static string Slice(string service = "web", string endpoints = "n1 n2 n3")
    {
        var items = endpoints.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(e =>
        {
            var conditions = e[^1] == '~' ? "{ready: false, serving: true, terminating: true}" : e[^1] == '!' ? "{ready: false}" : "{ready: true}";
            return $"{{addresses: [10.1.{e[1]}.2], nodeName: {e[..2]}, conditions: {conditions}}}";
        });
        return $$$"""
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: "{{{service}}}-1", namespace: ns1, labels: {kubernetes.io/service-name: {{{service}}}}}
            addressType: IPv4
            ports: [{name: "", port: 8080}]
            endpoints: [{{{string.Join(", ", items)}}}]
            ---

            """;
    }
}
