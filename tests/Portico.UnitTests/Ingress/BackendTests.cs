using Portico.Ingress;
using Portico.Kubernetes.Resources;
using Portico.Model;
using Portico.Model.Text;
using Xunit;
using static Portico.UnitTests.IngressTranslation.TestCluster;

namespace Portico.UnitTests.IngressTranslation;

public class BackendTests
{
    private readonly TestCluster _cluster = new();

    private static IngressRule RuleTo(string port, string service = "own") => new()
    {
        Host = "h.test",
        Http = new HttpIngressRuleValue
        {
            Paths = [new HttpIngressPath
            {
                Path = "/",
                Backend = new IngressBackend
                {
                    Service = new IngressServiceBackend
                    {
                        Name = service,
                        Port = int.TryParse(port, out var number) ? new ServiceBackendPort { Number = number } : new ServiceBackendPort { Name = port },
                    },
                },
            }],
        },
    };

    private string[] Endpoints(TestCluster? cluster = null) =>
        [.. (cluster ?? _cluster).Model.Backends.Values.Single().Endpoints.Select(e => $"{e.Address}|{e.Port}")];

    [Theory]
    [InlineData("81")]
    [InlineData("one")]
    [InlineData("9001")]
    public void A_port_is_found_by_number_name_or_target(string port)
    {
        _cluster.Add(Service("own", "default", new ServicePort { Name = "zero", Port = 80, TargetPort = "x" }, new ServicePort { Name = "one", Port = 81, TargetPort = "9001" }));
        _cluster.Add(Slice("own", "own-1", [new EndpointPort { Name = "one", Port = 7001 }], "10.0.0.1"));
        _cluster.Add(IngressOf("i", [RuleTo(port)])).Apply();
        Assert.Equal(["10.0.0.1|7001"], Endpoints());
    }

    [Fact]
    public void A_named_target_port_is_found_by_its_name()
    {
        _cluster.Add(Service("own", "default", new ServicePort { Name = "http", Port = 80, TargetPort = "web" })).Add(Slice("own", "10.0.0.1"));
        _cluster.Add(IngressOf("i", [RuleTo("web")])).Apply();
        Assert.Equal(["10.0.0.1|8080"], Endpoints());
    }

    [Fact]
    public void Slice_ports_follow_the_rules_for_names_protocols_and_numeric_targets()
    {
        _cluster.Add(Service("own", "default", new ServicePort { Port = 80, TargetPort = "9000" }));
        _cluster.Add(Slice("own", "s1", [new EndpointPort { Name = "any", Port = 1 }, new EndpointPort { Name = "udp", Port = 2, Protocol = "UDP" }], "10.0.0.1"));
        _cluster.Add(Slice("own", "s2", [], "10.0.0.2"));
        _cluster.Add(IngressOf("i", [RuleTo("80")])).Apply();
        Assert.Equal(["10.0.0.1|1", "10.0.0.2|9000"], Endpoints());

        _cluster.Add(Service("own", "default", new ServicePort { Name = "http", Port = 80, TargetPort = "9000" })).Apply();
        Assert.Equal(["10.0.0.1|9000", "10.0.0.2|9000"], Endpoints());
    }

    [Fact]
    public void Only_ready_false_keeps_an_endpoint_out_and_repeats_count_once()
    {
        var slice = Slice("own") with
        {
            Endpoints =
            [
                new SliceEndpoint { Addresses = ["10.0.0.1", "10.0.0.1", "2001:DB8::1"] },
                new SliceEndpoint { Addresses = ["10.0.0.2"], Conditions = new EndpointConditions { Ready = false } },
                new SliceEndpoint { Addresses = ["10.0.0.3"], Conditions = new EndpointConditions { Ready = true, Terminating = true } },
                new SliceEndpoint { Addresses = ["name.test"] },
            ],
        };
        _cluster.Add(Service("own")).Add(slice).Add(Slice("own", "own-2", [new EndpointPort { Name = "http", Port = 8080 }], "10.0.0.1", "10.0.0.4"));
        _cluster.Add(IngressOf("i", [RuleTo("80")])).Apply();
        Assert.Equal(["10.0.0.1|8080", "2001:db8::1|8080", "10.0.0.3|8080", "10.0.0.4|8080"], Endpoints());
    }

    [Fact]
    public void Hand_written_Endpoints_serve_only_without_slices()
    {
        var endpoints = new Endpoints
        {
            Metadata = new ObjectMeta { Namespace = "default", Name = "own" },
            Subsets = [new EndpointSubset { Addresses = [new EndpointAddress { Ip = "10.1.1.1" }], Ports = [new EndpointPort { Name = "http", Port = 1 }] }],
        };
        _cluster.Add(Service("own")).Add(endpoints).Add(IngressOf("i", [RuleTo("80")])).Apply();
        Assert.Equal(["10.1.1.1|1"], Endpoints());
        _cluster.Add(Slice("own", "10.0.0.1")).Apply();
        Assert.Equal(["10.0.0.1|8080"], Endpoints());
    }

    [Fact]
    public void A_changed_endpoint_replaces_one_backend_and_touches_no_host()
    {
        _cluster.Add(Service("own")).Add(Service("echo-a")).Add(Slice("own", "10.0.0.1")).Add(IngressOf("i", [RuleTo("80"), Rule("other.test")])).Apply();
        var hosts = _cluster.Hosts;
        var other = _cluster.Model.Backends[new BackendId("default", "echo-a", "80")];
        _cluster.Add(Slice("own", "10.0.0.1", "10.0.0.2")).Apply();
        Assert.Same(hosts, _cluster.Hosts);
        Assert.Same(other, _cluster.Model.Backends[new BackendId("default", "echo-a", "80")]);
        Assert.Equal(2, _cluster.Model.Backends[new BackendId("default", "own", "80")].Endpoints.Length);

        var model = _cluster.Model;
        _cluster.Add(Slice("own", "10.0.0.1", "10.0.0.2")).Apply();
        Assert.Same(model, _cluster.Model);
    }

    [Fact]
    public void Missing_Services_and_ports_are_reported_with_the_Service()
    {
        _cluster.Add(IngressOf("i", [RuleTo("80")])).Apply();
        Assert.Contains(_cluster.FindingsOf("Service", "own"), f => f.Message.Contains("no such Service"));
        _cluster.Add(Service("own")).Apply();
        Assert.Empty(_cluster.FindingsOf("Service", "own"));
        _cluster.Add(IngressOf("i", [RuleTo("4711")])).Apply();
        Assert.Contains(_cluster.FindingsOf("Service", "own"), f => f.Message.Contains("no port '4711'"));
        Assert.Empty(Endpoints());
    }

    [Fact]
    public void Service_upstream_is_the_ClusterIP_and_headless_Services_keep_their_endpoints()
    {
        _cluster.Add(Service("own")).Add(Slice("own", "10.0.0.1")).Add(IngressOf("i", [RuleTo("http")], ("service-upstream", "true"))).Apply();
        Assert.Equal(["10.96.0.1|80"], Endpoints());
        Assert.Equal("service-upstream", _cluster.Model.Backends.Keys.Single().Variant);
        _cluster.Add(Service("own") with { Spec = Service("own").Spec with { ClusterIP = "None" } }).Apply();
        Assert.Equal(["10.0.0.1|8080"], Endpoints());
    }

    [Fact]
    public void An_invalid_service_upstream_is_false_whatever_the_ConfigMap_says()
    {
        _cluster.Config(("service-upstream", "true")).Add(Service("own")).Add(Slice("own", "10.0.0.1")).Add(IngressOf("i", [RuleTo("80")], ("service-upstream", "yes"))).Apply();
        Assert.Equal(["10.0.0.1|8080"], Endpoints());
    }

    private static Service External(string name, string target, params ServicePort[] ports) => new()
    {
        Metadata = new ObjectMeta { Namespace = "default", Name = name },
        Spec = new ServiceSpec { Type = "ExternalName", ExternalName = target, Ports = ports },
    };

    [Theory]
    [InlineData("localhost")]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    [InlineData("10.11.12.13")]
    [InlineData("under_score.test")]
    [InlineData("")]
    [InlineData("a..b")]
    public void External_names_that_must_not_be_looked_up_have_no_endpoints(string name)
    {
        _cluster.Add(External("own", name)).Add(IngressOf("i", [RuleTo("80")])).Apply();
        Assert.Null(_cluster.Model.Backends.Values.Single().Dns);
        Assert.Empty(Endpoints());
        Assert.NotEmpty(_cluster.FindingsOf("Service", "own"));
    }

    [Fact]
    public void External_names_are_resolved_while_running_on_the_target_port()
    {
        _cluster.Add(External("own", "api.example.test.", new ServicePort { Name = "http", Port = 80, TargetPort = "8443" })).Add(IngressOf("i", [RuleTo("http")])).Apply();
        Assert.Equal(new DnsTarget("api.example.test.", 8443), _cluster.Model.Backends.Values.Single().Dns);
        _cluster.Add(External("own", "api.example.test")).Add(IngressOf("i", [RuleTo("81")])).Apply();
        Assert.Equal(new DnsTarget("api.example.test", 81), _cluster.Model.Backends.Values.Single().Dns);
    }

    [Fact]
    public void An_external_name_of_this_cluster_follows_that_Service()
    {
        _cluster.Add(External("own", "echo-a.default.svc.cluster.local")).Add(Service("echo-a")).Add(IngressOf("i", [RuleTo("80")])).Apply();
        Assert.Empty(Endpoints());
        _cluster.Add(Slice("echo-a", "10.0.0.9")).Apply();
        Assert.Equal(["10.0.0.9|8080"], Endpoints());
    }

    [Fact]
    public void External_names_in_a_circle_end()
    {
        _cluster.Add(External("own", "two.default.svc")).Add(External("two", "own.default.svc")).Add(IngressOf("i", [RuleTo("80")])).Apply();
        Assert.Empty(Endpoints());
        Assert.Contains(_cluster.FindingsOf("Service", "own"), f => f.Message.Contains("circle"));
    }

    [Fact]
    public void External_names_can_be_switched_off()
    {
        var cluster = new TestCluster(new IngressOptions { DisableExternalNames = true });
        cluster.Add(External("own", "api.test")).Add(IngressOf("i", [RuleTo("80")])).Apply();
        Assert.Null(cluster.Model.Backends.Values.Single().Dns);
        Assert.Empty(Endpoints(cluster));
    }

    [Fact]
    public void The_oldest_user_of_a_Service_port_decides_the_balancing()
    {
        var old = Aged(IngressOf("old", [Rule("a.test")]), 0);
        _cluster.Add(old).Add(Aged(IngressOf("new", [Rule("b.test")], ("upstream-hash-by", "$request_uri"), ("load-balance", "ewma")), 1)).Apply();
        Assert.Equal(LoadBalancing.RoundRobin, _cluster.Model.Backends.Values.Single().LoadBalancing);
        _cluster.Delete(old).Apply();
        Assert.Equal(new LoadBalancing.ConsistentHashChoice(Template.Parse("$request_uri")), _cluster.Model.Backends.Values.Single().LoadBalancing);
    }

    [Fact]
    public void A_backend_goes_with_its_last_user()
    {
        var ingress = IngressOf("i", [Rule("a.test")]);
        _cluster.Add(ingress).Apply();
        Assert.Equal("default-echo-a-80", _cluster.Model.Backends.Values.Single().Name);
        _cluster.Delete(ingress).Apply();
        Assert.Empty(_cluster.Model.Backends);
        Assert.Empty(_cluster.FindingsOf("Service", "echo-a"));
    }

    [Theory]
    [InlineData("auth.default.svc.cluster.local", true)]
    [InlineData("Auth.Default.svc.", true)]
    [InlineData("auth.default", false)]
    [InlineData("a.auth.default.svc", false)]
    [InlineData("auth.default.svc.other.local", false)]
    public void Names_of_Services_are_recognised(string name, bool known)
    {
        Assert.Equal(known, ServiceNames.TryResolve(name, "cluster.local", out var service));
        Assert.Equal(known ? new NamespacedName("default", "auth") : default, service);
    }

    private static SliceEndpoint Hinted(string address, params string[] zones) => new() { Addresses = [address], ForZones = zones };

    private static Node NodeIn(string zone) => new()
    {
        Metadata = new ObjectMeta { Name = "node-1", Labels = new Dictionary<string, string> { ["topology.kubernetes.io/zone"] = zone } },
    };

    /// <summary>A gateway on node-1 in the zone "here", and a Service whose slice has the endpoints.</summary>
    private static TestCluster InZone(string mode, string distribution, params SliceEndpoint[] endpoints)
    {
        var cluster = new TestCluster(new IngressOptions { NodeOfZone = "node-1" });
        var service = Service("own");
        cluster.Add(NodeIn("here")).Add(IngressOf("i", [RuleTo("80")]));
        return cluster.Add(Slice("own") with { Endpoints = endpoints }).Add(service with
        {
            Metadata = service.Metadata with { Annotations = new Dictionary<string, string> { ["service.kubernetes.io/topology-mode"] = mode } },
            Spec = service.Spec with { TrafficDistribution = distribution },
        });
    }

    [Theory]
    [InlineData("auto", "", true)]
    [InlineData("Auto", "", true)]
    [InlineData("", "PreferClose", true)]
    [InlineData("", "PreferSameZone", true)]
    [InlineData("", "PreferSameNode", false)]
    [InlineData("off", "", false)]
    public void Endpoints_of_other_zones_are_left_alone_where_the_Service_asks_for_it(string mode, string distribution, bool narrows)
    {
        var cluster = InZone(mode, distribution, Hinted("10.0.0.1", "here"), Hinted("10.0.0.2", "there"), Hinted("10.0.0.3", "there", "here"));
        cluster.Apply();
        Assert.Equal(narrows ? ["10.0.0.1|8080", "10.0.0.3|8080"] : ["10.0.0.1|8080", "10.0.0.2|8080", "10.0.0.3|8080"], Endpoints(cluster));
    }

    [Fact]
    public void One_endpoint_without_a_hint_lets_the_whole_slice_serve_and_other_slices_count_for_themselves()
    {
        var cluster = InZone("auto", "", Hinted("10.0.0.1", "here"), Hinted("10.0.0.2"), Hinted("10.0.0.3", "there"));
        cluster.Add(Slice("own", "own-2", [new EndpointPort { Name = "http", Port = 8080 }]) with { Endpoints = [Hinted("10.0.1.1", "here"), Hinted("10.0.1.2", "there")] }).Apply();
        Assert.Equal(["10.0.0.1|8080", "10.0.0.2|8080", "10.0.0.3|8080", "10.0.1.1|8080"], Endpoints(cluster));
    }

    [Theory]
    [InlineData("auto", "")]
    [InlineData("", "PreferClose")]
    public void A_zone_that_no_endpoint_is_meant_for_is_served_from_the_others(string mode, string distribution)
    {
        var cluster = InZone(mode, distribution, Hinted("10.0.0.1", "there"), Hinted("10.0.0.2", "there"));
        cluster.Apply();
        Assert.Equal(["10.0.0.1|8080", "10.0.0.2|8080"], Endpoints(cluster));
    }

    [Fact]
    public void A_node_that_comes_late_or_moves_is_noticed()
    {
        var cluster = InZone("auto", "", Hinted("10.0.0.1", "here"), Hinted("10.0.0.2", "there"));
        cluster.Delete(NodeIn("here")).Apply();
        Assert.Equal(["10.0.0.1|8080", "10.0.0.2|8080"], Endpoints(cluster));
        cluster.Add(NodeIn("here")).Apply();
        Assert.Equal(["10.0.0.1|8080"], Endpoints(cluster));
        cluster.Add(NodeIn("there")).Apply();
        Assert.Equal(["10.0.0.2|8080"], Endpoints(cluster));
    }
}
