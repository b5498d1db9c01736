using System.Globalization;
using System.Text;
using Portico.Model;
using Portico.Model.Text;
using Portico.Proxy.Balancing;
using Portico.UnitTests.Routing;
using Xunit;

namespace Portico.UnitTests.Balancing;

public class ConsistentHashBalancerTests
{
    private readonly BackendRegistry _registry = new(2);

    [Fact]
    public void A_key_leads_to_one_endpoint_on_every_shard_also_the_empty_key_and_on_a_retry()
    {
        var state = Hash(1, 2, 3);
        foreach (var key in (string[])["", "a", "/some/uri?x=1"])
        {
            var endpoint = Pick(state, 0, key);
            Assert.NotNull(endpoint);
            Assert.Same(endpoint, Pick(state, 1, key));
            Assert.Same(endpoint, Pick(state, 0, key, endpoint));
        }
    }

    [Fact]
    public void Keys_spread_about_evenly()
    {
        var state = Hash(1, 2, 3, 4, 5);
        var shares = Keys(10_000).Select(key => Pick(state, 0, key)).GroupBy(endpoint => endpoint).Select(group => group.Count()).ToList();
        Assert.Equal(5, shares.Count);
        Assert.All(shares, share => Assert.InRange(share, 1400, 2700));
    }

    [Fact]
    public void Taking_an_endpoint_away_moves_only_its_own_keys()
    {
        var keys = Keys(2000).ToList();
        var before = keys.Select(key => Pick(Hash(1, 2, 3, 4), 0, key)!.Text).ToList();
        var after = keys.Select(key => Pick(Hash(4, 2, 1), 0, key)!.Text).ToList();
        Assert.All(keys.Index(), key => Assert.True(before[key.Index] == after[key.Index] || before[key.Index] == "10.0.0.3:80"));
    }

    [Fact]
    public void Every_replica_has_the_same_ring()
    {
        var other = new BackendRegistry(1).Update(Backend(3, 1, 2));
        var state = Hash(1, 2, 3);
        Assert.All(Keys(200), key => Assert.Equal(Pick(state, 0, key)!.Text, Pick(other, 0, key)!.Text));
    }

    [Fact]
    public void Without_endpoints_there_is_nothing_to_pick() => Assert.Null(Pick(Hash(), 0, "a"));

    [Fact]
    public void A_balancer_that_was_asked_for_before_the_kind_changed_still_picks()
    {
        var state = Hash(1, 2);
        var balancer = state.Balancer(0);
        _registry.Update(Backend(1, 2) with { LoadBalancing = LoadBalancing.RoundRobin });
        Assert.NotNull(balancer.Pick(new BalanceRequest(0), []));
    }

    private static IEnumerable<string> Keys(int count) => Enumerable.Range(0, count).Select(i => i.ToString(CultureInfo.InvariantCulture));

    private static Backend Backend(params int[] endpoints) => Models.Backend("a", [.. endpoints.Select(i => $"10.0.0.{i}:80")]) with
    {
        LoadBalancing = new LoadBalancing.ConsistentHashChoice(Template.Parse("$request_uri")),
    };

    private BackendState Hash(params int[] endpoints) => _registry.Update(Backend(endpoints));

    private static EndpointState? Pick(BackendState state, int shard, string key, params EndpointState[] tried) =>
        state.Balancer(shard).Pick(new BalanceRequest(0, Encoding.UTF8.GetBytes(key)), tried);
}
