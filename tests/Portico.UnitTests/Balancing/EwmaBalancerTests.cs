using Portico.Model;
using Portico.Proxy.Balancing;
using Portico.UnitTests.Routing;
using Xunit;

namespace Portico.UnitTests.Balancing;

public class EwmaBalancerTests
{
    private readonly BackendRegistry _registry = new(1);

    [Fact]
    public void The_first_response_sets_the_score_and_later_ones_are_weighed_by_age()
    {
        var endpoint = Ewma("10.0.0.1:80").Current.Endpoints[0];
        Assert.Equal(0, endpoint.EwmaScoreAt(1000));
        endpoint.ReportLatency(TimeSpan.FromSeconds(2), 1000);
        Assert.Equal(2, endpoint.EwmaScoreAt(1000), 1e-6);
        endpoint.ReportLatency(TimeSpan.FromSeconds(1), 6000);
        var weight = Math.Exp(-0.5);
        Assert.Equal((2 * weight) + (1 - weight), endpoint.EwmaScoreAt(6000), 1e-6);
    }

    [Fact]
    public void A_score_sinks_while_nothing_is_sent()
    {
        var endpoint = Ewma("10.0.0.1:80").Current.Endpoints[0];
        endpoint.ReportLatency(TimeSpan.FromSeconds(2), 1000);
        Assert.Equal(2 * Math.Exp(-1), endpoint.EwmaScoreAt(11_000), 1e-6);
        Assert.Equal(2, endpoint.EwmaScoreAt(500), 1e-6);
    }

    [Theory]
    [InlineData(uint.MaxValue - 4999L)]
    [InlineData(((long)uint.MaxValue << 4) - 4999L)]
    public void The_clock_may_pass_32_bits(long now)
    {
        var endpoint = Ewma("10.0.0.1:80").Current.Endpoints[0];
        endpoint.ReportLatency(TimeSpan.FromSeconds(2), now);
        Assert.Equal(2 * Math.Exp(-1), endpoint.EwmaScoreAt(now + 10_000), 1e-6);
    }

    [Fact]
    public void Of_two_endpoints_the_faster_one_wins_always()
    {
        var state = Ewma("10.0.0.1:80", "10.0.0.2:80");
        state.Balancer(0).Report(state.Current.Endpoints[0], TimeSpan.FromSeconds(1), 0);
        state.Balancer(0).Report(state.Current.Endpoints[1], TimeSpan.FromSeconds(0.5), 0);
        Assert.All(Enumerable.Range(0, 50), _ => Assert.Same(state.Current.Endpoints[1], Pick(state)));
    }

    [Fact]
    public void Of_many_the_slowest_is_never_picked_and_ties_are_spread()
    {
        var state = Ewma("10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80", "10.0.0.4:80");
        state.Balancer(0).Report(state.Current.Endpoints[0], TimeSpan.FromSeconds(1), 0);
        var picks = Enumerable.Range(0, 3000).Select(_ => Pick(state)!).GroupBy(endpoint => endpoint).ToDictionary(g => g.Key, g => g.Count());
        Assert.Equal(3, picks.Count);
        Assert.DoesNotContain(state.Current.Endpoints[0], picks.Keys);
        Assert.All(picks.Values, count => Assert.InRange(count, 800, 1200));
    }

    [Fact]
    public void A_retry_draws_among_those_not_tried_and_among_all_when_all_were()
    {
        var state = Ewma("10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80");
        var all = state.Current.Endpoints;
        state.Balancer(0).Report(all[2], TimeSpan.FromSeconds(9), 0);
        for (var i = 0; i < 50; i++)
        {
            Assert.Same(all[2], Pick(state, all[0], all[1]));
            Assert.Same(all[1], Pick(state, all[0]));
            Assert.NotSame(all[2], Pick(state, all));
        }
    }

    [Fact]
    public void A_new_endpoint_starts_with_the_average_of_the_others()
    {
        var state = Ewma("10.0.0.1:80", "10.0.0.2:80");
        var now = Environment.TickCount64;
        state.Current.Endpoints[0].ReportLatency(TimeSpan.FromSeconds(1), now);
        state.Current.Endpoints[1].ReportLatency(TimeSpan.FromSeconds(3), now);
        state = Ewma("10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80");
        Assert.Equal(2, state.Current.Endpoints[2].StoredEwmaScore, 1e-6);
        Assert.Equal(1, state.Current.Endpoints[0].StoredEwmaScore, 1e-6);
    }

    [Fact]
    public void The_score_is_shared_by_the_backends_of_an_endpoint_and_lost_with_the_last_of_them()
    {
        var a = Ewma("10.0.0.1:80");
        a.Current.Endpoints[0].ReportLatency(TimeSpan.FromSeconds(1), 0);
        var b = _registry.Update(Models.Backend("b", "10.0.0.1:80"));
        Assert.Equal(1, b.Current.Endpoints[0].EwmaScoreAt(0), 1e-6);
        _registry.Update(Models.Backend("b"));
        Ewma();
        Assert.Equal(0, Ewma("10.0.0.1:80").Current.Endpoints[0].EwmaScoreAt(0));
    }

    [Fact]
    public void Reports_of_several_threads_are_all_taken_in()
    {
        var endpoint = Ewma("10.0.0.1:80").Current.Endpoints[0];
        Parallel.For(0, 4, shard =>
        {
            for (var i = 0; i < 10_000; i++)
            {
                endpoint.ReportLatency(TimeSpan.FromSeconds(1), i);
            }
        });
        Assert.Equal(1, endpoint.EwmaScoreAt(10_000), 1e-3);
    }

    private BackendState Ewma(params string[] endpoints) =>
        _registry.Update(Models.Backend("a", endpoints) with { LoadBalancing = LoadBalancing.Ewma });

    private static EndpointState? Pick(BackendState state, params EndpointState[] tried) => state.Balancer(0).Pick(new BalanceRequest(0), tried);
}
