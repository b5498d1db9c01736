using Portico.Install;
using Portico.Kubernetes.Api;
using Portico.Kubernetes.Api.Configuration;
using Portico.Kubernetes.Api.Watching;
using Portico.Kubernetes.Leadership;
using Portico.LoadBalancer.Announcing;
using Portico.LoadBalancer.Bgp;
using Portico.LoadBalancer.Bgp.Frr;
using Portico.LoadBalancer.Controlling;
using Portico.LoadBalancer.Liveness;
using Portico.LoadBalancer.Observing;
using Portico.LoadBalancer.Reporting;
using Portico.TestKit.Cluster;
using Xunit;

namespace Portico.UnitTests.LoadBalancer;

/// <summary>A controller and speaker with the rights that the chart gives it, in a cluster where everything occurs that is written.</summary>
public sealed class ClusterPermissionTests
{
    private static readonly string[] States = ["controller", "speaker-n1"];

    private const string Cluster = """
        apiVersion: v1
        kind: Node
        metadata: {name: n1}
        status: {addresses: [{type: InternalIP, address: 192.0.2.1}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: speaker, namespace: portico}
        ---
        apiVersion: metallb.io/v1beta1
        kind: IPAddressPool
        metadata: {name: main, namespace: portico}
        spec: {addresses: [192.0.2.10-192.0.2.11]}
        ---
        apiVersion: metallb.io/v1beta1
        kind: BGPAdvertisement
        metadata: {name: all, namespace: portico}
        spec: {}
        ---
        apiVersion: metallb.io/v1beta2
        kind: BGPPeer
        metadata: {name: r1, namespace: portico}
        spec: {myASN: 64512, peerASN: 64513, peerAddress: 192.0.2.99, passwordSecret: {name: r1}}
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: r1, namespace: portico}
        type: kubernetes.io/basic-auth
        data: {password: aGlkZGVu}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: web, namespace: shop}
        spec: {type: LoadBalancer, clusterIP: 10.96.0.10, clusterIPs: [10.96.0.10], ports: [{port: 80}]}
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: web-1, namespace: shop, labels: {kubernetes.io/service-name: web}}
        addressType: IPv4
        endpoints: [{addresses: [10.1.1.2], nodeName: n1}]
        ports: [{port: 8080}]
        """;

    [Fact]
    public async Task The_role_of_the_chart_allows_everything_that_is_asked_for_and_written()
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await using var server = await FakeApiServer.StartAsync();
        var chart = Chart.Embedded();
        var values = chart.NewValues();
        values.Overlay(ChartYaml.ReadMap("loadbalancer: {enabled: true}", "values"));
        foreach (var document in chart.Render(values, new Release("portico", "portico")).Where(d => d.Contains("rbac.authorization.k8s.io", StringComparison.Ordinal)))
        {
            server.Put(document);
        }

        server.Put(Cluster);
        var permissions = FakePermissions.Of(server, "portico", "portico-loadbalancer");
        server.Fault = request => permissions.Allows(request) ? null : new FakeFault.Status(403);
        using var client = new ApiClient(new ApiConnection { Server = server.Address, Origin = "the test" });
        var log = new List<string>();
        void Log(string line)
        {
            lock (log)
            {
                log.Add(line);
            }
        }

        Assert.NotNull(await SpeakerKey.FindAsync(client, "portico", Log, stop.Token));
        var running = ClusterController.RunAsync(
            client,
            new LeaderElectionOptions { Namespace = "portico", Name = "portico-loadbalancer", Identity = "speaker", Ttl = TimeSpan.FromSeconds(15) },
            new AddressControllerOptions(),
            new ReportingPod("portico", "n1", "speaker"),
            BalancerObservers.None,
            ns => ClusterController.WatchesOfSpeaker(ns) with { Times = new WatchTimes { Coalescing = TimeSpan.FromMilliseconds(1) } },
            Log,
            stop.Token,
            new Speaker(new SpeakerOptions { NodeName = "n1" }, null, null, new BgpAnnouncer(new FrrRouter(new SilentFrr(), Log), Log), new BalancerMetrics(), Log));

        while (server.Get("servicebgpstatuses", "portico", server.List("servicebgpstatuses").Select(s => s["metadata"]!["name"]!.GetValue<string>()).FirstOrDefault() ?? "-")?["status"] is null
            || server.Get("ipaddresspools", "portico", "main")!["status"] is null
            || Array.Exists(States, name => server.Get("configurationstates", "portico", name)?["status"] is null)
            || !server.List("events", "shop").Any())
        {
            await Task.Delay(5, stop.Token);
        }

        await stop.CancelAsync();
        await running;
        lock (log)
        {
            Assert.DoesNotContain(log, line => line.Contains("grant", StringComparison.Ordinal));
        }

        Assert.All(server.Requests, request => Assert.True(permissions.Allows(request), request.ToString()));
    }

    /// <summary>Does what it is told and has no sessions.</summary>
    private sealed class SilentFrr : IFrr
    {
        public Task<string> ShowAsync(string daemon, string command, CancellationToken stop) => Task.FromResult("{}");

        public Task ApplyAsync(string daemon, IReadOnlyList<string> commands, CancellationToken stop) => Task.CompletedTask;
    }
}
