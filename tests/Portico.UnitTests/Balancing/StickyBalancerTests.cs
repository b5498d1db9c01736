using System.Text;
using System.Text.RegularExpressions;
using Portico.Model;
using Portico.Model.Policies;
using Portico.Proxy.Balancing;
using Portico.Proxy.Requests;
using Portico.UnitTests.Routing;
using Xunit;

namespace Portico.UnitTests.Balancing;

public partial class StickyBalancerTests
{
    private readonly BackendRegistry _registry = new(2);
    private readonly ByteBuilder _key = new();

    [Theory]
    [InlineData(AffinityMode.Balanced)]
    [InlineData(AffinityMode.Persistent)]
    public void A_new_session_gets_a_key_that_leads_back_to_its_endpoint_on_every_shard_and_replica(AffinityMode mode)
    {
        var state = Sticky(mode, 1, 2, 3);
        var replica = new BackendRegistry(1).Update(Backend(mode, 3, 2, 1));
        for (var i = 0; i < 100; i++)
        {
            var endpoint = Pick(state, "")!;
            var key = Encoding.ASCII.GetString(_key.Written);
            Assert.Same(endpoint, Pick(state, key, shard: 1));
            Assert.Equal(0, _key.Length);
            Assert.Equal(endpoint.Text, Pick(replica, key)!.Text);
        }
    }

    [Fact]
    public void A_balanced_key_holds_moment_process_and_a_random_number()
    {
        Pick(Sticky(AffinityMode.Balanced, 1), "");
        Assert.Matches(BalancedKey(), Encoding.ASCII.GetString(_key.Written));
    }

    [Fact]
    public void A_persistent_key_is_the_md5_of_backend_and_endpoint()
    {
        Pick(Sticky(AffinityMode.Persistent, 1), "");
        // printf %s 'ns-a-8010.0.0.1:80' | md5sum
        Assert.Equal("c08b019f13e2c7ef9342d04bd3362595", Encoding.ASCII.GetString(_key.Written));
    }

    [Fact]
    public void The_backend_s_half_is_the_md5_that_ingress_nginx_writes() =>
        Assert.Equal("fea3611ab0a11399a20beeec7227897b", Encoding.ASCII.GetString(SessionKeys.OfBackend("default-echo-many-80")));

    [Fact]
    public void New_sessions_are_spread_over_all_endpoints()
    {
        foreach (var mode in Enum.GetValues<AffinityMode>())
        {
            var state = Sticky(mode, 1, 2, 3, 4);
            var shares = Enumerable.Range(0, 4000).Select(_ => Pick(state, "")).CountBy(endpoint => endpoint!.Text).ToList();
            Assert.Equal(4, shares.Count);
            Assert.All(shares, share => Assert.InRange(share.Value, 550, 1600));
        }
    }

    [Fact]
    public void Any_key_counts_in_balanced_mode_and_is_never_renewed()
    {
        var state = Sticky(AffinityMode.Balanced, 1, 2, 3);
        Assert.Same(Pick(state, "made-up"), Pick(state, "made-up"));
        Assert.Equal(0, _key.Length);
    }

    [Fact]
    public void The_key_of_an_endpoint_that_is_gone_begins_a_new_session_in_persistent_mode()
    {
        var state = Sticky(AffinityMode.Persistent, 1);
        Pick(state, "");
        var key = Encoding.ASCII.GetString(_key.Written);
        _registry.Update(Backend(AffinityMode.Persistent, 2, 3));
        Assert.NotNull(Pick(state, key));
        Assert.Equal(SessionKeys.Length, _key.Length);
        Assert.NotEqual(key, Encoding.ASCII.GetString(_key.Written));
    }

    [Theory]
    [InlineData(AffinityMode.Balanced)]
    [InlineData(AffinityMode.Persistent)]
    public void A_retry_stays_with_the_cookie_s_endpoint_unless_failures_move_sessions(AffinityMode mode)
    {
        var state = Sticky(mode, 1, 2, 3);
        var endpoint = Pick(state, "")!;
        var key = Encoding.ASCII.GetString(_key.Written);
        Assert.Same(endpoint, Pick(state, key, 0, endpoint));
        Assert.Equal(0, _key.Length);

        _registry.Update(Backend(mode, 1, 2, 3) with { Affinity = new SessionAffinityPolicy { Mode = mode, ChangeOnFailure = true } });
        for (var i = 0; i < 50; i++)
        {
            Assert.NotSame(endpoint, Pick(state, key, 0, endpoint));
            Assert.True(_key.Length > 0);
        }
    }

    [Theory]
    [InlineData(AffinityMode.Balanced)]
    [InlineData(AffinityMode.Persistent)]
    public void When_all_were_tried_one_of_them_is_tried_again_and_without_endpoints_there_is_none(AffinityMode mode)
    {
        var state = Sticky(mode, 1);
        Assert.NotNull(Pick(state, "", 0, Pick(state, "")!));
        Assert.Null(Pick(Sticky(mode), "a"));
    }

    [Fact]
    public void A_balancer_that_was_asked_for_before_the_kind_changed_still_picks()
    {
        var state = Sticky(AffinityMode.Balanced, 1, 2);
        var balancer = state.Balancer(0);
        _registry.Update(Backend(AffinityMode.Balanced, 1, 2) with { Affinity = null });
        Assert.NotNull(balancer.Pick(new BalanceRequest(0), []));
    }

    private static Backend Backend(AffinityMode mode, params int[] endpoints) => Models.Backend("a", [.. endpoints.Select(i => $"10.0.0.{i}:80")]) with
    {
        Affinity = new SessionAffinityPolicy { Mode = mode },
    };

    private BackendState Sticky(AffinityMode mode, params int[] endpoints) => _registry.Update(Backend(mode, endpoints));

    private EndpointState? Pick(BackendState state, string key, int shard = 0, params EndpointState[] tried)
    {
        _key.Clear();
        return state.Balancer(shard).Pick(new BalanceRequest(0) { SessionKey = Encoding.ASCII.GetBytes(key), NewSessionKey = _key }, tried);
    }

    [GeneratedRegex(@"^\d{10}\.\d{3}\.\d+\.\d{1,6}$")]
    private static partial Regex BalancedKey();
}
