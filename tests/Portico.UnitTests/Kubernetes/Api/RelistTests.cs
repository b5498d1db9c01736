using Portico.Kubernetes.Resources;
using Portico.TestKit.Cluster;
using Xunit;

namespace Portico.UnitTests.Kubernetes.Api;

/// <summary>A list of several pages that is read while things are known already.</summary>
public class RelistTests
{
    [Fact]
    public async Task What_a_new_list_changes_is_told_at_once_at_its_end_however_often_its_pages_broke()
    {
        var broken = 0;
        await using var cluster = await WatchedCluster.StartAsync(prepare: server =>
        {
            for (var i = 0; i < 1100; i++)
            {
                server.Put(ClusterObjects.Service(Name(i)));
            }
        });
        await cluster.SyncedAsync();
        cluster.Server.GoAway();
        Change(cluster.Server, 0);
        Change(cluster.Server, 1099);
        cluster.Server.Delete("services", "default", Name(1));
        cluster.Server.Delete("services", "default", Name(1098));
        cluster.Server.Put(ClusterObjects.Service("svc-new"));
        cluster.Server.Compact();
        cluster.Server.Fault = request =>
            request.Resource == "services" && request.Query.ContainsKey("continue") && Interlocked.Increment(ref broken) <= 6 ? new FakeFault.Status(500) : null;
        var before = cluster.Batches.Count;
        cluster.Server.ComeBack();
        await WatchedCluster.TrueAsync(() => cluster.Find<Service>("default", "svc-new") is not null, "the new list has come");

        var told = Assert.Single(cluster.Batches.Skip(before), batch => batch.Changes.Count > 0);
        Assert.Equal(
            ["svc-0", "svc-1", "svc-1098", "svc-1099", "svc-new"],
            told.Changes.Select(change => change.Key.Name).Order(StringComparer.Ordinal));
        Assert.Equal(1099, cluster.Names<Service>().Length);
        Assert.True(broken > 6);
    }

    [Fact]
    public async Task A_new_list_whose_later_pages_expire_loses_nothing_that_is_there()
    {
        var expired = 0;
        await using var cluster = await WatchedCluster.StartAsync(prepare: server =>
        {
            for (var i = 0; i < 1100; i++)
            {
                server.Put(ClusterObjects.Service(Name(i)));
            }
        });
        await cluster.SyncedAsync();
        cluster.Server.GoAway();
        Change(cluster.Server, 3);
        cluster.Server.Compact();
        cluster.Server.Fault = request =>
        {
            if (request.Resource == "services" && request.Query.ContainsKey("continue") && Interlocked.Increment(ref expired) <= 2)
            {
                cluster.Server.Compact();
            }

            return null;
        };
        var before = cluster.Batches.Count;
        cluster.Server.ComeBack();
        await WatchedCluster.TrueAsync(() => cluster.Find<Service>("default", Name(3))!.Spec.ClusterIP == "10.0.0.2", "the new list has come");

        Assert.DoesNotContain(cluster.Batches.Skip(before).SelectMany(batch => batch.Changes), change => change.New is null);
        Assert.Equal(1100, cluster.Names<Service>().Length);
    }

    private static void Change(FakeApiServer server, int number) =>
        server.Put(ClusterObjects.Service(Name(number)).Replace("10.0.0.1", "10.0.0.2", StringComparison.Ordinal));

    private static string Name(int number) => "svc-" + ClusterObjects.Number(number);
}
