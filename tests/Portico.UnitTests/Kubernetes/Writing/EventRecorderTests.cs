using Portico.Kubernetes.Events;
using Portico.TestKit.Cluster;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.UnitTests.Kubernetes.Writing;

public class EventRecorderTests
{
    private static readonly EventReference One = new("networking.k8s.io/v1", "Ingress", "default", "one", "uid-1", "7");
    private readonly List<string> _warnings = [];

    [Fact]
    public async Task An_event_is_what_kubectl_describe_looks_for()
    {
        await using var cluster = await WritingCluster.StartAsync();
        await using var recorder = Run(cluster);
        recorder.Recorder.Record(One, EventType.Normal, "Sync", "Scheduled for sync");
        await Eventually.TrueAsync(() => cluster.Server.List("events", "default").Count == 1, "the event is written");

        var written = cluster.Server.List("events", "default")[0];
        Assert.Equal(("Sync", "Normal", "Scheduled for sync", 1), (Text(written, "reason"), Text(written, "type"), Text(written, "message"), written["count"]!.GetValue<int>()));
        Assert.Equal("uid-1", written["involvedObject"]!["uid"]!.GetValue<string>());
        Assert.Equal("nginx-ingress-controller", written["source"]!["component"]!.GetValue<string>());
    }

    [Fact]
    public async Task An_object_with_the_longest_of_names_gets_events_too()
    {
        await using var cluster = await WritingCluster.StartAsync();
        await using var recorder = Run(cluster);
        var name = string.Join('.', Enumerable.Repeat(new string('a', 62) + "-b", 3)) + "." + new string('c', 58);
        recorder.Recorder.Record(One with { Name = name }, EventType.Normal, "Sync", "a");
        await Eventually.TrueAsync(() => cluster.Server.List("events", "default").Count == 1, "the event is written");

        var written = cluster.Server.List("events", "default")[0];
        Assert.Equal(name, written["involvedObject"]!["name"]!.GetValue<string>());
        Assert.Equal(253, name.Length);
        Assert.Empty(_warnings);
    }

    [Fact]
    public async Task The_same_again_raises_the_count()
    {
        await using var cluster = await WritingCluster.StartAsync();
        await using var recorder = Run(cluster);
        recorder.Recorder.Record(One, EventType.Warning, "Rejected", "no");
        recorder.Recorder.Record(One with { ResourceVersion = "8" }, EventType.Warning, "Rejected", "no");
        recorder.Recorder.Record(One, EventType.Warning, "Rejected", "something else");
        await Eventually.TrueAsync(() => cluster.Server.List("events").Count == 2 && cluster.Count("patch", "events") == 1, "two events, one of them twice");

        Assert.Equal([1, 2], cluster.Server.List("events").Select(e => e["count"]!.GetValue<int>()).Order());
    }

    [Fact]
    public async Task One_that_the_cluster_has_forgotten_is_written_anew()
    {
        await using var cluster = await WritingCluster.StartAsync();
        await using var recorder = Run(cluster);
        recorder.Recorder.Record(One, EventType.Normal, "Sync", "a");
        await Eventually.TrueAsync(() => cluster.Server.List("events").Count == 1, "the event is written");
        cluster.Server.Delete("events", "default", cluster.Server.List("events")[0]["metadata"]!["name"]!.GetValue<string>());
        recorder.Recorder.Record(One, EventType.Normal, "Sync", "a");

        await Eventually.TrueAsync(() => cluster.Server.List("events").Count == 1, "it is written again");
    }

    [Fact]
    public async Task An_object_has_a_budget_and_others_do_not_suffer()
    {
        await using var cluster = await WritingCluster.StartAsync();
        await using var recorder = Run(cluster, new EventLimits { BurstOfAnObject = 3, PerSecondOfAnObject = 0.0001 });
        for (var i = 0; i < 10; i++)
        {
            recorder.Recorder.Record(One, EventType.Warning, "Rejected", $"for the {i}th time");
        }

        recorder.Recorder.Record(One with { Name = "two" }, EventType.Warning, "Rejected", "once");
        await Eventually.TrueAsync(() => cluster.Server.List("events").Count == 4, "three of one, one of the other");
        Assert.Equal(7, recorder.Recorder.Dropped);
    }

    [Fact]
    public async Task What_waits_is_bounded_and_nobody_waits_for_it()
    {
        await using var cluster = await WritingCluster.StartAsync();
        cluster.Server.Fault = _ => new FakeFault.Delay(TimeSpan.FromMinutes(1));
        await using var recorder = Run(cluster, new EventLimits { Queue = 5 });
        for (var i = 0; i < 1000; i++)
        {
            recorder.Recorder.Record(One with { Name = $"n{i}" }, EventType.Normal, "Sync", "a");
        }

        Assert.True(recorder.Recorder.Dropped >= 990);
    }

    [Fact]
    public async Task A_refusal_is_told_once()
    {
        await using var cluster = await WritingCluster.StartAsync();
        cluster.Server.Fault = _ => new FakeFault.Status(403, "Forbidden");
        await using var recorder = Run(cluster);
        for (var i = 0; i < 5; i++)
        {
            recorder.Recorder.Record(One with { Name = $"n{i}" }, EventType.Normal, "Sync", "a");
        }

        await Eventually.TrueAsync(() => recorder.Recorder.Dropped == 5, "all five were refused");
        Assert.Contains("grant the verbs create and patch on events", Assert.Single(_warnings), StringComparison.Ordinal);
    }

    private static string Text(System.Text.Json.Nodes.JsonObject from, string name) => from[name]!.GetValue<string>();

    private Running Run(WritingCluster cluster, EventLimits? limits = null) => new(new EventRecorder(cluster.Client, "gateway-0", _warnings.Add, limits));

    /// <summary>A recorder whose task ends with the test.</summary>
    private sealed class Running : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _task;

        public Running(EventRecorder recorder)
        {
            Recorder = recorder;
            _task = recorder.RunAsync(_stop.Token);
        }

        public EventRecorder Recorder { get; }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _task;
            _stop.Dispose();
        }
    }
}
