using Portico.Kubernetes.Resources;
using Portico.Services;
using Portico.Services.Netlink;
using Portico.Services.Planning;
using Xunit;
using static Portico.UnitTests.Services.ClusterObjects;

namespace Portico.UnitTests.Services;

public class StaleFlowsTests
{
    private static readonly PodEndpoint First = new("10.1.1.2", 8080);
    private static readonly PodEndpoint Second = new("10.1.2.2", 8080);
    private readonly StaleFlows _flows = new();

    [Theory]
    [InlineData("10.96.0.10", 53, true)]
    [InlineData("198.51.100.10", 53, true)]
    [InlineData("192.0.2.1", 30053, true)]
    [InlineData("203.0.113.2", 30053, false)]
    [InlineData("10.96.0.10", 54, false)]
    public void A_flow_to_a_way_in_of_the_Service_is_stale_when_its_endpoint_serves_no_more(string address, int port, bool stale)
    {
        _flows.Put(Dns("10.1.2.2"));
        var test = _flows.Test(ThisNode, (_, _) => true);
        Assert.Equal(stale, test(Udp(new PodEndpoint(address, port), First)));
        Assert.False(test(Udp(new PodEndpoint(address, port), Second)));
    }

    [Fact]
    public void A_flow_that_began_before_there_were_endpoints_is_stale()
    {
        _flows.Put(Dns("10.1.2.2"));
        Assert.True(_flows.Test(ThisNode, (_, _) => true)(Udp(new PodEndpoint("10.96.0.10", 53), new PodEndpoint("10.96.0.10", 53))));
    }

    [Fact]
    public void Flows_to_an_entry_that_another_Service_has_are_that_ones()
    {
        _flows.Put(Dns("10.1.2.2"));
        Assert.False(_flows.Test(ThisNode, (entry, _) => entry.Address != "10.96.0.10")(Udp(new PodEndpoint("10.96.0.10", 53), First)));
    }

    [Fact]
    public void Without_any_endpoint_nothing_is_forgotten()
    {
        _flows.Put(Dns());
        Assert.False(_flows.Test(ThisNode, (_, _) => true)(Udp(new PodEndpoint("10.96.0.10", 53), First)));
    }

    [Fact]
    public void Only_changes_are_looked_for()
    {
        _flows.Put(Dns("10.1.2.2"));
        Assert.True(_flows.MayExist);
        _flows.Done();
        _flows.Put(Dns("10.1.2.2"));
        Assert.False(_flows.MayExist);
        _flows.Put(Dns("10.1.1.2", "10.1.2.2"));
        Assert.True(_flows.MayExist);
        _flows.Remove(Dns().Name);
        Assert.False(_flows.MayExist);
    }

    [Fact]
    public void A_connection_that_came_too_early_is_stale_and_one_that_was_answered_is_not()
    {
        var to = new PodEndpoint("10.96.0.10", 80);
        _flows.Put(Plan(Web, Slice(Endpoint("10.1.1.2"))).Plans[0]);
        var test = _flows.Test(ThisNode, (_, _) => true);
        Assert.True(test(new TrackedFlow("TCP", to, to, IsAnswered: false)));
        Assert.False(test(new TrackedFlow("TCP", to, to, IsAnswered: true)));
        Assert.False(test(new TrackedFlow("TCP", to, First, IsAnswered: false)));
        Assert.False(test(new TrackedFlow("UDP", to, to, IsAnswered: false)));
    }

    [Fact]
    public void Of_TCP_only_first_endpoints_and_new_ways_in_are_looked_at()
    {
        _flows.Put(Plan(Web, Slice()).Plans[0]);
        _flows.Done();
        _flows.Put(Plan(Web, Slice(Endpoint("10.1.1.2"))).Plans[0]);
        Assert.True(_flows.MayExist);
        _flows.Done();
        _flows.Put(Plan(Web, Slice(Endpoint("10.1.1.2"), Endpoint("10.1.2.2"))).Plans[0]);
        _flows.Put(Plan(Web, Slice(Endpoint("10.1.2.2"))).Plans[0]);
        _flows.Put(Plan(Web, Slice()).Plans[0]);
        Assert.False(_flows.MayExist);
        _flows.Put(Plan(Web with { Spec = Web.Spec with { ExternalIPs = ["198.51.100.10"] } }, Slice(Endpoint("10.1.2.2"))).Plans[0]);
        Assert.True(_flows.MayExist);
    }

    [Fact]
    public void A_flow_is_read_from_the_kernels_message_wherever_it_is_cut()
    {
        static byte[] Tuple(byte source, byte target, ushort from, ushort to) =>
        [
            20, 0, 1, 0x80, 8, 0, 1, 0, 10, 0, 0, source, 8, 0, 2, 0, 10, 0, 0, target,
            28, 0, 2, 0x80, 5, 0, 1, 0, 17, 0, 0, 0, 6, 0, 2, 0, (byte)(from >> 8), (byte)from, 0, 0, 6, 0, 3, 0, (byte)(to >> 8), (byte)to, 0, 0,
        ];
        static byte[] Nested(byte type, byte[] value) => [(byte)(value.Length + 4), 0, type, 0x80, .. value];
        byte[] entry = [.. Nested(1, Tuple(1, 2, 1000, 53)), .. Nested(2, Tuple(3, 1, 8080, 1000))];
        Assert.Equal(Udp(new PodEndpoint("10.0.0.2", 53), new PodEndpoint("10.0.0.3", 8080)), Connections.Read(entry));
        Assert.Equal(Udp(new PodEndpoint("10.0.0.2", 53), new PodEndpoint("10.0.0.3", 8080)) with { IsAnswered = true }, Connections.Read((byte[])[.. entry, 8, 0, 3, 0, 0, 0, 1, 0x8a]));
        for (var length = 0; length < entry.Length; length++)
        {
            Assert.Null(Connections.Read(entry.AsMemory(0, length)));
        }
    }

    private static TrackedFlow Udp(PodEndpoint to, PodEndpoint answeredBy) => new("UDP", to, answeredBy, IsAnswered: false);

    private static ServicePlan Dns(params string[] endpoints)
    {
        var service = Web with
        {
            Spec = Web.Spec with { Type = "LoadBalancer", Ports = [new ServicePort { Name = "dns", Port = 53, Protocol = "UDP", NodePort = 30053 }] },
            LoadBalancer = [new LoadBalancerIngress { Ip = "198.51.100.10" }],
        };
        var slice = Slice([.. endpoints.Select(e => Endpoint(e))]) with { Ports = [new EndpointPort { Name = "dns", Port = 8080, Protocol = "UDP" }] };
        return Plan(service, slice).Plans[0];
    }
}
