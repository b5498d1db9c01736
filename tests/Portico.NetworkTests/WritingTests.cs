using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;
using static Portico.NetworkTests.Manifest;

namespace Portico.NetworkTests;

/// <summary>How rules get into the kernel: the same whichever way they are written, and of a change nothing but what changed.</summary>
public sealed partial class WritingTests(OneNode net) : IClassFixture<OneNode>
{
    private const string Address = "10.96.0.10";

    private static readonly string[] Strace = ["strace", "-D", "-f", "-yy", "-qq", "-s", "0", "-e", "trace=sendto,sendmsg,recvfrom,recvmsg", "-o"];

    /// <summary>Something in every set and map of both families.</summary>
    internal static readonly string Everything = string.Concat(
        Both("web", "10", "[{name: http, port: 80, nodePort: 30080}]", "type: LoadBalancer, externalIPs: [\"198.51.100.50\", \"fd00:50::1\"], loadBalancerSourceRanges: [\"203.0.113.0/24\", \"192.0.2.7/32\", \"fd00:c::/64\"]", "1 2 3@"),
        Both("dns", "11", "[{name: dns, port: 53, protocol: UDP, nodePort: 30053}, {name: sig, port: 9, protocol: SCTP, nodePort: 30009}]", "type: NodePort, externalTrafficPolicy: Local", "1 2@"),
        Both("sticky", "12", NodePorts.Replace("30080", "30081", StringComparison.Ordinal), "type: NodePort, sessionAffinity: ClientIP, externalTrafficPolicy: Local", "1 3@"),
        Both("nobody", "13", NodePorts.Replace("30080", "30082", StringComparison.Ordinal), "type: NodePort", ""),
        Both("elsewhere", "14", NodePorts.Replace("30080", "30083", StringComparison.Ordinal), "type: NodePort, internalTrafficPolicy: Local, externalTrafficPolicy: Local", "3@"));

    [Theory]
    [InlineData("ip")]
    [InlineData("ip6")]
    public void By_data_by_text_and_as_a_change_the_same_table_comes_about(string family)
    {
        net.Nft("flush", "ruleset");
        net.Apply(Everything);
        var byData = Table(family);
        Assert.Equal(["affinity"], EmptySet().Matches(byData).Select(m => m.Groups[1].Value));

        var (code, text) = net.Program(["node", "--dry-run", "--manifests", net.FileNamed("all.yaml"), .. OneNode.Flags()]);
        Assert.Equal(0, code);
        File.WriteAllText(net.FileNamed("rules.nft"), text);
        net.Nft("flush", "ruleset");
        Assert.Equal((0, ""), net.Nft("-f", net.FileNamed("rules.nft")));
        Assert.Equal(byData, Table(family));

        net.Nft("flush", "ruleset");
        using var program = net.StartLive(Service("headless", "None"));
        net.Change(Everything);
        Until.True(() => Table(family) == byData, () => $"{Table(family)}\nis not\n{byData}");
    }

    [Fact]
    public void A_start_over_what_is_there_leaves_it_as_it_is()
    {
        net.Nft("flush", "ruleset");
        net.Apply(Everything);
        var before = Table("ip") + Table("ip6");
        net.Apply(Everything);
        Assert.Equal(before, Table("ip") + Table("ip6"));
    }

    [Fact]
    public void Nothing_is_written_without_a_change_and_of_a_change_only_what_it_changes()
    {
        using var program = net.StartLive(Service(more: External) + Slice("1 2"));
        using var monitor = new RuleMonitor(net);

        // An object that is another one, and means the same.
        var taken = Metric("kubeproxy_sync_proxy_rules_endpoint_changes_total");
        net.Change(Service(more: External) + Slice("1 2").Replace("labels: {", "labels: {a: b, ", StringComparison.Ordinal));
        Until.True(
            () => Metric("kubeproxy_sync_proxy_rules_endpoint_changes_total") != taken && Metric("kubeproxy_sync_proxy_rules_endpoint_changes_pending") == "0",
            () => "the change is not taken");
        Assert.Empty(monitor.Lines());
        net.Change(Service(more: External) + Slice("1 3"));
        Until.Is("p1 p3", () => string.Join(' ', net.Many("p2", Address, 80).Select(a => a.Split(' ')[0])));
        Assert.Equal(
            ["add element ip portico endpoints-tcp", "add element ip portico hairpin", "delete element ip portico endpoints-tcp", "delete element ip portico hairpin"],
            monitor.Lines().Select(l => string.Join(' ', l.Split(' ').Take(5))).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_change_among_thousands_of_Services_takes_as_many_bytes_from_and_to_the_kernel_as_one_among_few()
    {
        Assert.SkipWhen(NetworkNamespace.Lacking is not null, NetworkNamespace.Lacking ?? "");
        var few = BytesOfChanges(10);
        Assert.InRange(BytesOfChanges(2000), few - 2000, few + 2000);
    }

    private const string External = "type: LoadBalancer, externalIPs: [\"198.51.100.50\", \"198.51.100.51\"]";

    /// <summary>What five changes cost of which one needs a chain that is not there, as the system calls tell that the program makes.</summary>
    private long BytesOfChanges(int services)
    {
        var others = Enumerable.Range(0, services).Select(i => string.Create(CultureInfo.InvariantCulture, $"10.97.{i / 250}.{1 + (i % 250)}"))
            .Select((address, i) => Service($"s{i}", address) + Slice("1 2", $"s{i}"));
        File.WriteAllText(net.FileNamed("others.yaml"), string.Concat(others));
        var folder = Directory.CreateDirectory(net.FileNamed($"few-or-many-{services}")).FullName;
        File.Move(net.FileNamed("others.yaml"), Path.Combine(folder, "others.yaml"));
        Change("1");
        var log = net.FileNamed($"calls-{services}");
        using var program = net.StartOther("node", [.. Strace, log, RunningProgram.File, "node", "--manifests", folder, .. OneNode.Flags("--healthz-port", "0", "--metrics-port", "0")]);
        program.WaitFor("the rules are in force");
        var before = Bytes(log);
        foreach (var endpoints in (string[])["2", "1 3", "2", "1 2 3", "3"])
        {
            Change(endpoints);
            Until.True(() => Pods(endpoints.Count(c => c != ' ')) == endpoints, () => $"{Pods(1)} and not {endpoints} answer");
        }

        var bytes = Bytes(log) - before;
        program.Stop();
        return bytes;

        void Change(string endpoints)
        {
            File.WriteAllText(Path.Combine(folder, "new"), Service() + Slice(endpoints));
            File.Move(Path.Combine(folder, "new"), Path.Combine(folder, "one.yaml"), overwrite: true);
        }

        string Pods(int count) => string.Join(' ', net.Many("cli", Address, 80, count * 15).Select(a => a[1]));
    }

    private string Metric(string name) =>
        net.Http("node", "127.0.0.1", 10249, "/metrics").Split('\n').FirstOrDefault(l => l.StartsWith(name + "{ip_family=\"IPv4\"}", StringComparison.Ordinal))?.Split(' ')[^1].Trim() ?? "";

    private static long Bytes(string log) => File.ReadLines(log).Sum(line => ReturnedBytes().Match(line) is { Success: true } match ? long.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : 0);

    /// <summary>A table as nft lists it, elements in an order of ours: the kernel has none.</summary>
    private string Table(string family) => Table(net, family);

    internal static string Table(OneNode net, string family) =>
        ElementList().Replace(net.Nft("list", "table", family, "portico").Output, match =>
            $"elements = {{ {string.Join(", ", Blanks().Replace(match.Groups[1].Value, " ").Trim().Split(", ").Order(StringComparer.Ordinal))} }}");

    private static string Both(string name, string number, string ports, string more, string endpoints)
    {
        var slicePorts = name == "dns" ? "[{name: dns, port: 8080, protocol: UDP}, {name: sig, port: 8080, protocol: SCTP}]" : "[{name: http, port: 8080}]";
        return Service(name, $"10.96.0.{number}", ports, $"{more}, clusterIPs: [\"10.96.0.{number}\", \"fd00:96::{number}\"]", "{ip: 198.51.100.10}, {ip: \"fd00:51::10\"}")
            + Slice(endpoints, name, ports: slicePorts) + Slice(endpoints, name, "6", slicePorts, "IPv6");
    }

    [GeneratedRegex(@"elements = \{([^}]*)\}")]
    private static partial Regex ElementList();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();

    [GeneratedRegex(@"(?:set|map) ([\w-]+) \{[^{}]*\}")]
    private static partial Regex EmptySet();

    /// <summary>A call that is done, on a socket of netfilter.</summary>
    [GeneratedRegex(@"<NETLINK:\[NETFILTER:.*= (\d+)$")]
    private static partial Regex ReturnedBytes();
}
