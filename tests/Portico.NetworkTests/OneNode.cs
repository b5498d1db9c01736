using Xunit;

namespace Portico.NetworkTests;

/// <summary>
/// A node, a client outside and three pods, each in a namespace, and the program that keeps the node's rules.
/// <code>
/// cli 203.0.113.2 ──┐                     ┌── p1 10.1.1.2
///                   ├── node 192.0.2.1 ───┼── p2 10.1.2.2
///   uplink ─────────┘                     └── p3 10.1.3.2
/// </code>
/// IPv6 beside it: fd00:c::2, fd00:2::1, fd00:1:1::2 and so on.
/// </summary>
public sealed class OneNode : Topology
{
    public OneNode()
    {
        if (NetworkNamespace.Lacking is not null)
        {
            return;
        }

        var node = AddNode("node");
        Link("node", "net", "192.0.2", "fd00:2:");
        Link("node", "cli", "203.0.113", "fd00:c:");
        for (var i = 1; i <= 3; i++)
        {
            AddPod("node", $"p{i}", $"10.1.{i}", $"fd00:1:{i}:");
        }

        node.Configure("route add default via 192.0.2.2\n-6 route add default via fd00:2::2");
        WaitUntilReachable("cli", "p1", "p2", "p3", "node");
    }

    /// <summary>The rules become what the manifests say, from whatever they were.</summary>
    public void Apply(string manifests, params string[] flags)
    {
        Assert.SkipWhen(NetworkNamespace.Lacking is not null, NetworkNamespace.Lacking ?? "");
        File.WriteAllText(FileNamed("all.yaml"), manifests);
        var (code, output) = Program(["node", "--once", "--manifests", FileNamed("all.yaml"), .. Flags(flags)]);
        Assert.True(code == 0, output);
    }

    /// <summary>The program on the node as it runs on, with its first rules in force; it follows <see cref="Change"/>.</summary>
    public RunningProgram StartLive(string manifests, params string[] flags)
    {
        Assert.SkipWhen(NetworkNamespace.Lacking is not null, NetworkNamespace.Lacking ?? "");
        Change(manifests);
        var program = BeginLive(flags);
        program.WaitFor("the rules are in force");
        return program;
    }

    /// <summary>The same without waiting.</summary>
    public RunningProgram BeginLive(params string[] flags) => Start("node", ["node", "--manifests", FileNamed("live.yaml"), .. Flags(flags)]);

    /// <summary>What there is now; in one step, so that the program never reads half of it.</summary>
    public void Change(string manifests)
    {
        File.WriteAllText(FileNamed("live.new"), manifests);
        File.Move(FileNamed("live.new"), FileNamed("live.yaml"), overwrite: true);
    }

    /// <summary>The flags of this cluster beside those given.</summary>
    public static string[] Flags(params string[] more) =>
    [
        "--node-name", "node", "--service-cidr", "10.96.0.0/16,fd00:96::/112",
        .. more.Any(f => f == "--cluster-cidr" || f.StartsWith("--pod-", StringComparison.Ordinal)) ? [] : (string[])["--cluster-cidr", "10.1.0.0/16,fd00:1::/32"], .. more,
    ];

    /// <summary>Does something on a thread in the node's namespace, such as making a socket.</summary>
    public T InNode<T>(Func<T> work) => In("node", work);

    /// <summary>Runs the built program on the node until it ends.</summary>
    public (int Code, string Output) Program(params string[] arguments) => Execute("node", [RunningProgram.File, .. arguments]);

    public (int Code, string Output) Nft(params string[] arguments) => Execute("node", ["nft", .. arguments]);
}
