using Portico.Kubernetes.Resources;
using Xunit;
using static Portico.UnitTests.LoadBalancer.AddressBench;

namespace Portico.UnitTests.LoadBalancer;

public class SharingTests
{
    private const string Key = "metallb.io/allow-shared-ip";

    private readonly AddressBench _bench = new AddressBench().With(Pool("main", "192.0.2.1-192.0.2.3"));

    [Fact]
    public void Different_ports_of_one_key_share_the_lowest_address()
    {
        Assert.Equal("192.0.2.1", _bench.Put("tcp", Port("TCP", 80), (Key, "k")));
        Assert.Equal("192.0.2.1", _bench.Put("udp", Port("UDP", 80), (Key, "k")));
        Assert.Equal("192.0.2.2", _bench.Put("tcp2", Port("TCP", 80), (Key, "k")));
        Assert.Equal("192.0.2.3", _bench.Put("other", Port("TCP", 81), (Key, "other")));
        Assert.Equal("192.0.2.1", _bench.Put("elsewhere/tcp", Port("TCP", 82), (Key, "k")));
        _bench.CountersEqualARecount();
    }

    [Fact]
    public void A_port_that_is_taken_refuses_who_asks_for_the_very_address()
    {
        _bench.Put("tcp", Port("TCP", 80), (Key, "k"));

        Assert.Equal("", _bench.Put("second", s => Port("TCP", 80)(s) with { LoadBalancerIP = "192.0.2.1" }, (Key, "k")));
        Assert.Contains(_bench.Events, e => e.Contains("port tcp/80 is already in use on \"192.0.2.1\" by ns1/tcp", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Cluster", "", "Cluster", "b", true)]
    [InlineData("Cluster", "a", "Local", "a", false)]
    [InlineData("Local", "a", "Local", "a", true)]
    [InlineData("Local", "a", "Local", "b", false)]
    public void Who_shares_has_pods_in_the_same_places(string policy, string app, string otherPolicy, string otherApp, bool shares)
    {
        Func<ServiceSpec, ServiceSpec> With(int port, string traffic, string label) => s => Port("TCP", port)(s) with
        {
            ExternalTrafficPolicy = traffic,
            Selector = new Dictionary<string, string> { ["app"] = label },
        };
        _bench.Put("one", With(80, policy, app), (Key, "k"));

        Assert.Equal(shares ? "192.0.2.1" : "192.0.2.2", _bench.Put("two", With(81, otherPolicy, otherApp), (Key, "k")));
    }

    [Fact]
    public void Who_takes_its_key_away_loses_the_shared_address_and_the_other_keeps_it()
    {
        _bench.Put("one", Port("TCP", 80), (Key, "k"));
        var two = _bench.New("two", Port("TCP", 81), (Key, "k"));
        Assert.Equal("192.0.2.1", _bench.Put(two));

        Assert.Equal("192.0.2.2", _bench.Put(two with { Metadata = two.Metadata with { Annotations = new Dictionary<string, string>() } }));
        Assert.Equal("192.0.2.1", _bench.StatusOf("one"));
        Assert.Contains(_bench.Events, e => e.StartsWith("two ClearAssignment", StringComparison.Ordinal) && e.Contains("can't change sharing key", StringComparison.Ordinal));
    }

    [Fact]
    public void Who_is_alone_may_change_its_key_and_others_of_that_key_can_join()
    {
        var one = _bench.New("one", Port("TCP", 80), (Key, "k"));
        _bench.Put(one);
        Assert.Equal("", _bench.Put("joins", s => Port("TCP", 81)(s) with { LoadBalancerIP = "192.0.2.1" }, (Key, "new")));

        Assert.Equal("192.0.2.1", _bench.Put(one with { Metadata = one.Metadata with { Annotations = new Dictionary<string, string> { [Key] = "new" } } }));
        Assert.Equal("192.0.2.1", _bench.StatusOf("joins"));
    }

    private static Func<ServiceSpec, ServiceSpec> Port(string protocol, int port) => s => s with { Ports = [new ServicePort { Protocol = protocol, Port = port }] };
}
