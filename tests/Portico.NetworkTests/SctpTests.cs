using Xunit;
using static Portico.NetworkTests.Manifest;

namespace Portico.NetworkTests;

/// <summary>Services of SCTP, with packets.</summary>
public sealed class SctpTests(OneNode net) : IClassFixture<OneNode>
{
    private const string Address = "10.96.0.10";
    private const string Vip = "198.51.100.10";
    private const string Ports = "[{name: sig, port: 3868, protocol: SCTP, nodePort: 30868}]";
    private const string SlicePorts = "[{name: sig, port: 8080, protocol: SCTP}]";

    [Fact]
    public void Associations_reach_the_pods_by_every_way()
    {
        SkipWhereItIsNotTracked();
        net.Apply(Service(ports: Ports, more: "type: LoadBalancer", status: $"{{ip: {Vip}}}") + Slice("1 2", ports: SlicePorts));
        using var first = SctpHost.Serve(net, "p1", 8080);
        using var second = SctpHost.Serve(net, "p2", 8080);
        Assert.Equal(["p1 10.1.3.2", "p2 10.1.3.2"], Many("p3", Address, 3868));
        Assert.Equal(["p1 10.1.1.1", "p2 10.1.1.2"], Many("p1", Address, 3868));
        Assert.Equal(["p1 10.1.1.1", "p2 10.1.2.1"], Many("cli", "192.0.2.1", 30868));
        Assert.Equal(["p1 10.1.1.1", "p2 10.1.2.1"], Many("cli", Vip, 3868));
        var rules = net.Nft("list", "table", "ip", "portico").Output;
        Assert.Contains($"{Address} . sctp . 3868 : ", rules, StringComparison.Ordinal);
        Assert.Contains("sctp . 30868 : ", rules, StringComparison.Ordinal);
    }

    [Fact]
    public void Policy_Local_keeps_the_clients_address_and_affinity_its_pod()
    {
        SkipWhereItIsNotTracked();
        net.Apply(Service(ports: Ports, more: "type: NodePort, externalTrafficPolicy: Local, sessionAffinity: ClientIP") + Slice("1 2 3@", ports: SlicePorts));
        using var first = SctpHost.Serve(net, "p1", 8080);
        using var second = SctpHost.Serve(net, "p2", 8080);
        Assert.Matches("^p[12] 203.0.113.2$", Assert.Single(Many("cli", "192.0.2.1", 30868)));
    }

    [Fact]
    public void Without_endpoints_they_are_refused()
    {
        SkipWhereItIsNotTracked();
        net.Apply(Service(ports: Ports, more: "type: NodePort"));
        Assert.Equal("rejected", Ask("p1", Address, 3868));
        Assert.Equal("rejected", Ask("cli", "192.0.2.1", 30868));
    }

    private string[] Many(string from, string address, int port) => [.. Enumerable.Range(0, 40).Select(_ => Ask(from, address, port)).Distinct().Order(StringComparer.Ordinal)];

    private string Ask(string from, string address, int port) => SctpHost.Ask(net, from, address, port, TimeSpan.FromSeconds(20));

    /// <summary>A kernel without CONFIG_NF_CT_PROTO_SCTP rewrites addresses of SCTP and leaves its ports as they are.</summary>
    private static void SkipWhereItIsNotTracked()
    {
        Assert.SkipWhen(NetworkNamespace.Lacking is not null, NetworkNamespace.Lacking ?? "");
        Assert.SkipUnless(Directory.Exists("/proc/sys/net/netfilter") && File.Exists("/proc/sys/net/netfilter/nf_conntrack_sctp_timeout_closed"), "this kernel does not track SCTP (CONFIG_NF_CT_PROTO_SCTP)");
    }
}
