using Portico.Ingress;
using Portico.Ingress.Streams;
using Portico.Kubernetes.Resources;
using Portico.Model;
using Xunit;
using static Portico.UnitTests.IngressTranslation.TestCluster;

namespace Portico.UnitTests.IngressTranslation;

public class StreamServiceTests
{
    private static readonly IngressOptions Options = new()
    {
        TcpServicesConfigMap = new NamespacedName("default", "tcp"),
        UdpServicesConfigMap = new NamespacedName("default", "udp"),
        ReservedPorts = [80, 443],
    };

    private readonly TestCluster _cluster = new(Options);

    [Theory]
    [InlineData("default/db:5432", false, false)]
    [InlineData("default/db:5432:PROXY", true, false)]
    [InlineData("default/db:5432:proxy:Proxy", true, true)]
    [InlineData("default/db:5432::PROXY", false, true)]
    [InlineData("default/db:5432:no:yes", false, false)]
    [InlineData("default/db:5432:PROXY:PROXY:", true, false)]
    public void The_fields_of_an_entry_say_who_speaks_the_PROXY_protocol(string value, bool accepts, bool sends)
    {
        var entry = StreamEntry.Parse(StreamProtocol.Tcp, "9000", value, out _)!;
        Assert.Equal((9000, accepts, sends), (entry.Port, entry.AcceptsProxyProtocol, entry.SendsProxyProtocol));
        Assert.Equal(new BackendId("default", "db", "5432", "tcp"), entry.Backend);
        var datagrams = StreamEntry.Parse(StreamProtocol.Udp, "9000", value, out _)!;
        Assert.False(datagrams.AcceptsProxyProtocol || datagrams.SendsProxyProtocol);
    }

    [Theory]
    [InlineData("abc", "default/db:5432")]
    [InlineData("0", "default/db:5432")]
    [InlineData("65536", "default/db:5432")]
    [InlineData("9000", "default/db")]
    [InlineData("9000", "default/db:")]
    [InlineData("9000", "db:5432")]
    [InlineData("9000", "a/b/c:5432")]
    [InlineData("9000", "")]
    public void A_broken_entry_is_refused_with_its_cause(string key, string value)
    {
        Assert.Null(StreamEntry.Parse(StreamProtocol.Tcp, key, value, out var problem));
        Assert.NotEmpty(problem);
    }

    [Fact]
    public void An_entry_listens_while_its_Service_has_endpoints()
    {
        AddDatabase();
        _cluster.Add(Map("tcp", ("9000", "default/db:5432"), ("9001", "default/db:sql"), ("80", "default/db:5432"), ("x", "y"), ("9002", "default/none:1"), ("9003", "default/db:7777"))).Apply();
        Assert.Equal(["tcp 9000", "tcp 9001"], _cluster.Model.StreamListeners.Select(l => l.ToString()));
        var backend = _cluster.Model.Backends[new BackendId("default", "db", "5432", "tcp")];
        Assert.Equal("tcp-default-db-5432", backend.Name);
        Assert.Equal(["10.0.0.1:7001"], backend.Endpoints.Select(e => $"{e.Address}:{e.Port}"));
        Assert.Equal(
            ["80 ReservedPort", "9002 NoEndpoints", "9003 NoEndpoints", "x InvalidStreamEntry"],
            _cluster.FindingsOf("ConfigMap", "tcp").Select(f => $"{f.Field} {f.Reason}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_target_port_or_a_port_of_the_other_protocol_is_none()
    {
        AddDatabase();
        _cluster.Add(Map("tcp", ("9000", "default/db:7001"))).Add(Map("udp", ("9000", "default/db:5432"))).Apply();
        Assert.Empty(_cluster.Model.StreamListeners);
    }

    [Fact]
    public void A_change_of_endpoints_is_a_change_of_the_backend_alone()
    {
        AddDatabase();
        _cluster.Add(Map("tcp", ("9000", "default/db:5432"))).Apply();
        var before = _cluster.Model;
        _cluster.Add(Slice("db", "db-1", [new EndpointPort { Name = "sql", Port = 7001 }], "10.0.0.1", "10.0.0.2")).Apply();
        Assert.True(before.StreamListeners == _cluster.Model.StreamListeners);
        Assert.True(before.Listeners == _cluster.Model.Listeners);
        Assert.Equal(2, _cluster.Model.Backends.Values.Single().Endpoints.Length);
    }

    [Fact]
    public void Without_endpoints_and_without_entry_nothing_listens_and_nothing_stays()
    {
        AddDatabase();
        _cluster.Add(Map("tcp", ("9000", "default/db:5432"))).Apply();
        _cluster.Add(Slice("db", "db-1", [new EndpointPort { Name = "sql", Port = 7001 }])).Apply();
        Assert.Empty(_cluster.Model.StreamListeners);
        _cluster.Add(Map("tcp")).Apply();
        Assert.Empty(_cluster.Model.Backends);
    }

    private void AddDatabase() => _cluster
        .Add(Service("db", "default", new ServicePort { Name = "sql", Port = 5432, TargetPort = "7001" }))
        .Add(Slice("db", "db-1", [new EndpointPort { Name = "sql", Port = 7001 }], "10.0.0.1"));

    private static ConfigMap Map(string name, params (string Key, string Value)[] data) => TestCluster.Map("default", name, data);
}
