using Portico.Kubernetes.Resources;
using Portico.Services.Planning;
using Xunit;
using static Portico.UnitTests.Services.ClusterObjects;

namespace Portico.UnitTests.Services;

public class ServicePlannerTests
{
    private static readonly EndpointSlice Here = Slice(Endpoint("10.1.1.2"));
    private static readonly EndpointSlice Elsewhere = Slice(Endpoint("10.2.1.2", "other"));

    /// <summary>Policies inside and outside, where the endpoints are; then what becomes of the cluster address and of the ways from outside.</summary>
    public static TheoryData<string, string, string, string, string> Decisions => new()
    {
        { "Cluster", "Cluster", "nowhere", "Nobody Reject", "Nobody Reject" },
        { "Local", "Local", "nowhere", "Nobody Reject", "Nobody Reject" },
        { "Cluster", "Cluster", "here", "Cluster None", "Cluster None" },
        { "Cluster", "Cluster", "elsewhere", "Cluster None", "Cluster None" },
        { "Local", "Cluster", "here", "Local None", "Cluster None" },
        { "Local", "Cluster", "elsewhere", "Nobody Drop", "Cluster None" },
        { "Cluster", "Local", "here", "Cluster None", "ClusterOrLocal None" },
        { "Cluster", "Local", "elsewhere", "Cluster None", "ClusterOrLocal Drop" },
        { "Local", "Local", "elsewhere", "Nobody Drop", "ClusterOrLocal Drop" },
    };

    [Theory]
    [MemberData(nameof(Decisions))]
    public void Policies_and_endpoints_decide_who_answers(string inside, string outside, string where, string clusterIP, string external)
    {
        var plan = Assert.Single(Plan(Balancer(inside, outside), where == "here" ? [Here] : where == "elsewhere" ? [Elsewhere] : []).Plans);
        Assert.Equal(4, plan.Entries.Length);
        foreach (var entry in plan.Entries)
        {
            Assert.Equal(entry.Kind == EntryKind.ClusterIP ? clusterIP : external, $"{entry.Uses} {entry.Refusal}");
        }
    }

    [Fact]
    public void A_load_balancer_has_its_cluster_address_external_addresses_ingress_addresses_and_node_port() =>
        Assert.Equal(["10.96.0.10 tcp 80", "198.51.100.50 tcp 80", "198.51.100.10 tcp 80", " tcp 30080"], Entries(Balancer("Cluster", "Cluster")));

    [Theory]
    [InlineData("ClusterIP", "10.96.0.10 tcp 80", "198.51.100.50 tcp 80")]
    [InlineData("NodePort", "10.96.0.10 tcp 80", "198.51.100.50 tcp 80", " tcp 30080")]
    [InlineData("ExternalName")]
    public void The_type_says_which_ways_lead_in(string type, params string[] entries)
    {
        var service = Balancer("Cluster", "Cluster");
        Assert.Equal(entries, Entries(service with { Spec = service.Spec with { Type = type } }));
    }

    [Theory]
    [InlineData("None")]
    [InlineData("")]
    [InlineData("fd00:96::10")]
    public void Without_a_cluster_address_of_the_family_nothing_is_programmed(string clusterIP) =>
        Assert.Empty(Plan(Web with { Spec = Web.Spec with { ClusterIP = clusterIP } }, Here).Plans);

    [Fact]
    public void A_Service_of_another_proxy_is_left_alone()
    {
        var labels = new Dictionary<string, string> { ["service.kubernetes.io/service-proxy-name"] = "x" };
        Assert.Empty(Plan(Web with { Metadata = Web.Metadata with { Labels = labels } }, Here).Plans);
    }

    [Fact]
    public void An_ingress_address_of_mode_Proxy_and_a_host_name_are_not_programmed()
    {
        var service = Balancer("Cluster", "Cluster") with
        {
            LoadBalancer = [new LoadBalancerIngress { Ip = "198.51.100.10", IpMode = "Proxy" }, new LoadBalancerIngress { Hostname = "lb.example" }],
        };
        Assert.Equal(["10.96.0.10 tcp 80", "198.51.100.50 tcp 80", " tcp 30080"], Entries(service));
    }

    [Theory]
    [InlineData("", "everybody")]
    [InlineData("0.0.0.0/0", "everybody")]
    [InlineData("203.0.113.2/32", "203.0.113.2")]
    [InlineData("10.1.0.0/16,10.0.0.0/8,10.2.3.4/32,10.0.0.0/8,11.0.0.0/8", "10.0.0.0/8 11.0.0.0/8")]
    [InlineData("198.51.100.0/24,192.0.2.0/24", "192.0.2.0/24 198.51.100.0/24")]
    [InlineData(" 203.0.113.77/24", "203.0.113.0/24")]
    [InlineData("fd00::/8", "everybody")]
    [InlineData("192.0.2.0/24", "192.0.2.0/24 198.51.100.10")]
    [InlineData("nonsense", "")]
    [InlineData("203.0.113.0/33,10.0.0.0/8", "10.0.0.0/8")]
    public void Source_ranges_close_the_ingress_addresses_and_nothing_else(string ranges, string allowed)
    {
        var service = Balancer("Cluster", "Cluster");
        service = service with { Spec = service.Spec with { LoadBalancerSourceRanges = ranges.Split(',', StringSplitOptions.RemoveEmptyEntries) } };
        foreach (var entry in Plan(service, Here).Plans[0].Entries)
        {
            var text = entry.AllowedSources.IsDefault ? "everybody" : string.Join(' ', entry.AllowedSources);
            Assert.Equal(entry.Key.Address == "198.51.100.10" ? allowed : "everybody", text);
        }
    }

    [Theory]
    [InlineData(0, "TCP", 0)]
    [InlineData(70000, "TCP", 0)]
    [InlineData(80, "TCP", 70000)]
    [InlineData(80, "ICMP", 0)]
    public void A_port_that_no_packet_can_have_is_reported_and_harms_no_other(int port, string protocol, int nodePort)
    {
        var bad = new ServicePort { Name = "bad", Port = port, Protocol = protocol, NodePort = nodePort };
        var (plans, skipped) = Plan(Web with { Spec = Web.Spec with { Ports = [bad, .. Web.Spec.Ports] } }, Here);
        Assert.Equal(WebPort, Assert.Single(plans).Name);
        Assert.Contains("port bad", Assert.Single(skipped), StringComparison.Ordinal);
    }

    [Fact]
    public void An_external_address_that_is_none_is_reported()
    {
        var (plans, skipped) = Plan(Web with { Spec = Web.Spec with { ExternalIPs = ["x", "fd00::1"] } }, Here);
        Assert.Single(plans[0].Entries);
        Assert.Contains("'x'", Assert.Single(skipped), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(30, 30)]
    [InlineData(90_000, 86_400)]
    public void The_time_of_session_affinity_stays_in_its_bounds(int seconds, int kept)
    {
        var service = Web with { Spec = Web.Spec with { SessionAffinity = "ClientIP", SessionAffinitySeconds = seconds } };
        Assert.Equal(TimeSpan.FromSeconds(kept), Plan(service, Here).Plans[0].Affinity);
    }

    private static IEnumerable<string> Entries(Service service) =>
        Plan(service, Here).Plans.SelectMany(p => p.Entries).Select(e => $"{e.Key.Address} {e.Key.Protocol} {e.Key.Port}");

    private static Service Balancer(string inside, string outside) => Web with
    {
        Spec = Web.Spec with
        {
            Type = "LoadBalancer",
            InternalTrafficPolicy = inside,
            ExternalTrafficPolicy = outside,
            ExternalIPs = ["198.51.100.50"],
            Ports = [Web.Spec.Ports[0] with { NodePort = 30080 }],
        },
        LoadBalancer = [new LoadBalancerIngress { Ip = "198.51.100.10" }],
    };
}
