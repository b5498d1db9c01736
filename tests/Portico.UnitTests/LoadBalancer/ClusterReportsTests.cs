using System.Text.Json.Nodes;
using Portico.Kubernetes.Api;
using Portico.Kubernetes.Api.Configuration;
using Portico.LoadBalancer.Allocation;
using Portico.LoadBalancer.Reporting;
using Portico.TestKit.Cluster;
using Xunit;

namespace Portico.UnitTests.LoadBalancer;

/// <summary>What speakers write about their work into MetalLB's objects, against an API server that has its moods.</summary>
public sealed class ClusterReportsTests : IAsyncLifetime
{
    private const string Ns = "metallb-system";
    private static readonly ServiceKey Web = new("shop", "web");

    /// <summary>Far beyond what anything here takes.</summary>
    private readonly CancellationTokenSource _stop = new(TimeSpan.FromSeconds(60));
    private readonly List<Task> _running = [];
    private readonly List<string> _log = [];
    private FakeApiServer _server = null!;
    private ApiClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await FakeApiServer.StartAsync();
        _client = new ApiClient(new ApiConnection { Server = _server.Address, Origin = "the test" });
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running);
        _client.Dispose();
        await _server.DisposeAsync();
        _stop.Dispose();
    }

    [Fact]
    public async Task Who_announces_a_service_has_an_object_with_its_node_labels_owner_and_interfaces()
    {
        var reports = Speaker("n1");
        reports.Layer2(Web, ["eth1", "eth2"]);

        await UntilAsync(() => Statuses("servicel2statuses") is ["n1 shop/web eth1,eth2"]);
        var found = Assert.Single(_server.List("servicel2statuses", Ns));
        Assert.StartsWith("l2-", found["metadata"]!["name"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(
            """{"metallb.io/node":"n1","metallb.io/service-name":"web","metallb.io/service-namespace":"shop"}""",
            found["metadata"]!["labels"]!.ToJsonString());
        var owner = Assert.Single(found["metadata"]!["ownerReferences"]!.AsArray())!;
        Assert.Equal(("Pod", "pod-n1", UidOf("pod-n1")), (owner["kind"]!.GetValue<string>(), owner["name"]!.GetValue<string>(), owner["uid"]!.GetValue<string>()));

        reports.Layer2(Web, []);
        await UntilAsync(() => Statuses("servicel2statuses") is ["n1 shop/web "] && _server.List("servicel2statuses", Ns)[0]["status"]!["interfaces"] is null);
        reports.Layer2(Web, null);
        await UntilAsync(() => Statuses("servicel2statuses").Count == 0);
    }

    [Fact]
    public async Task After_a_takeover_there_is_exactly_one_object_whatever_the_last_owner_left()
    {
        var first = Speaker("n1");
        first.Layer2(Web, []);
        await UntilAsync(() => Statuses("servicel2statuses") is ["n1 shop/web "]);

        // The first one is gone without a word.
        var second = Speaker("n2");
        second.Layer2(Web, []);
        await UntilAsync(() => Statuses("servicel2statuses") is ["n2 shop/web "]);

        // It comes back and takes what is its own; the other one goes by itself, and not with what is not its own.
        first.Layer2(Web, null);
        first.Layer2(Web, []);
        await UntilAsync(() => Statuses("servicel2statuses") is ["n1 shop/web "]);
        second.Layer2(Web, null);
        second.Layer2(new ServiceKey("shop", "other"), []);
        await UntilAsync(() => Statuses("servicel2statuses") is ["n1 shop/web ", "n2 shop/other "]);
    }

    [Fact]
    public async Task Each_node_has_an_object_of_its_own_for_the_peers_of_a_service()
    {
        var (one, two) = (Speaker("n1"), Speaker("n2"));
        one.Bgp(Web, ["r1", "r2"]);
        two.Bgp(Web, ["r1"]);
        await UntilAsync(() => Statuses("servicebgpstatuses") is ["n1 shop/web r1,r2", "n2 shop/web r1"]);
        Assert.All(_server.List("servicebgpstatuses", Ns), s => Assert.StartsWith("bgp-", s["metadata"]!["name"]!.GetValue<string>(), StringComparison.Ordinal));

        one.Bgp(Web, ["r2"]);
        two.Bgp(Web, null);
        await UntilAsync(() => Statuses("servicebgpstatuses") is ["n1 shop/web r2"]);
    }

    [Fact]
    public async Task A_new_pod_takes_over_the_objects_of_the_last_one_and_removes_what_does_not_hold_any_more()
    {
        var first = Speaker("n1");
        first.Layer2(Web, []);
        first.Layer2(new ServiceKey("shop", "gone"), []);
        first.Bgp(Web, ["r1"]);
        await UntilAsync(() => Statuses("servicel2statuses").Count == 2 && Statuses("servicebgpstatuses").Count == 1);
        var name = NameOf("web");

        _server.Delete("pods", Ns, "pod-n1");
        var second = Speaker("n1", decided: false);
        second.Layer2(Web, []);
        second.Decided();

        await UntilAsync(() => Statuses("servicel2statuses") is ["n1 shop/web "] && Statuses("servicebgpstatuses").Count == 0);
        await UntilAsync(() => _server.List("servicel2statuses", Ns)[0]["metadata"]!["ownerReferences"]![0]!["uid"]!.GetValue<string>() == UidOf("pod-n1"));
        Assert.Equal(name, NameOf("web"));
    }

    [Fact]
    public async Task Nothing_is_removed_before_the_speaker_has_decided()
    {
        Speaker("n1").Layer2(Web, []);
        await UntilAsync(() => Statuses("servicel2statuses").Count == 1);
        var second = Speaker("n1", decided: false);
        second.SpeakerProblems([]);
        await UntilAsync(() => StateOf("speaker-n1") == "Valid");

        Assert.Single(Statuses("servicel2statuses"));
    }

    [Fact]
    public async Task A_cluster_without_the_kinds_or_the_right_to_write_them_gets_one_line_for_each_and_the_rest()
    {
        _server.Fault = request => request.Resource switch
        {
            "servicel2statuses" => new FakeFault.Status(404),
            "servicebgpstatuses" => new FakeFault.Status(403),
            _ => null,
        };
        var reports = Speaker("n1");
        for (var i = 0; i < 5; i++)
        {
            reports.Layer2(new ServiceKey("shop", $"web{i}"), []);
            reports.Bgp(new ServiceKey("shop", $"web{i}"), ["r1"]);
            reports.SpeakerProblems([$"problem {i}"]);
            await UntilAsync(() => SummaryOf("speaker-n1") == $"problem {i}");
        }

        Assert.Single(Log(), line => line.StartsWith("servicel2statuses.metallb.io: nothing is reported there: the cluster does not have it", StringComparison.Ordinal));
        Assert.Single(Log(), line => line.Contains("grant the verbs", StringComparison.Ordinal) && line.Contains("servicebgpstatuses", StringComparison.Ordinal));
        Assert.Equal(2, Log().Count);

        _server.Fault = null;
        reports.LookAgain();
        await UntilAsync(() => Statuses("servicel2statuses").Count == 5 && Statuses("servicebgpstatuses").Count == 5);
    }

    [Theory]
    [InlineData(409)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task A_writing_that_fails_is_made_again(int code)
    {
        var left = 6;
        _server.Fault = request => request.Resource is "servicel2statuses" or "configurationstates" && Interlocked.Decrement(ref left) >= 0 ? new FakeFault.Status(code) : null;
        var reports = Speaker("n1");
        reports.Layer2(Web, []);
        reports.SpeakerProblems(["something"]);

        await UntilAsync(() => Statuses("servicel2statuses").Count == 1 && StateOf("speaker-n1") == "Invalid");
    }

    [Fact]
    public async Task An_object_that_is_removed_while_it_is_written_is_made_anew()
    {
        var removed = 0;
        _server.Fault = request =>
        {
            if (request is { Resource: "servicel2statuses", Subresource: "status" } && Interlocked.Exchange(ref removed, 1) == 0)
            {
                _server.Delete("servicel2statuses", Ns, request.Name);
            }

            return null;
        };
        Speaker("n1").Layer2(Web, []);

        await UntilAsync(() => Statuses("servicel2statuses") is ["n1 shop/web "]);
        Assert.Equal(1, removed);
    }

    [Fact]
    public async Task A_service_whose_object_is_not_accepted_harms_no_other()
    {
        var reports = Speaker("n1");
        reports.Layer2(Web, []);
        await UntilAsync(() => Statuses("servicel2statuses").Count == 1);
        var refused = 0;
        _server.Fault = request => request is { Resource: "servicel2statuses", Verb: "create" } && Interlocked.Exchange(ref refused, 1) == 0 ? new FakeFault.Status(422) : null;

        reports.Layer2(new ServiceKey("shop", "bad"), []);
        await UntilAsync(() => refused == 1);
        reports.Layer2(new ServiceKey("shop", "good"), []);

        await UntilAsync(() => Statuses("servicel2statuses") is ["n1 shop/good ", "n1 shop/web "]);
        Assert.Contains(Log(), line => line.StartsWith("ServiceL2Status of the Service shop/bad is not accepted", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_state_of_the_configuration_is_an_object_of_each_speaker_with_a_condition()
    {
        var reports = Speaker("n1");
        reports.SpeakerProblems(["b", "a"]);
        await UntilAsync(() => StateOf("speaker-n1") == "Invalid");

        var state = _server.Get("configurationstates", Ns, "speaker-n1")!;
        Assert.Equal("a\nb", SummaryOf("speaker-n1"));
        Assert.Equal("""{"metallb.io/component-type":"speaker","metallb.io/node-name":"n1"}""", state["metadata"]!["labels"]!.ToJsonString());
        var condition = Assert.Single(state["status"]!["conditions"]!.AsArray())!;
        Assert.Equal(("configReconcilerValid", "False", "a\nb"), (condition["type"]!.GetValue<string>(), condition["status"]!.GetValue<string>(), condition["message"]!.GetValue<string>()));

        reports.SpeakerProblems([]);
        await UntilAsync(() => StateOf("speaker-n1") == "Valid" && SummaryOf("speaker-n1").Length == 0);
    }

    private ClusterReports Speaker(string node, bool decided = true)
    {
        _server.Put($$"""
            apiVersion: v1
            kind: Pod
            metadata: {name: pod-{{node}}, namespace: {{Ns}}}
            """);
        var reports = new ClusterReports(_client, new ReportingPod(Ns, node, $"pod-{node}"), () => false, line =>
        {
            lock (_log)
            {
                _log.Add(line);
            }
        }, new ReportTimes { Pause = TimeSpan.Zero, RetryPause = TimeSpan.FromMilliseconds(5) });
        _running.Add(reports.RunAsync(_stop.Token));
        if (decided)
        {
            reports.Decided();
        }

        return reports;
    }

    /// <summary>Node, Service, and the names of the status, of those that are written whole.</summary>
    private List<string> Statuses(string plural) =>
    [
        .. _server.List(plural, Ns).Select(s => s["status"]).OfType<JsonObject>().Select(s =>
            $"{s["node"]} {s["serviceNamespace"]}/{s["serviceName"]} {string.Join(',', ((s["interfaces"] ?? s["peers"]) as JsonArray ?? []).Select(n => n is JsonObject o ? o["name"] : n))}").Order(StringComparer.Ordinal),
    ];

    private string NameOf(string service) =>
        _server.List("servicel2statuses", Ns).Single(s => s["metadata"]!["labels"]!["metallb.io/service-name"]!.GetValue<string>() == service)["metadata"]!["name"]!.GetValue<string>();

    private string UidOf(string pod) => _server.Get("pods", Ns, pod)!["metadata"]!["uid"]!.GetValue<string>();

    private string StateOf(string name) => _server.Get("configurationstates", Ns, name)?["status"]?["result"]?.GetValue<string>() ?? "";

    private string SummaryOf(string name) => _server.Get("configurationstates", Ns, name)?["status"]?["errorSummary"]?.GetValue<string>() ?? "";

    private List<string> Log()
    {
        lock (_log)
        {
            return [.. _log];
        }
    }

    private async Task UntilAsync(Func<bool> holds)
    {
        while (!holds())
        {
            await Task.Delay(5, _stop.Token);
        }
    }
}
