using Xunit;
using static Portico.NetworkTests.Manifest;

namespace Portico.NetworkTests;

/// <summary>
/// Every combination of who calls, by which way and under which policies: which pods answer, and under which address they see the caller. Over TCP and
/// UDP, IPv4 and IPv6. One endpoint is on the node, one on the other.
/// </summary>
public sealed class FlowMatrixTests(TwoNodes net) : IClassFixture<TwoNodes>
{
    private const string TcpAndUdp =
        "[{name: http, port: 80, nodePort: 30080}, {name: dns, port: 80, protocol: UDP, nodePort: 30080}]";

    private static readonly string[] Ways = ["ClusterIP", "NodePort", "balancer", "externalIP"];

    /// <summary>Who calls, the cluster address or a way from outside, the policies; what comes of it: all endpoints or the local one, seen as the node or as itself.</summary>
    private static readonly string[] Flows =
    [
        // caller   way      neither      external Local  internal Local  both
        "p2         inside   | all itself | all itself    | local itself  | local itself",
        "p2         outside  | all node   | all itself    | all node      | all itself",
        "node       inside   | all node   | all node      | local node    | local node",
        "node       outside  | all node   | all node      | all node      | all node",
        "cli        inside   | all node   | all node      | local node    | local node",
        "cli        outside  | all node   | local itself  | all node      | local itself",
    ];

    [Theory]
    [InlineData(1, "")]
    [InlineData(2, "externalTrafficPolicy: Local")]
    [InlineData(3, "internalTrafficPolicy: Local")]
    [InlineData(4, "internalTrafficPolicy: Local, externalTrafficPolicy: Local")]
    public void Policies_decide_which_pods_answer_and_whom_they_see(int column, string policies)
    {
        Apply(policies);
        foreach (var row in Flows.Select(f => f.Split('|', StringSplitOptions.TrimEntries)))
        {
            var (caller, inside) = (row[0].Split(' ')[0], row[0].EndsWith("inside", StringComparison.Ordinal));
            foreach (var way in Ways.Where(w => w == "ClusterIP" == inside))
            {
                Check(caller, way, row[column]);
            }
        }
    }

    [Fact]
    public void masquerade_all_is_about_cluster_addresses()
    {
        Apply("externalTrafficPolicy: Local", "--masquerade-all");
        Check("p2", "ClusterIP", "all node");
        Check("node", "ClusterIP", "all node");
        Check("cli", "ClusterIP", "all node");
        Check("p2", "balancer", "all itself");
    }

    [Fact]
    public void Where_pods_are_not_known_they_are_like_everybody_outside()
    {
        Apply("externalTrafficPolicy: Local", "--cluster-cidr", "");
        Check("p2", "ClusterIP", "all itself");
        Check("cli", "ClusterIP", "all itself");
        Check("p2", "NodePort", "local itself");
        Check("p2", "balancer", "local itself");
        Check("p2", "externalIP", "local itself");
        Check("node", "balancer", "all node");
        Check("cli", "balancer", "local itself");
    }

    private void Apply(string policies, params string[] flags)
    {
        const string Both = "clusterIPs: [\"10.96.0.10\", \"fd00:96::10\"], type: LoadBalancer, externalIPs: [\"198.51.100.50\", \"fd00:e::50\"]";
        const string Slices = "[{name: http, port: 8080}, {name: dns, port: 8080, protocol: UDP}]";
        net.Apply(
            Service(ports: TcpAndUdp, more: policies.Length > 0 ? $"{Both}, {policies}" : Both, status: "{ip: 198.51.100.10}, {ip: \"fd00:e::10\"}")
            + TwoNodes.Slice("1 4", ports: Slices) + TwoNodes.Slice("1 4", "IPv6", Slices),
            flags);
    }

    private void Check(string caller, string way, string outcome)
    {
        foreach (var six in (bool[])[false, true])
        {
            var (address, port) = (way, six) switch
            {
                ("ClusterIP", false) => ("10.96.0.10", 80),
                ("ClusterIP", true) => ("fd00:96::10", 80),
                ("NodePort", false) => ("192.0.2.1", 30080),
                ("NodePort", true) => ("fd00:2::1", 30080),
                ("balancer", false) => ("198.51.100.10", 80),
                ("balancer", true) => ("fd00:e::10", 80),
                (_, false) => ("198.51.100.50", 80),
                (_, true) => ("fd00:e::50", 80),
            };
            var itself = (caller, six) switch
            {
                ("p2", false) => "10.1.2.2",
                ("p2", true) => "fd00:1:2::2",
                ("cli", false) => "203.0.113.2",
                _ => "fd00:c::2",
            };
            var masked = outcome.EndsWith("node", StringComparison.Ordinal);
            var first = $"p1 {(masked ? six ? "fd00:1:1::1" : "10.1.1.1" : itself)}";
            string[] wanted = outcome.StartsWith("local", StringComparison.Ordinal) ? [first] : [first, $"p4 {(masked ? six ? "fd00:f::1" : "172.16.0.1" : itself)}"];
            foreach (var udp in (bool[])[false, true])
            {
                var seen = net.Seen(caller, address, port, wanted, udp);
                Assert.True(wanted.SequenceEqual(seen), $"{caller} → {way} {address} by {(udp ? "UDP" : "TCP")}: {string.Join(", ", seen)} and not {string.Join(", ", wanted)}");
            }
        }
    }
}
