using Xunit;

namespace Portico.NetworkTests;

/// <summary>
/// Two nodes, each with pods and rules of its own; the way from a client to the second one leads through the first.
/// <code>
/// cli 203.0.113.2 ──┐                                           ┌── p1 10.1.1.2
///                   ├── node 192.0.2.1 ─────────────────────────┴── p2 10.1.2.2
///   uplink ─────────┘     │ 172.16.0.1
///                         │ 172.16.0.2                          ┌── p4 10.2.4.2
///                        n2 ────────────────────────────────────┴── p5 10.2.5.2
/// </code>
/// </summary>
public sealed class TwoNodes : Topology
{
    public TwoNodes()
    {
        if (NetworkNamespace.Lacking is not null)
        {
            return;
        }

        var node = AddNode("node");
        Link("node", "net", "192.0.2", "fd00:2:");
        Link("node", "cli", "203.0.113", "fd00:c:");
        AddNode("n2");
        Connect("node", "n2", "172.16.0", "fd00:f:");
        AddPod("node", "p1", "10.1.1", "fd00:1:1:");
        AddPod("node", "p2", "10.1.2", "fd00:1:2:");
        AddPod("n2", "p4", "10.2.4", "fd00:4:4:");
        AddPod("n2", "p5", "10.2.5", "fd00:4:5:");
        node.Configure("""
            route add default via 192.0.2.2
            -6 route add default via fd00:2::2
            route add 10.2.0.0/16 via 172.16.0.2
            -6 route add fd00:4::/32 via fd00:f::2
            """);
        WaitUntilReachable("cli", "node", "n2", "p1", "p2", "p4", "p5");
    }

    /// <summary>The rules of both nodes become what the manifests say.</summary>
    /// <param name="flags">Beside those of the cluster, for the first node only.</param>
    public void Apply(string manifests, params string[] flags)
    {
        Assert.SkipWhen(NetworkNamespace.Lacking is not null, NetworkNamespace.Lacking ?? "");
        File.WriteAllText(FileNamed("all.yaml"), manifests);
        foreach (var role in (string[])["node", "n2"])
        {
            var (code, output) = Execute(role,
            [
                RunningProgram.File, "node", "--once", "--manifests", FileNamed("all.yaml"), "--node-name", role,
                "--service-cidr", "10.96.0.0/16,fd00:96::/112",
                .. role == "node" && flags.Contains("--cluster-cidr") ? [] : (string[])["--cluster-cidr", "10.1.0.0/16,10.2.0.0/16,fd00:1::/32,fd00:4::/32"],
                .. role == "node" ? flags : [],
            ]);
            Assert.True(code == 0, output);
        }
    }

    /// <summary>
    /// A slice. An endpoint is a pod's number, with <c>~</c> ending but serving; behind <c>+</c> the node that it is meant for, behind <c>=</c> the zone.
    /// </summary>
    public static string Slice(string endpoints, string type = "IPv4", string ports = "[{name: http, port: 8080}]")
    {
        var items = endpoints.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(e =>
        {
            var (address, node) = (e[0] < '4', type) switch
            {
                (true, "IPv4") => ($"10.1.{e[0]}.2", "node"),
                (true, _) => ($"fd00:1:{e[0]}::2", "node"),
                (false, "IPv4") => ($"10.2.{e[0]}.2", "n2"),
                _ => ($"fd00:4:{e[0]}::2", "n2"),
            };
            var conditions = e.Contains('~', StringComparison.Ordinal) ? "{ready: false, serving: true, terminating: true}" : "{ready: true}";
            var zones = e.Split('=') is [_, var zone] ? $"forZones: [{{name: {zone}}}]" : "";
            var nodes = e.Split('=')[0].Split('+') is [_, var own] ? $"forNodes: [{{name: {own}}}]" : "";
            return $"{{addresses: [\"{address}\"], nodeName: {node}, conditions: {conditions}, hints: {{{string.Join(", ", ((string[])[zones, nodes]).Where(h => h.Length > 0))}}}}}";
        });
        return $$$"""
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: "web-{{{type}}}", namespace: ns1, labels: {kubernetes.io/service-name: web}}
            addressType: {{{type}}}
            ports: {{{ports}}}
            endpoints: [{{{string.Join(", ", items)}}}]
            ---

            """;
    }
}
