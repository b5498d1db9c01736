using System.CommandLine;
using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using Portico.Kubernetes.Api;
using Portico.Kubernetes.Api.Configuration;
using Portico.Kubernetes.Leadership;
using Portico.Kubernetes.Resources;
using Portico.Kubernetes.Sources;
using Portico.LoadBalancer.Allocation;
using Portico.LoadBalancer.Announcing;
using Portico.LoadBalancer.Bgp;
using Portico.LoadBalancer.Bgp.Frr;
using Portico.LoadBalancer.Controlling;
using Portico.LoadBalancer.Layer2;
using Portico.LoadBalancer.Liveness;
using Portico.LoadBalancer.Observing;
using Portico.LoadBalancer.Reporting;

namespace Portico.Cli;

/// <summary><c>portico loadbalancer</c>: addresses for Services of type LoadBalancer.</summary>
internal static class LoadBalancerVerb
{
    private static readonly Option<string[]> Manifests = Text<string[]>("--manifests", "PATH", "A file or folder of Kubernetes manifests, watched for changes: addresses are printed. May be given several times.");
    private static readonly Option<string?> KubeConfigFile = Text<string?>("--kubeconfig", "FILE", "How the API server is reached: addresses are written into the Services. [KUBECONFIG, else the pod's service account]");
    private static readonly Option<string[]> Pools = Text<string[]>("--pool", "NAME=RANGES", "A pool of addresses beside those of IPAddressPool objects, e.g. main=192.0.2.10-192.0.2.50,2001:db8::/120. May be given several times.");
    private static readonly Option<string?> PoolMap = Text<string?>("--pool-configmap", "NS/NAME", "A ConfigMap whose entries are pools: name and ranges.");
    private static readonly Option<string?> Class = Text<string?>("--lb-class", "CLASS", "The loadBalancerClass to serve. [Services without a class]");
    private static readonly Option<string?> Namespace = Text<string?>("--namespace", "NS", "Where the objects of metallb.io and the Lease are. [POD_NAMESPACE, else metallb-system]");
    private static readonly Option<bool> Announce = Text<bool>("--announce", "", "Announce addresses: on the local network (ARP, neighbour discovery) when this node is chosen, to routers (BGP, by FRR) where a BGPPeer is for this node. Needs NET_RAW.");
    private static readonly Option<string?> NodeName = Text<string?>("--node-name", "NAME", "This node's name. [NODE_NAME of the environment, else the host's name]");
    private static readonly Option<string?> Exclude = Text<string?>("--exclude-interfaces", "REGEX,...", "Interfaces on which nothing is announced. [those of --exclude-interfaces-file, else those of containers and tunnels]");
    private static readonly Option<string?> ExcludeFile = Text<string?>("--exclude-interfaces-file", "FILE", "The same as MetalLB's YAML: a list announcedInterfacesToExclude. [/etc/metallb/excludel2.yaml, if it is there]");
    private static readonly Option<bool> IgnoreExclude = Text<bool>("--ignore-exclude-lb", "", "Announce also from nodes that are labelled to be left out.");
    private static readonly Option<int> HeartbeatPort = new("--ml-bindport")
    {
        HelpName = "PORT",
        Description = "The UDP port on which speakers tell each other that they live. [7946]",
        DefaultValueFactory = _ => Heartbeats.DefaultPort,
    };

    private static readonly Option<string?> HeartbeatKey = Text<string?>("--ml-secret-key-path", "FILE", "The key that all speakers share. [METALLB_ML_SECRET_KEY, else a Secret that the first one makes; without a cluster none: every node counts as alive]");
    private static readonly Option<string?> FrrSockets = Text<string?>("--frr-sockets", "DIR", "Where FRR's daemons have their sockets, for BGP. [/var/run/frr]");
    private static readonly Option<int> Port = new("--port")
    {
        HelpName = "PORT",
        Description = "Where /metrics, /healthz and /readyz are; 0 for nowhere. [7472]",
        DefaultValueFactory = _ => 7472,
    };

    private static readonly Option<string?> Host = Text<string?>("--host", "ADDRESS", "The address of --port. [all]");
    private static readonly Option<bool> Once = Text<bool>("--once", "", "Print the addresses for the manifests and end.");

    public static Command Create()
    {
        var verb = new Command("loadbalancer", "Hand out addresses of pools to Services of type LoadBalancer. MetalLB's objects and annotations are understood.")
        {
            Manifests, KubeConfigFile, Pools, PoolMap, Class, Namespace, Announce, NodeName, Exclude, ExcludeFile, IgnoreExclude, HeartbeatPort, HeartbeatKey, FrrSockets, Port, Host, Once,
        };
        verb.SetAction((parsed, _) => RunAsync(parsed));
        return verb;
    }

    private static async Task<int> RunAsync(ParseResult parsed)
    {
        try
        {
            if (parsed.GetValue(Manifests) is { Length: > 0 } paths)
            {
                return await RunOnFolderAsync(parsed, paths);
            }

            return parsed.GetValue(Once) ? throw new FormatException("--once: say where the Services come from: --manifests PATH") : await RunInClusterAsync(parsed);
        }
        catch (Win32Exception error)
        {
            Log($"frames cannot be sent: {error.Message}; --announce needs root or the capability NET_RAW");
            return ExitCode.Failure;
        }
        catch (Exception error) when (error is FormatException or ApiConfigurationException)
        {
            Console.Error.WriteLine($"portico loadbalancer: {error.Message}");
            return ExitCode.Usage;
        }
    }

    private static async Task<int> RunOnFolderAsync(ParseResult parsed, string[] paths)
    {
        var options = OptionsOf(parsed, withoutCluster: true);
        var sink = new PrintedAssignments(Console.WriteLine, Log);
        using var signals = new StopSignals();
        if (parsed.GetValue(Once))
        {
            await new AddressController(options, sink, BalancerObservers.None, Log, leads: true).RunOnceAsync(FolderSource.ReadOnce(paths), signals.Token);
            return ExitCode.Success;
        }

        using var heartbeats = HeartbeatsOf(parsed, KeyOf(parsed));
        using var work = new Work(parsed, heartbeats);
        await using var source = new FolderSource(paths);
        await work.ObserveAsync(() => new AddressController(options, sink, work.Observers, Log, leads: true, work.Speaker).RunAsync(source, signals.Token));
        return ExitCode.Success;
    }

    private static async Task<int> RunInClusterAsync(ParseResult parsed)
    {
        var options = OptionsOf(parsed, withoutCluster: false);
        var connection = ApiConnections.Find(new ApiConnectionOptions { KubeConfig = parsed.GetValue(KubeConfigFile) ?? "" });
        foreach (var warning in connection.Warnings)
        {
            Log(warning);
        }

        using var signals = new StopSignals();
        using var client = new ApiClient(connection);
        var election = new LeaderElectionOptions
        {
            Namespace = parsed.GetValue(Namespace) ?? Environment.GetEnvironmentVariable("POD_NAMESPACE") ?? "metallb-system",
            Name = "portico-loadbalancer",
            Identity = Environment.GetEnvironmentVariable("POD_NAME") ?? $"{Environment.MachineName}_{Guid.NewGuid():N}",
            Ttl = TimeSpan.FromSeconds(15),
        };
        var key = KeyOf(parsed);
        if (key is null && parsed.GetValue(Announce))
        {
            key = await SpeakerKey.FindAsync(client, election.Namespace, Log, signals.Token);
        }

        using var heartbeats = HeartbeatsOf(parsed, key);
        using var work = new Work(parsed, heartbeats);
        await work.ObserveAsync(() => ClusterController.RunAsync(
            client,
            election,
            options,
            new ReportingPod(election.Namespace, work.Speaker is null ? "" : NodeOf(parsed), Environment.GetEnvironmentVariable("POD_NAME") ?? ""),
            work.Observers,
            work.Speaker is null ? ClusterController.Watches : ClusterController.WatchesOfSpeaker,
            Log,
            signals.Token,
            work.Speaker));
        return ExitCode.Success;
    }

    /// <summary>What runs beside the controller: the speaker, when there is one, and the port for probes and scrapes.</summary>
    private sealed class Work : IDisposable
    {
        private readonly Announcer? _announcer;
        private readonly BalancerPort _port;

        public Work(ParseResult parsed, Heartbeats? heartbeats)
        {
            var address = parsed.GetValue(Host) is not { } text ? null : IPAddress.TryParse(text, out var read) ? read : throw new FormatException($"--host: '{text}' is no address");
            var health = new BalancerHealth(TimeProvider.System);
            if (!parsed.GetValue(Announce))
            {
                Observers = new BalancerObservers(new BalancerMetrics(), health);
            }
            else
            {
                var counters = new Layer2Counters();
                var router = new FrrRouter(new FrrVty(parsed.GetValue(FrrSockets) ?? ""), Log);
                Observers = new BalancerObservers(new BalancerMetrics(counters, () => router.Counts), health);
                _announcer = new Announcer(InterfaceExclusions.Find(parsed.GetValue(Exclude), parsed.GetValue(ExcludeFile)), counters);
                var options = new SpeakerOptions { NodeName = NodeOf(parsed), IgnoreExcludeLabel = parsed.GetValue(IgnoreExclude) };
                Speaker = new Speaker(options, _announcer, heartbeats, new BgpAnnouncer(router, Log), Observers.Metrics, Log);
            }

            _port = new BalancerPort(address, parsed.GetValue(Port), Observers.Metrics, Observers.Health, Log);
        }

        public Speaker? Speaker { get; }

        public BalancerObservers Observers { get; }

        public async Task ObserveAsync(Func<Task> run)
        {
            using var end = new CancellationTokenSource();
            var answering = _port.RunAsync(end.Token);
            try
            {
                await run();
            }
            finally
            {
                await end.CancelAsync();
                await answering;
            }
        }

        public void Dispose() => _announcer?.Dispose();
    }

    private static Heartbeats? HeartbeatsOf(ParseResult parsed, string? key)
    {
        if (key is null || !parsed.GetValue(Announce))
        {
            return null;
        }

        try
        {
            return new Heartbeats(NodeOf(parsed), key, parsed.GetValue(HeartbeatPort), Log);
        }
        catch (SocketException error)
        {
            throw new FormatException($"--ml-bindport {parsed.GetValue(HeartbeatPort)}: {error.Message}", error);
        }
    }

    private static string? KeyOf(ParseResult parsed)
    {
        if (parsed.GetValue(HeartbeatKey) is not { } file)
        {
            return Environment.GetEnvironmentVariable("METALLB_ML_SECRET_KEY") is { Length: > 0 } key ? key : null;
        }

        try
        {
            return File.ReadAllText(file).Trim() is { Length: > 0 } key ? key : throw new FormatException($"--ml-secret-key-path: '{file}' is empty");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new FormatException($"--ml-secret-key-path: {error.Message}", error);
        }
    }

    private static string NodeOf(ParseResult parsed) =>
        parsed.GetValue(NodeName) ?? Environment.GetEnvironmentVariable("NODE_NAME") ?? Environment.MachineName.ToLowerInvariant();

    private static AddressControllerOptions OptionsOf(ParseResult parsed, bool withoutCluster) => new()
    {
        Keeper = new AddressKeeperOptions { LoadBalancerClass = parsed.GetValue(Class), WithoutCluster = withoutCluster },
        Pools = FlagPool.ParseAll(parsed.GetValue(Pools) ?? []),
        PoolMap = parsed.GetValue(PoolMap) is { } text ? MapOf(text) : null,
    };

    private static ObjectKey MapOf(string text) => text.Split('/') is [{ Length: > 0 } ns, { Length: > 0 } name]
        ? new ObjectKey(ResourceKind.ConfigMap, ns, name)
        : throw new FormatException($"--pool-configmap: '{text}' is no NAMESPACE/NAME");

    private static Option<T> Text<T>(string name, string value, string description) => new(name) { HelpName = value, Description = description };

    private static void Log(string line) => Console.Error.WriteLine($"portico loadbalancer: {line}");
}
