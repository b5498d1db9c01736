using Xunit;
using static Portico.NetworkTests.Manifest;

namespace Portico.NetworkTests;

/// <summary>Policies and hints where endpoints are on several nodes: who answers where, and what becomes of the client's address.</summary>
public sealed class AcrossNodesTests(TwoNodes net) : IClassFixture<TwoNodes>
{
    private const string Address = "10.96.0.10";
    private const string Vip = "198.51.100.10";
    private const string Local = "type: LoadBalancer, externalTrafficPolicy: Local";

    [Fact]
    public void Under_policy_Cluster_a_node_port_of_any_node_leads_to_the_pods_of_all_which_see_that_node()
    {
        net.Apply(Service(ports: NodePorts, more: "type: NodePort") + TwoNodes.Slice("1 4"));
        Assert.Equal(["p1 10.1.1.1", "p4 172.16.0.1"], net.Many("cli", "192.0.2.1", 30080));
        Assert.Equal(["p1 172.16.0.2", "p4 10.2.4.1"], net.Many("cli", "172.16.0.2", 30080));
        Assert.Equal(["p1 10.2.5.2", "p4 10.2.5.2"], net.Many("p5", Address, 80));
    }

    [Fact]
    public void internalTrafficPolicy_Local_keeps_each_node_to_itself()
    {
        net.Apply(Service(more: "internalTrafficPolicy: Local") + TwoNodes.Slice("1 4"));
        Assert.Equal(["p1 10.1.2.2"], net.Many("p2", Address, 80, 20));
        Assert.Equal(["p4 10.2.5.2"], net.Many("p5", Address, 80, 20));
    }

    [Fact]
    public void internalTrafficPolicy_Local_is_silent_where_there_is_no_endpoint_and_node_ports_reach_it_all_the_same()
    {
        net.Apply(Service(ports: NodePorts, more: "type: NodePort, internalTrafficPolicy: Local") + TwoNodes.Slice("4"));
        Assert.Equal("dropped", net.TcpForASecond("p1", Address, 80));
        Assert.Equal("p4 10.2.5.2", net.Tcp("p5", Address, 80));
        Assert.Equal("p4 172.16.0.1", net.Tcp("cli", "192.0.2.1", 30080));
    }

    [Fact]
    public void externalTrafficPolicy_Local_keeps_the_clients_address_on_the_node_that_it_came_to()
    {
        net.Apply(Service(ports: NodePorts, more: Local, status: $"{{ip: {Vip}}}") + TwoNodes.Slice("1 4"));
        Assert.Equal(["p1 203.0.113.2"], net.Many("cli", "192.0.2.1", 30080, 20));
        Assert.Equal(["p4 203.0.113.2"], net.Many("cli", "172.16.0.2", 30080, 20));
        Assert.Equal(["p1 203.0.113.2"], net.Many("cli", Vip, 80, 20));
        Assert.Equal(["p1 10.1.2.2", "p4 10.1.2.2"], net.Many("p2", Vip, 80));
        Assert.Equal(["p1 10.2.5.2", "p4 10.2.5.2"], net.Many("p5", Vip, 80));
    }

    [Theory]
    [InlineData("192.0.2.1", 30080)]
    [InlineData(Vip, 80)]
    public void With_endpoints_on_the_other_node_only_it_is_silent_outside_and_leads_there_from_pods_and_the_node(string address, int port)
    {
        net.Apply(Service(ports: NodePorts, more: Local, status: $"{{ip: {Vip}}}") + TwoNodes.Slice("4"));
        Assert.Equal("dropped", net.TcpForASecond("cli", address, port));
        Assert.Equal("p4 10.1.2.2", net.Tcp("p2", address, port));
        Assert.Equal("p4 172.16.0.1", net.Tcp("node", address, port));
        Assert.Equal("p4 203.0.113.2", net.Tcp("cli", "172.16.0.2", 30080));
    }

    [Fact]
    public void An_ending_endpoint_of_the_node_is_still_used_under_policy_Local_although_another_node_has_a_ready_one()
    {
        net.Apply(Service(ports: NodePorts, more: Local, status: $"{{ip: {Vip}}}") + TwoNodes.Slice("1~ 4"));
        Assert.Equal(["p1 203.0.113.2"], net.Many("cli", "192.0.2.1", 30080, 10));
        Assert.Equal(["p4 10.1.2.2"], net.Many("p2", Address, 80, 10));
    }

    [Theory]
    [InlineData("1=a 2=a 4=b", "p1 p2")]
    [InlineData("1=b 4=a", "p4")]
    [InlineData("1=a 4", "p1 p4")]
    [InlineData("1=b 4=c", "p1 p4")]
    [InlineData("1+node 4+n2", "p1")]
    [InlineData("1+n2 4+node", "p4")]
    [InlineData("1~=a 4~=b", "p1 p4")]
    [InlineData("1+node=b 4+n2=a", "p1")]
    [InlineData("4+n2=a 5+n2=b", "p4")]
    [InlineData("4+n2=b 5+n2=c", "p4 p5")]
    public void Hints_narrow_what_a_node_uses_when_every_endpoint_has_one_and_one_is_for_it(string endpoints, string pods)
    {
        net.Apply(Service() + TwoNodes.Slice(endpoints), "--zone", "a");
        Assert.Equal(pods, string.Join(' ', net.Many("cli", Address, 80).Select(a => a.Split(' ')[0])));
    }

    [Fact]
    public void Hints_mean_nothing_to_policy_Local()
    {
        net.Apply(Service(ports: NodePorts, more: Local, status: $"{{ip: {Vip}}}") + TwoNodes.Slice("1=b 4=a"), "--zone", "a");
        Assert.Equal(["p1 203.0.113.2"], net.Many("cli", Vip, 80, 10));
        Assert.Equal(["p4 10.1.2.2"], net.Many("p2", Address, 80, 10));
    }

    [Fact]
    public async Task A_policy_that_changes_back_and_forth_fails_no_connection()
    {
        using var done = new CancellationTokenSource();
        net.Apply(Service(ports: NodePorts, more: "type: NodePort") + TwoNodes.Slice("1 4"));
        var loop = Task.Run(() =>
        {
            var answers = new HashSet<string>(StringComparer.Ordinal);
            while (!done.IsCancellationRequested)
            {
                answers.Add(net.Tcp("cli", "192.0.2.1", 30080));
            }

            return answers;
        });
        foreach (var policy in (string[])["Local", "Cluster", "Local"])
        {
            net.Apply(Service(ports: NodePorts, more: $"type: NodePort, externalTrafficPolicy: {policy}") + TwoNodes.Slice("1 4"));
        }

        Assert.Equal(["p1 203.0.113.2"], net.Many("cli", "192.0.2.1", 30080, 10));
        await done.CancelAsync();
        Assert.Empty((await loop).Except(["p1 10.1.1.1", "p4 172.16.0.1", "p1 203.0.113.2"]));
    }
}
