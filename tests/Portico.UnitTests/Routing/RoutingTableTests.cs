using System.Collections.Immutable;
using System.Text;
using Portico.Model;
using Portico.Proxy.Balancing;
using Portico.Proxy.Routing;
using Xunit;

namespace Portico.UnitTests.Routing;

public class RoutingTableTests
{
    private readonly BackendRegistry _backends = new(2);

    [Fact]
    public void Hosts_that_did_not_change_keep_their_compiled_form()
    {
        var model = Models.Gateway(Models.Host("a.test"), Models.Host("b.test"));
        var first = RoutingTable.Compile(model, null, _backends);
        var hosts = model.Listeners[0].Hosts.Hosts;
        var second = RoutingTable.Compile(model.WithHosts(hosts.SetItem("b.test", Models.Host("b.test"))), first, _backends);
        Assert.Same(first.Find("a.test"), second.Find("a.test"));
        Assert.NotSame(first.Find("b.test"), second.Find("b.test"));
        var third = RoutingTable.Compile(model.WithHosts(hosts.Remove("a.test")), second, _backends);
        Assert.Null(third.Find("a.test"));
        Assert.NotNull(second.Find("a.test"));
    }

    [Fact]
    public void Other_settings_compile_every_host_anew()
    {
        var model = Models.Gateway(Models.Host("a.test"));
        var first = RoutingTable.Compile(model, null, _backends);
        var second = RoutingTable.Compile(model with { Settings = model.Settings with { ServerTokens = true } }, first, _backends);
        Assert.NotSame(first.Find("a.test"), second.Find("a.test"));
    }

    [Fact]
    public void Listeners_that_share_their_hosts_share_the_compiled_form()
    {
        var model = Models.Gateway(Models.Host("a.test"));
        var plain = model.Listeners[0];
        var own = new HostTable(plain.Hosts.Hosts);
        model = model with { Listeners = [plain, plain with { Name = "https", Protocol = ListenerProtocol.Https }, plain with { Name = "own", Hosts = own }] };
        var table = RoutingTable.Compile(model, null, _backends);
        Assert.Equal(3, table.Listeners.Length);
        Assert.Same(table.Listeners[0].Hosts, table.Listeners[1].Hosts);
        Assert.NotSame(table.Listeners[0].Hosts, table.Listeners[2].Hosts);
        Assert.Same(table.Listeners[0].Find("a.test"u8), table.Listeners[2].Find("a.test"u8));
    }

    [Fact]
    public void An_endpoint_change_touches_no_route_and_reaches_every_table()
    {
        var model = Models.Gateway(Models.Host("a.test"));
        var first = RoutingTable.Compile(model, null, _backends);
        var state = first.Find("a.test")!.Routes[0].Targets[0].Backend;
        Assert.Equal("10.0.0.1:80", Assert.Single(state.Current.Endpoints).Text);
        var changed = Models.Backend("app", "10.0.0.2:80");
        var second = RoutingTable.Compile(model with { Backends = model.Backends.SetItem(changed.Id, changed) }, first, _backends);
        Assert.Same(first.Find("a.test"), second.Find("a.test"));
        Assert.Equal("10.0.0.2:80", Assert.Single(state.Current.Endpoints).Text);
    }

    [Fact]
    public void A_backend_that_no_route_names_any_more_is_forgotten_but_serves_the_requests_of_older_tables()
    {
        var model = Models.Gateway(Models.Host("a.test"));
        var first = RoutingTable.Compile(model, null, _backends);
        var state = first.Find("a.test")!.Routes[0].Targets[0].Backend;
        var endpoint = state.Current.Endpoints[0];
        RoutingTable.Compile(Models.Gateway([], []), first, _backends);
        Assert.Equal(0, _backends.Count);
        Assert.True(endpoint.Removed);
        Assert.Same(endpoint, state.Balancer(0).Pick(new BalanceRequest(0), []));
    }

    [Fact]
    public void A_backend_that_vanishes_while_a_route_names_it_has_no_endpoints_until_it_comes_back()
    {
        var model = Models.Gateway(Models.Host("a.test"));
        var first = RoutingTable.Compile(model, null, _backends);
        var second = RoutingTable.Compile(model with { Backends = ImmutableDictionary<BackendId, Backend>.Empty }, first, _backends);
        var state = second.Find("a.test")!.Routes[0].Targets[0].Backend;
        Assert.Empty(state.Current.Endpoints);
        var third = RoutingTable.Compile(model, second, _backends);
        Assert.Same(state, third.Find("a.test")!.Routes[0].Targets[0].Backend);
        Assert.Single(state.Current.Endpoints);
    }

    [Fact]
    public void A_backend_that_the_model_never_held_has_no_endpoints()
    {
        var table = RoutingTable.Compile(Models.Gateway(Models.Host("a.test", Models.Route(PathMatchKind.Prefix, "/", "missing"))), null, _backends);
        var target = Assert.Single(table.Find("a.test")!.Routes[0].Targets);
        Assert.Equal("ns-missing-80", target.Backend.Name);
        Assert.Null(target.Backend.Balancer(0).Pick(new BalanceRequest(0), []));
    }

    [Fact]
    public void The_default_backend_of_the_settings_is_found_and_kept()
    {
        var model = Models.Gateway([], [Models.Backend("fallback", "10.0.0.9:80")]);
        model = model with { Settings = model.Settings with { DefaultBackend = Models.Id("fallback") } };
        var first = RoutingTable.Compile(model, null, _backends);
        Assert.Equal("10.0.0.9:80", first.DefaultBackend!.Current.Endpoints[0].Text);
        var second = RoutingTable.Compile(model with { Backends = model.Backends.Clear() }, first, _backends);
        Assert.Empty(second.DefaultBackend!.Current.Endpoints);
    }

    [Theory]
    [InlineData("a.test", true)]
    [InlineData("broken.test", true)]
    [InlineData("x.wild.test", true)]
    [InlineData("x.y.wild.test", false)]
    [InlineData("wild.test", false)]
    [InlineData("plain.test", false)]
    [InlineData("second.test", true)]
    [InlineData("", false)]
    public void A_certificate_covers_its_names_and_one_label_below_its_wildcards(string host, bool covered)
    {
        var certificate = new Certificate { Name = "ns/a", Fingerprint = "1", ChainPem = [], KeyPem = [] };
        var names = ImmutableDictionary<string, Certificate?>.Empty
            .Add("a.test", certificate).Add("broken.test", null).Add("*.wild.test", certificate);
        var listener = Models.Gateway([], []).Listeners[0];
        var model = new GatewayModel
        {
            Listeners =
            [
                listener,
                listener with { Certificates = new CertificateTable(names, certificate) },
                listener with { Certificates = new CertificateTable(names.Clear().Add("second.test", certificate), certificate) },
            ],
        };
        var table = RoutingTable.Compile(model, null, _backends);
        Assert.Equal(covered, table.HasCertificate(Encoding.ASCII.GetBytes(host)));
        Assert.Equal(covered, RoutingTable.Compile(model, table, _backends).HasCertificate(Encoding.ASCII.GetBytes(host)));
    }

    [Fact]
    public void Problems_stay_listed_while_their_host_stays()
    {
        var model = Models.Gateway(Models.Host("a.test", Models.Route(PathMatchKind.Regex, "/a(")), Models.Host("b.test"));
        var first = RoutingTable.Compile(model, null, _backends);
        var hosts = model.Listeners[0].Hosts.Hosts;
        var second = RoutingTable.Compile(model.WithHosts(hosts.Remove("b.test")), first, _backends);
        Assert.Same(Assert.Single(first.Problems), Assert.Single(second.Problems));
        Assert.Empty(RoutingTable.Compile(model.WithHosts(hosts.Remove("a.test")), second, _backends).Problems);
    }

    [Fact]
    public void Targets_are_drawn_by_weight_and_never_at_weight_zero()
    {
        var route = Models.Route(PathMatchKind.Prefix, "/") with
        {
            Action = new RouteAction.Forward(
                [new WeightedBackend(Models.Id("a"), 1), new WeightedBackend(Models.Id("none"), 0), new WeightedBackend(Models.Id("b"), 3)]),
        };
        var compiled = RoutingTable.Compile(Models.Gateway(Models.Host("a.test", route)), null, _backends).Find("a.test")!.Routes[0];
        var drawn = Enumerable.Range(0, 4000).Select(i => compiled.DrawTarget((uint)((long)i * uint.MaxValue / 3999))!.Backend.Id.Service)
            .GroupBy(service => service).ToDictionary(group => group.Key, group => group.Count());
        Assert.Equal(2, drawn.Count);
        Assert.InRange(drawn["a"], 999, 1001);
        Assert.InRange(drawn["b"], 2999, 3001);
    }

    [Theory]
    [InlineData(new int[0])]
    [InlineData(new[] { 0 })]
    [InlineData(new[] { 0, 0 })]
    public void Without_any_weight_there_is_no_target(int[] weights)
    {
        var action = new RouteAction.Forward([.. weights.Select(weight => new WeightedBackend(Models.Id("a"), weight))]);
        var route = Models.Route(PathMatchKind.Prefix, "/") with { Action = action };
        var compiled = RoutingTable.Compile(Models.Gateway(Models.Host("a.test", route)), null, _backends).Find("a.test")!.Routes[0];
        Assert.Null(compiled.DrawTarget(0));
        Assert.Null(compiled.DrawTarget(uint.MaxValue));
    }
}
