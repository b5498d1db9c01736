using System.Collections.Immutable;
using System.CommandLine;
using System.Net;
using Portico.Kubernetes.Sources;
using Portico.Services;
using Portico.Services.Nft;

namespace Portico.Cli;

/// <summary><c>portico node</c>: the Service proxy of a node.</summary>
internal static class NodeVerb
{
    private static readonly Option<string[]> Manifests = Text<string[]>("--manifests", "PATH", "A file or folder of Kubernetes manifests, watched for changes. May be given several times.");
    private static readonly Option<string?> NodeName = Text<string?>("--node-name", "NAME", "This node's name, as endpoints carry it. [NODE_NAME of the environment, else the host's name]");
    private static readonly Option<string?> Zone = Text<string?>("--zone", "ZONE", "The node's zone, for topology hints.");
    private static readonly Option<string?> ClusterCidr = Text<string?>("--cluster-cidr", "CIDR,...", "Where pods have their addresses: packets from elsewhere to a cluster address are masqueraded.");
    private static readonly Option<string?> ServiceCidr = Text<string?>("--service-cidr", "CIDR,...", "Where cluster addresses come from: packets to unused ones are dropped.");
    private static readonly Option<string> NodePortAddresses = new("--nodeport-addresses")
    {
        HelpName = "primary|all|CIDR,...",
        Description = "On which of its addresses the node has node ports. [primary]",
        DefaultValueFactory = _ => "primary",
    };

    private static readonly Option<bool> MasqueradeAll = Text<bool>("--masquerade-all", "", "Masquerade every packet to a cluster address.");
    private static readonly Option<bool> Once = Text<bool>("--once", "", "Apply the rules once and end.");
    private static readonly Option<bool> DryRun = Text<bool>("--dry-run", "", "Print the rules, change nothing.");
    private static readonly Option<bool> CleanUp = Text<bool>("--cleanup", "", "Remove the rules and end.");

    public static Command Create()
    {
        var node = new Command("node", "Run the Service proxy of a node: ClusterIP, NodePort, externalIPs and load-balancer addresses in the kernel (nftables).")
        {
            Manifests, NodeName, Zone, ClusterCidr, ServiceCidr, NodePortAddresses, MasqueradeAll, Once, DryRun, CleanUp,
        };
        node.SetAction((parsed, _) => RunAsync(parsed));
        return node;
    }

    private static async Task<int> RunAsync(ParseResult parsed)
    {
        try
        {
            if (parsed.GetValue(CleanUp))
            {
                ServiceProxy.CleanUp();
                return ExitCode.Success;
            }

            if (parsed.GetValue(Manifests) is not { Length: > 0 } paths)
            {
                return Refuse("say where the Services come from: --manifests PATH");
            }

            var options = new ServiceProxyOptions { Node = FactsOf(parsed), Families = NodeAddresses.HasIPv6 ? [IpFamily.IPv4, IpFamily.IPv6] : [IpFamily.IPv4] };
            using var proxy = new ServiceProxy(options, write: !parsed.GetValue(DryRun), Log);
            if (parsed.GetValue(DryRun) || parsed.GetValue(Once))
            {
                return RunOnce(proxy, paths, parsed.GetValue(DryRun));
            }

            using var signals = new StopSignals();
            await using var source = new FolderSource(paths);
            await proxy.RunAsync(source, () => Log("the rules are in force"), signals.Token);
            return ExitCode.Success;
        }
        catch (FormatException e)
        {
            return Refuse(e.Message);
        }
        catch (NftException e)
        {
            Log(e.Message);
            return ExitCode.Failure;
        }
    }

    private static int RunOnce(ServiceProxy proxy, string[] paths, bool dryRun)
    {
        proxy.Load(FolderSource.ReadOnce(paths));
        if (dryRun)
        {
            Console.Write(proxy.RuleText());
            return ExitCode.Success;
        }

        return proxy.Sync() ? ExitCode.Success : ExitCode.Failure;
    }

    private static NodeFacts FactsOf(ParseResult parsed)
    {
        var where = parsed.GetValue(NodePortAddresses)!;
        return new NodeFacts
        {
            Name = parsed.GetValue(NodeName) ?? Environment.GetEnvironmentVariable("NODE_NAME") ?? Dns.GetHostName().ToLowerInvariant(),
            Zone = parsed.GetValue(Zone) ?? "",
            ClusterCidrs = Networks(parsed.GetValue(ClusterCidr), "--cluster-cidr"),
            ServiceCidrs = Networks(parsed.GetValue(ServiceCidr), "--service-cidr"),
            AllAddresses = where == "all",
            NodePortAddresses = where switch
            {
                "all" => [.. NodeAddresses.All()],
                "primary" => [.. ((IPAddress?[])[NodeAddresses.Primary(IpFamily.IPv4), NodeAddresses.Primary(IpFamily.IPv6)]).OfType<IPAddress>()],
                _ => [.. NodeAddresses.All().Where(a => Networks(where, "--nodeport-addresses").Any(n => n.Contains(a)))],
            },
            MasqueradeAll = parsed.GetValue(MasqueradeAll),
        };
    }

    private static ImmutableArray<IPNetwork> Networks(string? list, string flag) =>
    [
        .. (list ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(text => IPNetwork.TryParse(text, out var network) ? network : throw new FormatException($"{flag}: '{text}' is no network; write it like 10.1.0.0/16")),
    ];

    private static Option<T> Text<T>(string name, string value, string description) => new(name) { HelpName = value, Description = description };

    private static int Refuse(string message)
    {
        Console.Error.WriteLine($"portico node: {message}");
        return ExitCode.Usage;
    }

    private static void Log(string line) => Console.Error.WriteLine($"portico node: {line}");
}
