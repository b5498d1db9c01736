using Portico.Model;
using Portico.Proxy.Balancing;
using Portico.UnitTests.Routing;
using Xunit;

namespace Portico.UnitTests.Balancing;

public class BackendRegistryTests
{
    private readonly BackendRegistry _registry = new(1);

    [Fact]
    public void A_backend_is_one_object_for_as_long_as_it_lives()
    {
        var state = _registry.GetOrAdd(Models.Backend("a", "10.0.0.1:80"));
        Assert.Same(state, _registry.GetOrAdd(Models.Backend("a", "10.0.0.2:80")));
        Assert.Equal(["10.0.0.1:80"], Texts(state));
        Assert.Same(state, _registry.Update(Models.Backend("a", "10.0.0.2:80")));
        Assert.Equal(["10.0.0.2:80"], Texts(state));
        Assert.Equal("ns-a-80", state.Name);
    }

    [Fact]
    public void Endpoints_that_stay_keep_their_state_and_those_that_go_are_marked()
    {
        var state = _registry.Update(Models.Backend("a", "10.0.0.1:80", "10.0.0.2:80"));
        var before = state.Current;
        _registry.Update(Models.Backend("a", "10.0.0.2:80", "10.0.0.3:80"));
        Assert.Same(before.Endpoints[1], state.Current.Endpoints[0]);
        Assert.True(before.Endpoints[0].Removed);
        Assert.False(before.Endpoints[1].Removed);
    }

    [Fact]
    public void An_endpoint_is_shared_by_backends_and_removed_when_the_last_one_lets_go()
    {
        var a = _registry.Update(Models.Backend("a", "10.0.0.1:80"));
        var b = _registry.Update(Models.Backend("b", "10.0.0.1:80", "10.0.0.1:81"));
        var shared = a.Current.Endpoints[0];
        Assert.Same(shared, b.Current.Endpoints[0]);
        _registry.Update(Models.Backend("a"));
        Assert.False(shared.Removed);
        _registry.Update(Models.Backend("b", "10.0.0.1:81"));
        Assert.True(shared.Removed);
        _registry.Update(Models.Backend("a", "10.0.0.1:80"));
        Assert.NotSame(shared, a.Current.Endpoints[0]);
        Assert.True(shared.Removed);
    }

    [Fact]
    public void The_same_endpoints_in_another_order_or_twice_are_the_same_set()
    {
        var state = _registry.Update(Models.Backend("a", "10.0.0.1:80", "10.0.0.2:80"));
        var before = state.Current;
        _registry.Update(Models.Backend("a", "10.0.0.2:80", "10.0.0.1:80", "10.0.0.2:80"));
        Assert.Same(before, state.Current);
        _registry.Update(Models.Backend("a"));
        Assert.All(before.Endpoints, endpoint => Assert.True(endpoint.Removed));
    }

    [Fact]
    public void Another_way_of_balancing_keeps_the_endpoints()
    {
        var backend = Models.Backend("a", "10.0.0.1:80");
        var state = _registry.Update(backend);
        var endpoint = state.Current.Endpoints[0];
        Assert.Equal(BalancerKind.RoundRobin, state.Balancer(0).Kind);
        _registry.Update(backend with { LoadBalancing = LoadBalancing.Ewma });
        Assert.Equal(BalancerKind.Ewma, state.Balancer(0).Kind);
        Assert.Same(endpoint, state.Current.Endpoints[0]);
        Assert.False(endpoint.Removed);
    }

    [Theory]
    [InlineData("010.0.0.1", 80)]
    [InlineData("10.1", 80)]
    [InlineData("host.test", 80)]
    [InlineData("fe80::1%eth0", 80)]
    [InlineData("", 80)]
    [InlineData("10.0.0.1", 65536)]
    [InlineData("10.0.0.1", -1)]
    public void An_endpoint_that_cannot_be_connected_to_is_left_out_and_told(string address, int port)
    {
        var bad = new Endpoint(address, port);
        var state = _registry.Update(Models.Backend("a", "10.0.0.1:80") with { Endpoints = [bad, new Endpoint("10.0.0.1", 80)] });
        Assert.Equal(["10.0.0.1:80"], Texts(state));
        Assert.Equal([bad], state.Unusable);
    }

    [Fact]
    public void Endpoints_carry_the_argument_of_connect_and_their_text()
    {
        var state = _registry.Update(Models.Backend("a") with { Endpoints = [new Endpoint("1.2.3.4", 8080), new Endpoint("2001:DB8::1", 443)] });
        var v4 = state.Current.Endpoints[0];
        Assert.Equal("1.2.3.4:8080", v4.Text);
        Assert.True(v4.TextBytes.SequenceEqual("1.2.3.4:8080"u8));
        Assert.Equal(2, v4.AddressFamily);
        Assert.Equal([2, 0, 0x1F, 0x90, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0], v4.SockAddr.ToArray());
        var v6 = state.Current.Endpoints[1];
        Assert.Equal("[2001:db8::1]:443", v6.Text);
        Assert.Equal(10, v6.AddressFamily);
        Assert.Equal([10, 0, 1, 0xBB, 0, 0, 0, 0, 0x20, 1, 0xD, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0], v6.SockAddr.ToArray());
    }

    [Fact]
    public void A_backend_with_a_name_has_the_endpoints_that_the_lookup_found()
    {
        var name = new DnsTarget("db.test", 80);
        var backend = Models.Backend("a") with { Dns = name };
        var state = _registry.Update(backend);
        Assert.Empty(state.Current.Endpoints);
        _registry.UpdateResolved(backend.Id, name, [new Endpoint("10.0.0.1", 80)]);
        _registry.Update(backend with { LoadBalancing = LoadBalancing.Ewma });
        Assert.Equal(["10.0.0.1:80"], Texts(state));
        Assert.Equal(BalancerKind.Ewma, state.Current.Kind);
        _registry.UpdateResolved(backend.Id, new DnsTarget("old.test", 80), [new Endpoint("10.0.0.2", 80)]);
        Assert.Equal(["10.0.0.1:80"], Texts(state));
        _registry.Update(backend with { Dns = new DnsTarget("new.test", 80) });
        Assert.Empty(state.Current.Endpoints);
    }

    private static IEnumerable<string> Texts(BackendState state) => state.Current.Endpoints.Select(endpoint => endpoint.Text);
}
