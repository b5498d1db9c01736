using System.Diagnostics;
using Portico.Install;
using Portico.UnitTests.Docs;
using Xunit;

namespace Portico.UnitTests.Install;

/// <summary>The chart is for Helm, which renders with Go's text/template and Sprig: what these make of it is what we make of it.</summary>
public class ChartAgainstGoTests(GoRenderer renderer) : IClassFixture<GoRenderer>
{
    private const string Everything = """
        controller:
          extraArgs: {v: 2, publish-status-address: 192.0.2.1, enable-ssl-passthrough: ""}
          config: {use-gzip: "true", hsts-max-age: 100}
          addHeaders: {X-A: b}
          proxySetHeaders: {X-C: "d: e", X-E: "yes"}
          allowSnippetAnnotations: true
          tolerations: [{key: a, operator: Exists}]
          ingressClassResource: {default: true, aliases: [web, edge], annotations: {a: "1"}}
          autoscaling: {enabled: true, targetMemoryUtilizationPercentage: 80, behavior: {scaleDown: {stabilizationWindowSeconds: 300}}}
          metrics: {serviceMonitor: {enabled: true, namespace: mon, additionalLabels: {r: p}, relabelings: [{action: drop}]}}
          service:
            annotations: {x: "true"}
            internal: {enabled: true, annotations: {a: b}}
            nodePorts: {http: 30080, tcp: {"9000": 30900}}
            loadBalancerSourceRanges: [192.0.2.0/24]
            allocateLoadBalancerNodePorts: false
          admissionWebhooks: {selfSigned: false, existingSecret: hook, caBundle: Zm9v, namespaceSelector: {matchLabels: {a: b}}}
          scope: {namespaceSelector: "a in (b)"}
          hostPort: {enabled: true}
          image: {registry: r.example.com, tag: x, digest: "sha256:abc"}
        tcp: {9000: "default/redis:6379", 22: "default/git:22:PROXY"}
        udp: {53: "kube-system/dns:53"}
        dhParam: Zm9v
        rbac: {secretNamespaces: [shop, blog, portico]}
        imagePullSecrets: [{name: reg}]
        node: {enabled: true, extraArgs: {cluster-cidr: 10.1.0.0/16, masquerade-all: ""}}
        loadbalancer: {enabled: true, extraArgs: {pool: "main=192.0.2.10-192.0.2.50,2001:db8::/120"}, frr: {enabled: true, bgpdPort: 179}, podAnnotations: {prometheus.io/scrape: "true"}}
        portNamePrefix: pp
        """;

    [Theory]
    [InlineData("loadbalancer", "portico", "portico", "")]
    [InlineData("hostnetwork", "x", "edge", "")]
    [InlineData("nodeport", "my-portico", "edge", "rbac: {secretAccess: cluster}")]
    [InlineData("nodeport", "my-portico", "edge", "loadbalancer: {enabled: true, frrSocketFolder: /run/frr}")]
    [InlineData("loadbalancer", "portico", "portico", Everything)]
    [InlineData("hostnetwork", "web", "web", Everything)]
    public void Helm_gets_the_same_objects(string mode, string release, string space, string values)
    {
        var chart = Chart.Embedded();
        var ours = chart.NewValues();
        ours.Overlay(chart.ModeValues(mode));
        ours.Overlay(ChartYaml.ReadMap(values, "values"));

        var rendered = chart.Render(ours, new Release(release, space)).Select(text => ChartYaml.Write(ChartYaml.ReadMap(text, "ours"))).Order(StringComparer.Ordinal);
        Assert.Equal(renderer.Render(mode, release, space, values).Order(StringComparer.Ordinal), rendered);
    }
}

/// <summary>The program of <c>tests/peers/helm</c>, built once.</summary>
public sealed class GoRenderer : IDisposable
{
    private static readonly string ChartFolder = Path.Combine(Repository.Root, "deploy/helm/portico");
    private readonly string _folder = Directory.CreateTempSubdirectory("portico-chart-").FullName;

    public GoRenderer() =>
        Run("go", "build", "-o", Path.Combine(_folder, "render"), Path.Combine(Repository.Root, "tests/peers/helm/render.go"));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>The objects as YAML with sorted keys.</summary>
    public List<string> Render(string mode, string release, string space, string values)
    {
        var file = Path.Combine(_folder, $"{Guid.NewGuid():N}.yaml");
        File.WriteAllText(file, values);
        var output = Run(Path.Combine(_folder, "render"), ChartFolder, release, space, Path.Combine(ChartFolder, $"modes/{mode}.yaml"), file);
        return [.. ("\n" + output).Split("\n---\n").Where(t => t.Contains("kind:", StringComparison.Ordinal)).Select(t => ChartYaml.Write(ChartYaml.ReadMap(t, "Go")))];
    }

    private string Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["GO111MODULE"] = "off";
        start.Environment["GOPATH"] = "/usr/share/gocode";
        start.Environment["GOCACHE"] = Path.Combine(_folder, "cache");
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program}: {error.Result}");
    }
}
