using System.Collections.Immutable;
using System.CommandLine;
using System.Net;
using Portico.Kubernetes.Api.Configuration;
using Portico.Services;

namespace Portico.Cli;

/// <summary>The flags of <c>portico node</c> and what they become.</summary>
internal static class NodeFlags
{
    public static readonly Option<string[]> Manifests = Text<string[]>("--manifests", "PATH", "A file or folder of Kubernetes manifests, watched for changes. May be given several times.");
    public static readonly Option<string?> KubeConfigFile = Text<string?>("--kubeconfig", "FILE", "The kubeconfig file of the cluster to watch. [KUBECONFIG, else the pod's service account]");
    public static readonly Option<string?> Context = Text<string?>("--context", "NAME", "The context of the kubeconfig to use. [its current one]");
    public static readonly Option<string?> ApiServerHost = Text<string?>("--apiserver-host", "URL", "The address of the API server; inside a cluster it is found without.");
    public static readonly Option<string?> CertificateAuthority = Text<string?>("--certificate-authority", "FILE", "The CA of the API server, used with --apiserver-host.");
    public static readonly Option<string?> NodeName = Text<string?>("--node-name", "NAME", "This node's name, as endpoints carry it. [NODE_NAME of the environment, else the host's name]");
    public static readonly Option<string?> Zone = Text<string?>("--zone", "ZONE", "The node's zone, for topology hints. [the label of its Node object]");
    public static readonly Option<string?> ClusterCidr = Text<string?>("--cluster-cidr", "CIDR,...", "Where pods have their addresses: packets from elsewhere to a cluster address are masqueraded. [those of this node's pods]");
    public static readonly Option<string?> PodBridgeInterface = Text<string?>("--pod-bridge-interface", "NAME", "Tell this node's pods by the bridge where their packets come in, and not by their addresses.");
    public static readonly Option<string?> PodInterfaceNamePrefix = Text<string?>("--pod-interface-name-prefix", "PREFIX", "Tell this node's pods by how the interfaces begin where their packets come in.");
    public static readonly Option<string?> ServiceCidr = Text<string?>("--service-cidr", "CIDR,...", "Where cluster addresses come from: packets to unused ones are dropped. [what ServiceCIDR objects say]");
    public static readonly Option<string> NodePortAddresses = new("--nodeport-addresses")
    {
        HelpName = "primary|all|CIDR,...",
        Description = "On which of its addresses the node has node ports: its own, all but loopback, or those in networks (all of a family that none is of). [primary]",
        DefaultValueFactory = _ => "primary",
    };

    public static readonly Option<string> NodePortRange = new("--service-node-port-range")
    {
        HelpName = "FIRST-LAST",
        Description = "Where the cluster's node ports are; others are open as well, and reported. [30000-32767]",
        DefaultValueFactory = _ => "30000-32767",
    };

    public static readonly Option<int> HealthzPort = PortFlag.Create("--healthz-port", 10256, "Where /healthz and /livez are answered; 0 for nowhere. [10256]");
    public static readonly Option<string?> HealthzHost = Text<string?>("--healthz-host", "ADDRESS", "The address of --healthz-port. [all]");
    public static readonly Option<int> MetricsPort = PortFlag.Create("--metrics-port", 10249, "Where /metrics is; 0 for nowhere. [10249]");
    public static readonly Option<string?> MetricsHost = Text<string?>("--metrics-host", "ADDRESS", "The address of --metrics-port. [127.0.0.1]");
    public static readonly Option<bool> MasqueradeAll = Text<bool>("--masquerade-all", "", "Masquerade every packet to a cluster address.");
    public static readonly Option<bool> IgnoreExternalIPs = Text<bool>("--ignore-external-ips", "", "Leave externalIPs alone: whoever may edit a Service can take any address by them.");
    public static readonly Option<bool> Once = Text<bool>("--once", "", "Apply the rules once and end.");
    public static readonly Option<bool> DryRun = Text<bool>("--dry-run", "", "Print the rules, change nothing.");
    public static readonly Option<bool> CleanUp = Text<bool>("--cleanup", "", "Remove the rules and end.");

    public static IEnumerable<Option> All { get; } =
    [
        Manifests, KubeConfigFile, Context, ApiServerHost, CertificateAuthority, NodeName, Zone, ClusterCidr, PodBridgeInterface, PodInterfaceNamePrefix, ServiceCidr,
        NodePortAddresses, NodePortRange, MasqueradeAll, IgnoreExternalIPs,
        HealthzPort, HealthzHost, MetricsPort, MetricsHost, Once, DryRun, CleanUp,
    ];

    public static ApiConnectionOptions ClusterOf(ParseResult parsed) => new()
    {
        KubeConfig = parsed.GetValue(KubeConfigFile) ?? "",
        Context = parsed.GetValue(Context) ?? "",
        ApiServerHost = parsed.GetValue(ApiServerHost) ?? "",
        CertificateAuthority = parsed.GetValue(CertificateAuthority) ?? "",
    };

    /// <summary>Refuses flags that ask for two things at a time.</summary>
    /// <exception cref="FormatException">They do.</exception>
    public static void RequireOneWish(ParseResult parsed)
    {
        if (((Option<bool>[])[Once, DryRun, CleanUp]).Count(parsed.GetValue) > 1)
        {
            throw new FormatException("--once, --dry-run and --cleanup are three things to do; give one of them");
        }

        if (parsed.GetValue(Manifests) is { Length: > 0 } && ((Option<string?>[])[KubeConfigFile, Context, ApiServerHost]).FirstOrDefault(f => parsed.GetValue(f) is not null) is { } cluster)
        {
            throw new FormatException($"--manifests and {cluster.Name} are two places to read Services from; give one of them");
        }
    }

    /// <exception cref="FormatException">A value cannot be read.</exception>
    public static ServiceProxyOptions OptionsOf(ParseResult parsed) => new()
    {
        Node = SettingsOf(parsed),
        Healthz = (AddressOf(parsed.GetValue(HealthzHost), "--healthz-host"), parsed.GetValue(HealthzPort)),
        Metrics = (AddressOf(parsed.GetValue(MetricsHost), "--metrics-host") ?? IPAddress.Loopback, parsed.GetValue(MetricsPort)),
        Families = Services.NodeAddresses.HasIPv6 ? [IpFamily.IPv4, IpFamily.IPv6] : [IpFamily.IPv4],
    };

    private static NodeSettings SettingsOf(ParseResult parsed)
    {
        var where = parsed.GetValue(NodePortAddresses)!;
        var scope = where switch { "primary" or "" => NodePortScope.Primary, "all" => NodePortScope.All, _ => NodePortScope.Networks };
        return new NodeSettings
        {
            Name = parsed.GetValue(NodeName) is { Length: > 0 } name ? name : Environment.GetEnvironmentVariable("NODE_NAME") ?? Dns.GetHostName().ToLowerInvariant(),
            Zone = parsed.GetValue(Zone),
            ClusterCidrs = parsed.GetValue(ClusterCidr) is { } pods ? Networks(pods, "--cluster-cidr") : null,
            PodInterface = PodInterfaceOf(parsed),
            ServiceCidrs = parsed.GetValue(ServiceCidr) is { } services ? Networks(services, "--service-cidr") : null,
            NodePortScope = scope,
            NodePortNetworks = scope == NodePortScope.Networks ? Networks(where, "--nodeport-addresses") : [],
            NodePortRange = RangeOf(parsed.GetValue(NodePortRange)!),
            MasqueradeAll = parsed.GetValue(MasqueradeAll),
            IgnoreExternalIPs = parsed.GetValue(IgnoreExternalIPs),
        };
    }

    private static string PodInterfaceOf(ParseResult parsed)
    {
        var (bridge, prefix) = (parsed.GetValue(PodBridgeInterface) ?? "", parsed.GetValue(PodInterfaceNamePrefix) ?? "");
        var cidr = parsed.GetValue(ClusterCidr) ?? "";
        if (((string[])[cidr, bridge, prefix]).Count(given => given.Length > 0) > 1)
        {
            throw new FormatException("--cluster-cidr, --pod-bridge-interface and --pod-interface-name-prefix are three ways to tell pods; give one of them");
        }

        return bridge.Length > 0 ? InterfaceName(bridge, "--pod-bridge-interface", longest: 15)
            : prefix.Length > 0 ? InterfaceName(prefix, "--pod-interface-name-prefix", longest: 14) + "*"
            : "";
    }

    /// <summary>As the kernel allows them (IFNAMSIZ), without what has a meaning in rules.</summary>
    private static string InterfaceName(string text, string flag, int longest) => text.Length <= longest && text.All(c => char.IsAsciiLetterOrDigit(c) || "-_.@".Contains(c, StringComparison.Ordinal))
        ? text
        : throw new FormatException($"{flag}: '{text}' is no name of an interface");

    private static (int First, int Last) RangeOf(string text) =>
        text.Split('-') is [var first, var last] && ushort.TryParse(first, out var from) && ushort.TryParse(last, out var to) && from is > 0 && from <= to
            ? (from, to)
            : throw new FormatException($"--service-node-port-range: '{text}' is no range; write it like 30000-32767");

    private static IPAddress? AddressOf(string? text, string flag) => text is null ? null
        : IPAddress.TryParse(text, out var address) ? address
        : throw new FormatException($"{flag}: '{text}' is no address");

    private static ImmutableArray<IPNetwork> Networks(string list, string flag) =>
    [
        .. list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(text => IPNetwork.TryParse(text, out var network) ? network : throw new FormatException($"{flag}: '{text}' is no network; write it like 10.1.0.0/16")),
    ];

    private static Option<T> Text<T>(string name, string value, string description) => new(name) { HelpName = value, Description = description };
}
