using System.CommandLine;
using System.Net;
using Portico.Kubernetes.Resources;
using Portico.LoadBalancer.Allocation;
using Portico.LoadBalancer.Controlling;
using Portico.LoadBalancer.Liveness;

namespace Portico.Cli;

/// <summary>The flags of <c>portico loadbalancer</c> and what they become.</summary>
internal static class LoadBalancerFlags
{
    public static readonly Option<string[]> Manifests = Text<string[]>("--manifests", "PATH", "A file or folder of Kubernetes manifests, watched for changes: addresses are printed. May be given several times.");
    public static readonly Option<string?> KubeConfigFile = Text<string?>("--kubeconfig", "FILE", "How the API server is reached: addresses are written into the Services. [KUBECONFIG, else the pod's service account]");
    public static readonly Option<string[]> Pools = Text<string[]>("--pool", "NAME=RANGES", "A pool of addresses beside those of IPAddressPool objects, e.g. main=192.0.2.10-192.0.2.50,2001:db8::/120. May be given several times.");
    public static readonly Option<string?> PoolMap = Text<string?>("--pool-configmap", "NS/NAME", "A ConfigMap whose entries are pools: name and ranges.");
    public static readonly Option<string?> Class = Text<string?>("--lb-class", "CLASS", "The loadBalancerClass to serve. [Services without a class]");
    public static readonly Option<string?> Namespace = Text<string?>("--namespace", "NS", "Where the objects of metallb.io and the Lease are. [POD_NAMESPACE, else metallb-system]");
    public static readonly Option<bool> Announce = Text<bool>("--announce", "", "Announce addresses: on the local network (ARP, neighbour discovery) when this node is chosen, to routers (BGP, by FRR) where a BGPPeer is for this node. Needs NET_RAW.");
    public static readonly Option<string?> NodeName = Text<string?>("--node-name", "NAME", "This node's name. [NODE_NAME of the environment, else the host's name]");
    public static readonly Option<string?> Exclude = Text<string?>("--exclude-interfaces", "REGEX,...", "Interfaces on which nothing is announced. [those of --exclude-interfaces-file, else those of containers and tunnels]");
    public static readonly Option<string?> ExcludeFile = Text<string?>("--exclude-interfaces-file", "FILE", "The same as MetalLB's YAML: a list announcedInterfacesToExclude. [/etc/metallb/excludel2.yaml, if it is there]");
    public static readonly Option<bool> IgnoreExclude = Text<bool>("--ignore-exclude-lb", "", "Announce also from nodes that are labelled to be left out.");
    public static readonly Option<int> HeartbeatPort = PortFlag.Create("--ml-bindport", Heartbeats.DefaultPort, "The UDP port on which speakers tell each other that they live. [7946]");

    public static readonly Option<string?> HeartbeatKey = Text<string?>("--ml-secret-key-path", "PATH", "The key that all speakers share: a file, or a folder with a file secretkey. [METALLB_ML_SECRET_KEY, else a Secret that the first one makes; without a cluster none: every node counts as alive]");
    public static readonly Option<string?> FrrSockets = Text<string?>("--frr-sockets", "DIR", "Where FRR's daemons have their sockets, for BGP. [/var/run/frr]");
    public static readonly Option<int> Port = PortFlag.Create("--port", 7472, "Where /metrics, /healthz and /readyz are; 0 for nowhere. [7472]");
    public static readonly Option<string?> Host = Text<string?>("--host", "ADDRESS", "The address of --port. [all]");
    public static readonly Option<bool> Once = Text<bool>("--once", "", "Print the addresses for the manifests and end.");

    public static IEnumerable<Option> All { get; } =
    [
        Manifests, KubeConfigFile, Pools, PoolMap, Class, Namespace, Announce, NodeName, Exclude, ExcludeFile, IgnoreExclude, HeartbeatPort, HeartbeatKey, FrrSockets, Port, Host, Once,
    ];

    /// <summary>Where MetalLB's objects are.</summary>
    public static string NamespaceOf(ParseResult parsed) => parsed.GetValue(Namespace) ?? Environment.GetEnvironmentVariable("POD_NAMESPACE") ?? "metallb-system";

    /// <exception cref="FormatException">It is no address.</exception>
    public static IPAddress? HostOf(ParseResult parsed) => parsed.GetValue(Host) is not { } text ? null
        : IPAddress.TryParse(text, out var address) ? address
        : throw new FormatException($"--host: '{text}' is no address");

    /// <summary>A file, or a folder with a file <c>secretkey</c>, as MetalLB has its Secret mounted.</summary>
    /// <returns>Null when no key is given.</returns>
    /// <exception cref="FormatException">There is none where it should be.</exception>
    public static string? KeyOf(ParseResult parsed)
    {
        if (parsed.GetValue(HeartbeatKey) is not { } place)
        {
            return Environment.GetEnvironmentVariable("METALLB_ML_SECRET_KEY") is { Length: > 0 } key ? key : null;
        }

        try
        {
            var file = Directory.Exists(place) ? Path.Combine(place, "secretkey") : place;
            return File.ReadAllText(file).Trim() is { Length: > 0 } key ? key : throw new FormatException($"--ml-secret-key-path: '{file}' is empty");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new FormatException($"--ml-secret-key-path: {error.Message}", error);
        }
    }

    public static string NodeOf(ParseResult parsed) =>
        parsed.GetValue(NodeName) ?? Environment.GetEnvironmentVariable("NODE_NAME") ?? Environment.MachineName.ToLowerInvariant();

    /// <exception cref="FormatException">A value cannot be read.</exception>
    public static AddressControllerOptions OptionsOf(ParseResult parsed, bool withoutCluster) => new()
    {
        Keeper = new AddressKeeperOptions { LoadBalancerClass = parsed.GetValue(Class), WithoutCluster = withoutCluster },
        Pools = FlagPool.ParseAll(parsed.GetValue(Pools) ?? []),
        PoolMap = parsed.GetValue(PoolMap) is { } text ? MapOf(text) : null,
    };

    private static ObjectKey MapOf(string text) => text.Split('/') is [{ Length: > 0 } ns, { Length: > 0 } name]
        ? new ObjectKey(ResourceKind.ConfigMap, ns, name)
        : throw new FormatException($"--pool-configmap: '{text}' is no NAMESPACE/NAME");

    private static Option<T> Text<T>(string name, string value, string description) => new(name) { HelpName = value, Description = description };
}
