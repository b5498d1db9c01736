using Xunit;
using static Portico.NetworkTests.Manifest;

namespace Portico.NetworkTests;

/// <summary>Where no endpoint may answer: who is refused at once, who meets silence, and who is served all the same, by every way in and under every policy.</summary>
public sealed class RefusalMatrixTests(OneNode net) : IClassFixture<OneNode>
{
    private const string Balancer = "type: LoadBalancer, externalIPs: [\"198.51.100.50\"]";

    private static readonly (string Way, string Address, int Port)[] Ways =
        [("ClusterIP", "10.96.0.10", 80), ("NodePort", "192.0.2.1", 30080), ("balancer", "198.51.100.10", 80), ("externalIP", "198.51.100.50", 80)];

    /// <param name="endpoints">As <see cref="Slice"/> takes them; 3 is p3, and with <c>@</c> as good as on another node.</param>
    /// <param name="cluster">What the cluster address gives a pod, the node and a client outside.</param>
    /// <param name="external">What the ways from outside give them.</param>
    [Theory]
    [InlineData("", "Cluster", "Cluster", "rejected rejected rejected", "rejected rejected rejected")]
    [InlineData("", "Local", "Cluster", "rejected rejected rejected", "rejected rejected rejected")]
    [InlineData("", "Cluster", "Local", "rejected rejected rejected", "rejected rejected rejected")]
    [InlineData("", "Local", "Local", "rejected rejected rejected", "rejected rejected rejected")]
    [InlineData("3!@", "Local", "Local", "rejected rejected rejected", "rejected rejected rejected")]
    [InlineData("3@", "Cluster", "Cluster", "p3 p3 p3", "p3 p3 p3")]
    [InlineData("3@", "Local", "Cluster", "dropped dropped dropped", "p3 p3 p3")]
    [InlineData("3@", "Cluster", "Local", "p3 p3 p3", "p3 p3 dropped")]
    [InlineData("3@", "Local", "Local", "dropped dropped dropped", "p3 p3 dropped")]
    [InlineData("3~@", "Local", "Local", "dropped dropped dropped", "p3 p3 dropped")]
    [InlineData("3~", "Local", "Local", "p3 p3 p3", "p3 p3 p3")]
    public void Nobody_anywhere_refuses_and_nobody_here_is_silent(string endpoints, string internalPolicy, string externalPolicy, string cluster, string external)
    {
        net.Apply(
            Service(ports: NodePorts, more: $"{Balancer}, internalTrafficPolicy: {internalPolicy}, externalTrafficPolicy: {externalPolicy}", status: "{ip: 198.51.100.10}")
            + Slice(endpoints));
        var silent = new List<(string From, string Address, int Port)>();
        foreach (var (way, address, port) in Ways)
        {
            var outcomes = (way == "ClusterIP" ? cluster : external).Split(' ');
            foreach (var (from, outcome) in ((string[])["p1", "node", "cli"]).Zip(outcomes))
            {
                if (outcome == "dropped")
                {
                    silent.Add((from, address, port));
                }
                else
                {
                    Assert.Equal($"{from} → {way}: {outcome}", $"{from} → {way}: {net.Tcp(from, address, port).Split(' ')[0]}");
                }
            }
        }

        Assert.All(net.Silence([.. silent]), answer => Assert.Equal("dropped", answer));
    }

    [Fact]
    public void Refusals_come_as_errors_to_datagrams_too_and_over_IPv6()
    {
        const string Udp = "[{name: http, port: 80, protocol: UDP, nodePort: 30080}]";
        net.Apply(Service(ports: Udp, more: "type: NodePort, clusterIPs: [\"10.96.0.10\", \"fd00:96::10\"]"));
        foreach (var from in (string[])["p1", "node", "cli"])
        {
            foreach (var (address, port) in ((string, int)[])[("10.96.0.10", 80), ("192.0.2.1", 30080), ("fd00:96::10", 80), ("fd00:2::1", 30080)])
            {
                Assert.Equal($"{from} → {address}: rejected", $"{from} → {address}: {net.Udp(from, address, port)}");
            }
        }
    }

    [Fact]
    public void An_address_that_no_Service_has_is_silent_from_everywhere()
    {
        net.Apply(Service() + Slice("1"));
        Assert.All(net.Silence(("p1", "10.96.9.9", 80), ("cli", "10.96.9.9", 80), ("node", "10.96.9.9", 80)), answer => Assert.Equal("dropped", answer));
    }
}
