using Portico.Kubernetes.Resources;
using Portico.Kubernetes.Sources;
using Portico.TestKit.Cluster;
using Portico.TestKit.Wire;
using Xunit;
using IngressObject = Portico.Kubernetes.Resources.Ingress;

namespace Portico.UnitTests.Kubernetes.Api;

public class ApiSourceTests
{
    private static readonly ObjectKey SecretKey = new(ResourceKind.Secret, "default", "tls");

    [Fact]
    public async Task What_is_there_comes_first_and_then_every_change()
    {
        await using var cluster = await WatchedCluster.StartAsync(prepare: server =>
        {
            server.Put(ClusterObjects.Class);
            server.Put(ClusterObjects.Ingress("one", "one.test"));
            server.Put(ClusterObjects.Service("echo"));
        });
        await cluster.SyncedAsync();

        Assert.Equal(["one"], cluster.Names<IngressObject>());
        Assert.Equal("k8s.io/ingress-nginx", cluster.Find<IngressClass>("", "nginx")!.Spec.Controller);

        cluster.Server.Put(ClusterObjects.Ingress("two", "two.test"));
        cluster.Server.Put(ClusterObjects.Ingress("one", "changed.test"));
        cluster.Server.Put(ClusterObjects.Slice("echo", "10.1.0.1"));
        cluster.Server.Delete("services", "default", "echo");

        await WatchedCluster.TrueAsync(
            () => cluster.Find<IngressObject>("default", "one")?.Spec.Rules[0].Host == "changed.test" && cluster.Names<IngressObject>().Length == 2
                && cluster.Names<EndpointSlice>() is ["echo-1"] && cluster.Names<Service>().Length == 0,
            "all four changes have come");
    }

    [Fact]
    public async Task A_list_of_several_pages_is_one_list()
    {
        await using var cluster = await WatchedCluster.StartAsync(prepare: server =>
        {
            for (var i = 0; i < 1203; i++)
            {
                server.Put(ClusterObjects.Service("svc-" + ClusterObjects.Number(i)));
            }
        });
        await cluster.SyncedAsync();

        Assert.Equal(1203, cluster.Names<Service>().Length);
        Assert.Equal(3, cluster.Server.Requests.Count(r => r is { Verb: "list", Resource: "services" }));
    }

    [Fact]
    public async Task A_page_that_has_expired_begins_the_list_anew()
    {
        var expired = 0;
        await using var cluster = await WatchedCluster.StartAsync(prepare: server =>
        {
            for (var i = 0; i < 700; i++)
            {
                server.Put(ClusterObjects.Service("svc-" + ClusterObjects.Number(i)));
            }

            server.Fault = request =>
            {
                if (request.Resource == "services" && request.Query.ContainsKey("continue") && Interlocked.Increment(ref expired) <= 4)
                {
                    server.Compact();
                }

                return null;
            };
        });
        await cluster.SyncedAsync();

        Assert.Equal(700, cluster.Names<Service>().Length);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_version_that_is_gone_is_answered_with_a_new_list_and_told_as_a_difference(bool byStatus)
    {
        await using var cluster = await WatchedCluster.StartAsync(
            prepare: server =>
            {
                server.Put(ClusterObjects.Service("stays"));
                server.Put(ClusterObjects.Service("changes"));
                server.Put(ClusterObjects.Service("goes"));
            },
            server: new FakeApiServerOptions { ExpiredWatchesByStatus = byStatus });
        await cluster.SyncedAsync();
        cluster.Server.GoAway();
        cluster.Server.Put(ClusterObjects.Service("changes").Replace("10.0.0.1", "10.0.0.2", StringComparison.Ordinal));
        cluster.Server.Delete("services", "default", "goes");
        cluster.Server.Put(ClusterObjects.Service("comes"));
        cluster.Server.Compact();
        var before = cluster.Batches.Count;
        cluster.Server.ComeBack();
        await WatchedCluster.TrueAsync(() => cluster.Names<Service>().SequenceEqual(["changes", "comes", "stays"]), "the new list has come");

        // What stayed the same was not touched.
        var changes = cluster.Batches.Skip(before).SelectMany(b => b.Changes).ToArray();
        Assert.DoesNotContain(changes, c => c.Key.Name == "stays");
        Assert.Equal("10.0.0.2", cluster.Find<Service>("default", "changes")!.Spec.ClusterIP);
    }

    [Fact]
    public async Task While_the_server_is_away_nothing_is_lost_and_one_line_says_so()
    {
        await using var cluster = await WatchedCluster.StartAsync(prepare: server => server.Put(ClusterObjects.Service("echo")));
        await cluster.SyncedAsync();
        cluster.Server.GoAway();
        await WatchedCluster.TrueAsync(() => cluster.Problems.Any(), "the absence is told");

        Assert.False(cluster.Source.IsInContact);
        Assert.Equal(["echo"], cluster.Names<Service>());
        Assert.Contains("what serves goes on serving", Assert.Single(cluster.Problems).Message, StringComparison.Ordinal);

        cluster.Server.ComeBack();
        await WatchedCluster.TrueAsync(() => cluster.Problems.Any(p => p.Resolved), "the return is told");
        await WatchedCluster.TrueAsync(() => cluster.Source.IsInContact, "the source is in contact");
        Assert.True(cluster.Source.Failures > 0);
        Assert.True(cluster.Source.LastContactSeconds > 0);
    }

    [Fact]
    public async Task Only_Secrets_that_are_wanted_are_asked_for_each_by_its_name()
    {
        await using var cluster = await WatchedCluster.StartAsync(prepare: server =>
        {
            server.Put(ClusterObjects.Secret("tls"));
            server.Put(ClusterObjects.Secret("other"));
        });
        await cluster.SyncedAsync();
        Assert.DoesNotContain(cluster.Server.Requests, r => r.Resource == "secrets");

        cluster.Source.Follow([SecretKey], []);
        await WatchedCluster.TrueAsync(() => cluster.Batches.Any(b => b.Held.Contains(SecretKey)), "the Secret is held");
        Assert.Equal(["tls"], cluster.Names<Secret>());

        cluster.Server.Put(ClusterObjects.Secret("tls", value: "b"));
        await WatchedCluster.TrueAsync(() => cluster.Find<Secret>("default", "tls")!.Data["key"].SequenceEqual("b"u8.ToArray()), "its change has come");
        Assert.All(cluster.Server.Requests.Where(r => r.Resource == "secrets"), r => Assert.Equal("metadata.name=tls", r.Query["fieldSelector"]));

        cluster.Source.Follow([], [SecretKey]);
        await WatchedCluster.TrueAsync(() => cluster.Names<Secret>().Length == 0, "what is not wanted any more has gone");
    }

    [Fact]
    public async Task A_Secret_that_is_not_there_counts_as_known_and_comes_when_it_is_created()
    {
        await using var cluster = await WatchedCluster.StartAsync();
        await cluster.SyncedAsync();
        cluster.Source.Follow([SecretKey], []);
        await WatchedCluster.TrueAsync(() => cluster.Batches.Any(b => b.Held.Contains(SecretKey)), "its absence is known");

        cluster.Server.Put(ClusterObjects.Secret("tls"));
        await WatchedCluster.TrueAsync(() => cluster.Names<Secret>() is ["tls"], "it has come");
    }

    [Fact]
    public async Task With_all_Secrets_there_is_one_watch_which_leaves_out_chart_releases()
    {
        await using var cluster = await WatchedCluster.StartAsync(
            new ApiSourceOptions { WatchAllSecrets = true },
            server =>
            {
                server.Put(ClusterObjects.Secret("tls"));
                server.Put(ClusterObjects.Secret("release").Replace("Opaque", "helm.sh/release.v1", StringComparison.Ordinal));
            });
        await cluster.SyncedAsync();

        Assert.Equal(["tls"], cluster.Names<Secret>());
    }

    [Fact]
    public async Task What_may_not_be_read_is_told_with_the_permission_that_is_missing()
    {
        await using var cluster = await WatchedCluster.StartAsync(prepare: server => server.Fault = request =>
            request.Resource == "services" ? new FakeFault.Status(403, "Forbidden") : null);
        await WatchedCluster.TrueAsync(() => cluster.Problems.Any(), "the refusal is told");

        Assert.Contains("grant the verbs list and watch on services", Assert.Single(cluster.Problems).Message, StringComparison.Ordinal);
        Assert.DoesNotContain(cluster.Batches, b => b.Synced);

        cluster.Server.Fault = null;
        await cluster.SyncedAsync();
        await WatchedCluster.TrueAsync(() => cluster.Problems.Any(p => p.Resolved), "the problem is taken back");
    }

    [Theory]
    [InlineData(403)]
    [InlineData(404)]
    public async Task Without_permission_for_classes_the_rest_syncs(int status)
    {
        await using var cluster = await WatchedCluster.StartAsync(prepare: server => server.Fault = request =>
            request.Resource == "ingressclasses" ? new FakeFault.Status(status, "Forbidden") : null);
        await cluster.SyncedAsync();

        Assert.Contains(ResourceKind.IngressClass, cluster.Batches.Last(b => b.Synced).Unavailable);
    }

    [Fact]
    public async Task One_namespace_is_asked_for_where_one_is_watched()
    {
        await using var cluster = await WatchedCluster.StartAsync(new ApiSourceOptions { WatchNamespace = "team" }, server =>
        {
            server.Put(ClusterObjects.Service("mine", "team"));
            server.Put(ClusterObjects.Service("theirs", "other"));
        });
        await cluster.SyncedAsync();

        Assert.Equal(["mine"], cluster.Names<Service>());
        Assert.All(cluster.Server.Requests.Where(r => r.Resource is "services" or "ingresses" or "endpointslices"), r => Assert.Equal("team", r.Namespace));
    }

    public static TheoryData<FakeFault> Faults =>
    [
        new FakeFault.Status(500), new FakeFault.Status(503, "ServiceUnavailable"), new FakeFault.Cut(0), new FakeFault.Cut(40),
        new FakeFault.Garbage("<html>a proxy speaks</html>"), new FakeFault.Garbage("{\"items\":[]}"), new FakeFault.Garbage("{\"type\":\"ADDED\",\"object\":{}}\n"),
        new FakeFault.Garbage(""), new FakeFault.Drip(7, TimeSpan.Zero),
    ];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Whatever_goes_wrong_with_every_third_request_the_end_is_what_the_server_has(FakeFault fault)
    {
        var count = 0;
        await using var cluster = await WatchedCluster.StartAsync(prepare: server =>
        {
            server.Put(ClusterObjects.Service("first"));
            server.Fault = request => Interlocked.Increment(ref count) % 3 == 0 ? fault : null;
        });
        await cluster.SyncedAsync();
        for (var i = 0; i < 10; i++)
        {
            cluster.Server.Put(ClusterObjects.Service("svc-" + ClusterObjects.Number(i)));
            cluster.Server.CutAll();
        }

        await WatchedCluster.TrueAsync(() => cluster.Names<Service>().Length == 11, "everything has come");
        Assert.DoesNotContain(cluster.Batches.SelectMany(b => b.Changes), c => c.New is null);
    }

    [Fact]
    public async Task A_server_that_asks_for_patience_is_left_alone_as_long_as_it_says()
    {
        var asked = 0;
        await using var cluster = await WatchedCluster.StartAsync(prepare: server => server.Fault = request =>
            request is { Resource: "services", Verb: "list" } && Interlocked.Increment(ref asked) == 1 ? new FakeFault.Status(429, "TooManyRequests", RetryAfter: 1) : null);
        var began = System.Diagnostics.Stopwatch.GetTimestamp();
        await cluster.SyncedAsync();

        Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(began) >= TimeSpan.FromSeconds(0.9));
        Assert.Equal(2, asked);
    }

    [Fact]
    public async Task A_watch_that_is_silent_beyond_its_time_is_given_up()
    {
        var stalled = 0;
        var times = WatchedCluster.Quick with { Watch = (1, 1), EndOfWatch = TimeSpan.FromMilliseconds(100) };
        await using var cluster = await WatchedCluster.StartAsync(new ApiSourceOptions { Times = times }, server => server.Fault = request =>
            request is { Resource: "services", Verb: "watch" } && Interlocked.Increment(ref stalled) == 1 ? new FakeFault.Stall(0) : null);
        await cluster.SyncedAsync();
        await Eventually.TrueAsync(() => stalled > 0, "the watch has begun");
        cluster.Server.Put(ClusterObjects.Service("late"));

        await WatchedCluster.TrueAsync(() => cluster.Names<Service>() is ["late"], "the next watch has told it");
    }

    [Fact]
    public async Task Bookmarks_carry_a_quiet_watch_over_a_compaction()
    {
        // Watches end in order after a second: ones that are cut before a bookmark has come would be answered with a new list.
        await using var cluster = await WatchedCluster.StartAsync(
            new ApiSourceOptions { Times = WatchedCluster.Quick with { Watch = (1, 1) } }, server => server.Put(ClusterObjects.Service("echo")),
            new FakeApiServerOptions { BookmarkInterval = TimeSpan.FromMilliseconds(100) });
        await cluster.SyncedAsync();
        await Eventually.TrueAsync(() => cluster.Server.Requests.Any(r => r is { Verb: "watch", Resource: "services" }), "the watch has begun");

        // Other resources move the version on; the watch of Services hears of it by bookmarks only.
        cluster.Server.Put(ClusterObjects.ConfigMap("noise", "default", "a", "b"));
        var version = cluster.Server.Version;
        bool KnowsVersion() => cluster.Server.Requests.Any(r => r is { Verb: "watch", Resource: "services" } && r.Query["resourceVersion"] == ClusterObjects.Number((int)version));
        await Eventually.TrueAsync(KnowsVersion, "a watch goes on from the version of a bookmark");
        cluster.Server.Compact();
        cluster.Server.Put(ClusterObjects.Service("later"));

        await WatchedCluster.TrueAsync(() => cluster.Names<Service>().Length == 2, "the watch goes on");
        Assert.Single(cluster.Server.Requests, r => r is { Verb: "list", Resource: "services" });
    }

    [Fact]
    public async Task An_object_that_cannot_be_read_harms_only_itself_and_keeps_its_last_version()
    {
        await using var cluster = await WatchedCluster.StartAsync(prepare: server =>
        {
            server.Put(ClusterObjects.Service("good"));
            server.Put(ClusterObjects.Service("bad"));
        });
        await cluster.SyncedAsync();
        cluster.Server.Put(ClusterObjects.Service("bad").Replace("port: 80", "port: many", StringComparison.Ordinal));
        cluster.Server.Put(ClusterObjects.Service("good").Replace("10.0.0.1", "10.0.0.9", StringComparison.Ordinal));

        await WatchedCluster.TrueAsync(() => cluster.Find<Service>("default", "good")!.Spec.ClusterIP == "10.0.0.9", "the other one goes on");
        Assert.Equal(80, cluster.Find<Service>("default", "bad")!.Spec.Ports[0].Port);
        var problem = Assert.Single(cluster.Problems);
        Assert.Equal(new ObjectKey(ResourceKind.Service, "default", "bad"), problem.Object);

        cluster.Server.Put(ClusterObjects.Service("bad"));
        await WatchedCluster.TrueAsync(() => cluster.Problems.Any(p => p.Resolved), "the problem is taken back");
    }
}
