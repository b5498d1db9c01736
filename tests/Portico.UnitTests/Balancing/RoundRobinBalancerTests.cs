using Portico.Proxy.Balancing;
using Portico.UnitTests.Routing;
using Xunit;

namespace Portico.UnitTests.Balancing;

public class RoundRobinBalancerTests
{
    private readonly BackendRegistry _registry = new(4);

    [Fact]
    public void Every_endpoint_gets_its_exact_share_on_every_shard()
    {
        var state = _registry.Update(Models.Backend("a", "10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"));
        for (var shard = 0; shard < 4; shard++)
        {
            var picks = Enumerable.Range(0, 300).Select(_ => Pick(state, shard)).ToList();
            Assert.All(picks.GroupBy(endpoint => endpoint), share => Assert.Equal(100, share.Count()));
            Assert.All(Enumerable.Range(0, 297), i => Assert.Same(picks[i], picks[i + 3]));
        }
    }

    [Fact]
    public void Shards_start_at_different_places()
    {
        var registry = new BackendRegistry(64);
        var state = registry.Update(Models.Backend("a", [.. Enumerable.Range(1, 50).Select(i => $"10.0.0.{i}:80")]));
        Assert.True(Enumerable.Range(0, 64).Select(shard => Pick(state, shard)).Distinct().Count() > 10);
    }

    [Fact]
    public void The_cycle_goes_on_when_an_update_changes_nothing()
    {
        var backend = Models.Backend("a", "10.0.0.1:80", "10.0.0.2:80");
        var state = _registry.Update(backend);
        var first = Pick(state, 0);
        _registry.Update(backend with { Name = "other" });
        Assert.NotSame(first, Pick(state, 0));
        Assert.Same(first, Pick(state, 0));
    }

    [Fact]
    public void A_changed_set_is_seen_at_the_next_pick()
    {
        var state = _registry.Update(Models.Backend("a", "10.0.0.1:80"));
        Pick(state, 0);
        _registry.Update(Models.Backend("a", "10.0.0.2:80", "10.0.0.3:80"));
        Assert.Equal(["10.0.0.2:80", "10.0.0.3:80"], new[] { Pick(state, 0)!.Text, Pick(state, 0)!.Text }.Order());
        _registry.Update(Models.Backend("a"));
        Assert.Null(Pick(state, 0));
    }

    [Fact]
    public void A_retry_passes_over_what_was_tried_unless_that_is_everything()
    {
        var state = _registry.Update(Models.Backend("a", "10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"));
        var all = state.Current.Endpoints;
        for (var i = 0; i < 10; i++)
        {
            Assert.Same(all[2], Pick(state, 0, all[0], all[1]));
            Assert.NotNull(Pick(state, 0, all));
        }
    }

    [Fact]
    public void A_single_endpoint_is_picked_again()
    {
        var state = _registry.Update(Models.Backend("a", "10.0.0.1:80"));
        Assert.Same(state.Current.Endpoints[0], Pick(state, 0, state.Current.Endpoints[0]));
    }

    [Fact]
    public void Picking_allocates_nothing()
    {
        var state = _registry.Update(Models.Backend("a", "10.0.0.1:80", "10.0.0.2:80"));
        Pick(state, 0);
        Assert.Equal(0, Allocated.AtLeast(() => state.Balancer(0).Pick(new BalanceRequest(0), default)));
    }

    private static EndpointState? Pick(BackendState state, int shard, params EndpointState[] tried) =>
        state.Balancer(shard).Pick(new BalanceRequest(0), tried);
}
