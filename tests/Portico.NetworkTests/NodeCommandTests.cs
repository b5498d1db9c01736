using Xunit;
using static Portico.NetworkTests.Manifest;

namespace Portico.NetworkTests;

/// <summary>The program as somebody meets it who lacks something: rights, a library, a file.</summary>
public sealed class NodeCommandTests(OneNode net) : IClassFixture<OneNode>
{
    private const string NoRights = "portico node: the kernel's packet rules may not be touched: run as root, or with the capability NET_ADMIN "
        + "(in a pod: capabilities.add of its securityContext, and hostNetwork)\n";

    [Theory]
    [InlineData("--manifests all.yaml")]
    [InlineData("--manifests all.yaml --once")]
    [InlineData("--cleanup")]
    public void Without_the_capability_it_says_which_one_is_missing_and_ends(string arguments)
    {
        net.Apply(Service() + Slice("1"));
        var (code, output) = net.Execute("node", ["setpriv", "--bounding-set", "-net_admin", "--inh-caps", "-net_admin", RunningProgram.File, "node", .. Words(arguments)]);
        Assert.Equal((1, NoRights), (code, output));
        Assert.Equal("p1 10.1.1.1", net.Tcp("cli", "10.96.0.10", 80));
    }

    [Fact]
    public void A_dry_run_needs_no_rights_and_no_library()
    {
        net.Apply(Service() + Slice("1"));
        var (code, output) = net.Execute("node", ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all", RunningProgram.File, "node", .. Words("--manifests all.yaml --dry-run")]);
        Assert.Equal(0, code);
        Assert.StartsWith("add table ip portico\n", output, StringComparison.Ordinal);
        (code, output) = WithoutLibrary("--manifests all.yaml --dry-run");
        Assert.Equal(0, code);
        Assert.StartsWith("add table ip portico\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_the_library_it_names_its_package()
    {
        net.Apply(Service() + Slice("1"));
        Assert.Equal((1, "portico node: libnftables.so.1 is not on this machine; install the package libnftables1\n"), WithoutLibrary("--manifests all.yaml --once"));
    }

    [Fact]
    public void Reading_once_what_is_not_there_takes_no_rule_away()
    {
        net.Apply(Service() + Slice("1"));
        Assert.Equal((2, $"portico node: --manifests: {net.FileNamed("other.yaml")} does not exist\n"), net.Program(["node", "--once", "--manifests", net.FileNamed("other.yaml")]));
        Assert.Equal("p1 10.1.1.1", net.Tcp("cli", "10.96.0.10", 80));
    }

    [Fact]
    public void What_is_wrong_with_objects_is_told_and_the_others_are_in_force()
    {
        Assert.SkipWhen(NetworkNamespace.Lacking is not null, NetworkNamespace.Lacking ?? "");
        File.WriteAllText(net.FileNamed("bad.yaml"), Service("bad", "10.96.0.300", more: "externalIPs: [nowhere]")
            + Service("worse", "10.96.0.11", "[{name: http, port: http}]")
            + Service("odd", "10.96.0.12", "[{name: a, port: 0}, {name: b, port: 81}]", "type: LoadBalancer, loadBalancerSourceRanges: [everybody]", "{ip: 198.51.100}")
            + Service() + Slice("1"));
        var (code, output) = net.Program(["node", "--once", "--manifests", net.FileNamed("bad.yaml"), .. OneNode.Flags()]);
        Assert.Equal(0, code);
        foreach (var line in (string[])
        [
            "Service ns1/bad: the cluster address '10.96.0.300' is none; it is left out",
            "spec.ports[0].port: expected a number, found 'http'",
            "Service ns1/odd: port a (TCP 0, node port 0) is none that a packet can have; it is left out",
            "Service ns1/odd: the source range 'everybody' is none; it lets nobody in",
            "Service ns1/odd: the balancer's address '198.51.100' is none; it is left out",
        ])
        {
            Assert.Contains(line, output, StringComparison.Ordinal);
        }

        Assert.Equal("p1 10.1.1.1", net.Tcp("cli", "10.96.0.10", 80));
        Assert.Equal("rejected", net.Tcp("cli", "10.96.0.12", 81));
    }

    private IEnumerable<string> Words(string arguments) => arguments.Split(' ').Select(a => a.EndsWith(".yaml", StringComparison.Ordinal) ? net.FileNamed(a) : a);

    /// <summary>In a mount namespace of its own the library is an empty file.</summary>
    private (int Code, string Output) WithoutLibrary(string arguments) => net.Execute("node",
    [
        "unshare", "--mount", "sh", "-c",
        "mount --bind /dev/null \"$(readlink -f \"$(/sbin/ldconfig -p | sed -n 's/.*libnftables\\.so\\.1 .*=> //p' | head -n 1)\")\" && exec \"$@\"", "sh",
        RunningProgram.File, "node", .. Words(arguments),
    ]);
}
