using Portico.Kubernetes.Resources;
using Portico.Services;
using Portico.Services.Planning;
using Xunit;
using static Portico.UnitTests.Services.ClusterObjects;

namespace Portico.UnitTests.Services;

public class EndpointChoiceTests
{
    [Fact]
    public void A_condition_that_is_not_set_counts_as_ready() =>
        Assert.Equal("10.1.1.2:8080", Cluster(Slice(Endpoint("10.1.1.2", ready: null))));

    [Fact]
    public void What_is_not_ready_takes_nothing() => Assert.Equal("", Cluster(Slice(Endpoint("10.1.1.2", ready: false))));

    [Fact]
    public void What_ends_is_used_only_when_nothing_is_ready()
    {
        var ending = Endpoint("10.1.1.2", ready: false, serving: true, ends: true);
        Assert.Equal("10.1.2.2:8080", Cluster(Slice(ending, Endpoint("10.1.2.2"))));
        Assert.Equal("10.1.1.2:8080", Cluster(Slice(ending)));
        Assert.Equal("", Cluster(Slice(Endpoint("10.1.1.2", ready: false, serving: false, ends: true))));
    }

    [Fact]
    public void This_nodes_endpoints_fall_back_to_ending_ones_although_others_are_ready_elsewhere()
    {
        var choice = Choose(Slice(Endpoint("10.1.1.2", ready: false, serving: true, ends: true), Endpoint("10.2.1.2", "other")));
        Assert.Equal("10.2.1.2:8080", Text(choice.Cluster));
        Assert.Equal("10.1.1.2:8080", Text(choice.Local));
    }

    [Fact]
    public void The_same_endpoint_in_two_slices_counts_once_and_as_the_one_that_does_not_end()
    {
        var ending = Slice(Endpoint("10.1.1.2", ready: false, serving: true, ends: true));
        var ready = Slice(Endpoint("10.1.1.2"));
        Assert.Equal("10.1.1.2:8080", Cluster(ending, ready, Slice(Endpoint("10.1.2.2", ready: false))));
        Assert.Equal("10.1.1.2:8080", Cluster(ready, ending));
    }

    [Fact]
    public void Ports_are_joined_by_name_and_protocol_each_slice_with_its_own_number()
    {
        var other = Slice(Endpoint("10.1.2.2")) with { Ports = [new EndpointPort { Name = "http", Port = 9090 }] };
        var wrongName = Slice(Endpoint("10.1.3.2")) with { Ports = [new EndpointPort { Name = "x", Port = 8080 }] };
        var wrongProtocol = Slice(Endpoint("10.1.3.3")) with { Ports = [new EndpointPort { Name = "http", Port = 8080, Protocol = "UDP" }] };
        Assert.Equal("10.1.1.2:8080 10.1.2.2:9090", Cluster(Slice(Endpoint("10.1.1.2")), other, wrongName, wrongProtocol));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(70000)]
    public void A_slice_port_that_is_none_gives_nothing(int? port) =>
        Assert.Equal("", Cluster(Slice(Endpoint("10.1.1.2")) with { Ports = [new EndpointPort { Name = "http", Port = port }] }));

    [Theory]
    [InlineData("IPv6")]
    [InlineData("FQDN")]
    [InlineData("")]
    public void A_slice_of_another_kind_of_address_gives_nothing(string type) =>
        Assert.Equal("", Cluster(Slice(Endpoint("10.1.1.2")) with { AddressType = type }));

    [Fact]
    public void A_headless_slice_gives_nothing()
    {
        var slice = Slice(Endpoint("10.1.1.2"));
        var labels = new Dictionary<string, string>(slice.Metadata.Labels) { ["service.kubernetes.io/headless"] = "" };
        Assert.Equal("", Cluster(slice with { Metadata = slice.Metadata with { Labels = labels } }));
    }

    [Theory]
    [InlineData("no address")]
    [InlineData("010.1.1.2")]
    [InlineData("10.1")]
    [InlineData("fd00::1")]
    public void An_address_that_is_none_of_the_family_is_left_out(string address) =>
        Assert.Equal("10.1.2.2:8080", Cluster(Slice(Endpoint(address), Endpoint("10.1.2.2"))));

    [Fact]
    public void Only_the_first_address_of_an_endpoint_is_used() =>
        Assert.Equal("10.1.1.2:8080", Cluster(Slice(Endpoint("10.1.1.2") with { Addresses = ["10.1.1.2", "10.1.1.3"] })));

    [Fact]
    public void Zone_hints_narrow_to_this_zone_when_every_ready_endpoint_has_them()
    {
        var (a, b) = (Endpoint("10.1.1.2") with { ForZones = ["a"] }, Endpoint("10.1.2.2") with { ForZones = ["b"] });
        Assert.Equal("10.1.1.2:8080", Cluster(Slice(a, b)));
        Assert.Equal("10.1.1.2:8080 10.1.2.2:8080 10.1.3.2:8080", Cluster(Slice(a, b, Endpoint("10.1.3.2"))));
        Assert.Equal("10.1.2.2:8080", Cluster(Slice(b)));
    }

    [Fact]
    public void Node_hints_come_before_zone_hints()
    {
        var mine = Endpoint("10.1.1.2") with { ForNodes = ["node"], ForZones = ["b"] };
        var zone = Endpoint("10.2.1.2", "other") with { ForNodes = ["other"], ForZones = ["a"] };
        Assert.Equal("10.1.1.2:8080", Cluster(Slice(mine, zone)));
        Assert.Equal("10.2.1.2:8080", Cluster(Slice(zone, Endpoint("10.2.2.2", "other") with { ForNodes = ["other"], ForZones = ["b"] })));
    }

    [Fact]
    public void Hints_narrow_neither_this_nodes_endpoints_nor_ending_ones()
    {
        var choice = Choose(Slice(Endpoint("10.1.1.2") with { ForZones = ["b"] }, Endpoint("10.2.1.2", "other") with { ForZones = ["a"] }));
        Assert.Equal("10.2.1.2:8080", Text(choice.Cluster));
        Assert.Equal("10.1.1.2:8080", Text(choice.Local));
        Assert.Equal("10.1.1.2:8080", Cluster(Slice(Endpoint("10.1.1.2", ready: false, serving: true, ends: true) with { ForZones = ["b"] })));
    }

    private static EndpointChoice Choose(params EndpointSlice[] slices) => EndpointChoice.For(WebPort, slices, IpFamily.IPv4, ThisNode);

    private static string Cluster(params EndpointSlice[] slices) => Text(Choose(slices).Cluster);

    private static string Text(IEnumerable<PodEndpoint> endpoints) => string.Join(' ', endpoints.Select(e => $"{e.Address}:{e.Port}"));
}
