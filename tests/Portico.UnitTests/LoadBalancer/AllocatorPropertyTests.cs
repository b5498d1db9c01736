using System.Diagnostics;
using System.Globalization;
using Portico.Kubernetes.Resources;
using Portico.LoadBalancer.Allocation;
using Xunit;
using static Portico.UnitTests.LoadBalancer.AddressBench;

namespace Portico.UnitTests.LoadBalancer;

/// <summary>Random histories of a cluster: whatever happens in whatever order, the same things stay true. A seed tells the history again.</summary>
public class AllocatorPropertyTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 40)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Nothing_is_assigned_twice_and_counters_are_right_whatever_happens(int seed)
    {
        var random = new Random(seed);
        var bench = new AddressBench().With(Pool("a", "192.0.2.0/29", "2001:db8::/125"), Pool("b", "192.0.2.32/30"));
        for (var step = 0; step < 150; step++)
        {
            Step(bench, random);
            bench.NothingIsAssignedTwice();
            bench.CountersEqualARecount();
            NobodyWaitsBesideAFreeAddress(bench);
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Writings_that_come_back_late_or_never_assign_nothing_twice(int seed)
    {
        var random = new Random(seed);
        var bench = new AddressBench().With(Pool("a", "192.0.2.0/29", "2001:db8::/125"), Pool("b", "192.0.2.32/30"));
        for (var step = 0; step < 150; step++)
        {
            bench.Echo = random.Next(3) > 0;
            Step(bench, random);
            bench.NothingIsAssignedTwice();
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_restart_keeps_what_was_assigned_in_whatever_order_it_hears_of_it(int seed)
    {
        var random = new Random(seed);
        var bench = new AddressBench().With(Pool("a", "198.51.100.0/26", "2001:db8::/122"), Pool("b", "192.0.2.0-192.0.2.35"));
        for (var i = 0; i < 110; i++)
        {
            bench.Put(Random(bench, string.Create(CultureInfo.InvariantCulture, $"web{i}"), random));
        }

        var before = bench.Cluster.ToDictionary(Name, s => string.Join(' ', s.LoadBalancer.Select(i => i.Ip)));
        Assert.Contains(before.Values, v => v.Length == 0);
        bench.Restart(random);

        // Who waited may have got something by now; who had something has it still.
        Assert.All(before.Where(b => b.Value.Length > 0), b => Assert.StartsWith(b.Value.Split(' ')[0], bench.StatusOf(b.Key), StringComparison.Ordinal));
        bench.CountersEqualARecount();
    }

    [Fact]
    public void Ten_thousand_services_get_addresses_of_one_pool()
    {
        var bench = new AddressBench().With(Pool("a", "10.0.0.0/16"));
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < 10_000; i++)
        {
            bench.Put(string.Create(CultureInfo.InvariantCulture, $"web{i}"));
        }

        // A walk over the pool for each would be fifty million steps more; the limit is the field's.
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"{clock.Elapsed}");
        Assert.Equal("10.0.39.15", bench.StatusOf("web9999"));
        Assert.Equal((10_000, 55_536), (bench.Keeper.Allocator.UseOf(bench.Keeper.Allocator.Pools.Pools[0]) is var use ? use.AssignedIPv4 : 0, use.AvailableIPv4));
    }

    private static void Step(AddressBench bench, Random random)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"web{random.Next(20)}");
        switch (random.Next(12))
        {
            case 0 or 1 when bench.Cluster.Any(s => s.Metadata.Name == name):
                bench.Delete(name);
                break;
            case 2:
                bench.With(Pool("a", random.Next(2) == 0 ? "192.0.2.0/29" : "192.0.2.4-192.0.2.9", random.Next(2) == 0 ? "2001:db8::/125" : "2001:db8::4/126"));
                break;
            case 3:
                bench.With(Pool("b", "192.0.2.32/30") with { AutoAssign = random.Next(2) == 0 });
                break;
            case 4 when random.Next(4) == 0:
                bench.Restart(random);
                break;
            case 5 when bench.Cluster.FirstOrDefault(s => s.Metadata.Name == name) is { } edited:
                bench.PutAsIs(edited with { LoadBalancer = [new LoadBalancerIngress { Ip = string.Create(CultureInfo.InvariantCulture, $"192.0.2.{random.Next(40)}") }] });
                break;
            default:
                bench.Put(Random(bench, name, random));
                break;
        }
    }

    private static Service Random(AddressBench bench, string name, Random random)
    {
        var annotations = new List<(string, string)>();
        if (random.Next(3) == 0)
        {
            annotations.Add(("metallb.io/allow-shared-ip", random.Next(2) == 0 ? "k" : "l"));
        }

        if (random.Next(8) == 0)
        {
            annotations.Add(("metallb.io/address-pool", random.Next(2) == 0 ? "a" : "b"));
        }
        else if (random.Next(8) == 0)
        {
            annotations.Add(("metallb.io/loadBalancerIPs", string.Create(CultureInfo.InvariantCulture, $"192.0.2.{random.Next(10)}")));
        }

        var families = random.Next(4);
        return bench.New(
            name,
            s => (families switch
            {
                0 => AddressKeeperTests.Dual("PreferDualStack", random.Next(2) == 0)(s),
                1 => AddressKeeperTests.Dual("RequireDualStack")(s),
                _ => s,
            }) with { Type = random.Next(10) == 0 ? "ClusterIP" : "LoadBalancer", Ports = [new ServicePort { Port = random.Next(80, 84) }] },
            [.. annotations]);
    }

    private static void NobodyWaitsBesideAFreeAddress(AddressBench bench)
    {
        var free = bench.Keeper.Allocator.Pools.ByTurn.Any(p => bench.Keeper.Allocator.UseOf(p).AvailableIPv4 > 0);
        if (free)
        {
            Assert.DoesNotContain(bench.Cluster, s => s.Spec is { Type: "LoadBalancer", ClusterIPs: ["10.96.0.10"] } && s.LoadBalancer.Count == 0 && s.Metadata.Annotations.Keys.All(k => k == "metallb.io/allow-shared-ip"));
        }
    }
}
