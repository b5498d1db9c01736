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

    /// <summary>Worked out with a second implementation of lua-resty-balancer's ring (Python's zlib).</summary>
    [Theory]
    [InlineData("", 3)]
    [InlineData("a", 1)]
    [InlineData("/", 3)]
    [InlineData("/some/uri?x=1", 2)]
    [InlineData("made-up", 2)]
    [InlineData("1700000000.123.42.7", 1)]
    [InlineData("alice", 1)]
    [InlineData("bob", 1)]
    [InlineData("carol", 3)]
    [InlineData("10.0.0.1", 1)]
    public void Keys_lead_where_ingress_nginx_leads_them(string key, int endpoint) =>
        Assert.Equal($"10.0.0.{endpoint}:80", Pick(Hash(1, 2, 3), 0, key)!.Text);

    [Fact]
    public void A_subset_is_a_group_of_the_asked_size_and_keys_reach_all_groups()
    {
        var state = Subset(3, 1, 2, 3, 4, 5, 6, 7);
        var groups = new HashSet<string>();
        foreach (var key in Keys(300))
        {
            var seen = Enumerable.Range(0, 60).Select(_ => Pick(state, 0, key)!.Text).ToHashSet();
            Assert.Equal(3, seen.Count);
            groups.Add(string.Join(' ', seen.Order()));
        }

        // The last group is filled up from the start.
        Assert.Equal(
            ["10.0.0.1:80 10.0.0.2:80 10.0.0.3:80", "10.0.0.1:80 10.0.0.2:80 10.0.0.7:80", "10.0.0.4:80 10.0.0.5:80 10.0.0.6:80"],
            groups.Order());
    }

    [Theory]
    [InlineData(3, 0)]
    [InlineData(3, 1)]
    [InlineData(1000, 2)]
    [InlineData(int.MaxValue, 3)]
    [InlineData(1, 3)]
    public void A_subset_of_any_size_picks_while_there_is_an_endpoint(int size, int endpoints)
    {
        var state = Subset(size, [.. Enumerable.Range(1, endpoints)]);
        Assert.All(Keys(50), key => Assert.Equal(endpoints > 0, Pick(state, 0, key) is not null));
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

    private BackendState Subset(int size, params int[] endpoints)
    {
        var backend = Backend(endpoints);
        return _registry.Update(backend with { LoadBalancing = (LoadBalancing.ConsistentHashChoice)backend.LoadBalancing with { SubsetSize = size } });
    }

    private BackendState Hash(params int[] endpoints) => _registry.Update(Backend(endpoints));

    private static EndpointState? Pick(BackendState state, int shard, string key, params EndpointState[] tried) =>
        state.Balancer(shard).Pick(new BalanceRequest(0, Encoding.UTF8.GetBytes(key)), tried);
}
