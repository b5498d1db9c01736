using System.CommandLine;
using Portico.Kubernetes.Api;
using Portico.Kubernetes.Api.Configuration;
using Portico.Kubernetes.Events;
using Portico.Kubernetes.Resources;
using Portico.Kubernetes.Sources;
using Portico.Services;
using Portico.Services.Nft;

namespace Portico.Cli;

/// <summary><c>portico node</c>: the Service proxy of a node.</summary>
internal static class NodeVerb
{
    public static Command Create()
    {
        var node = new Command("node", "Run the Service proxy of a node: ClusterIP, NodePort, externalIPs and load-balancer addresses in the kernel (nftables). Needs the capability NET_ADMIN and libnftables.");
        foreach (var flag in NodeFlags.All)
        {
            node.Options.Add(flag);
        }

        node.SetAction((parsed, _) => RunAsync(parsed));
        return node;
    }

    private static async Task<int> RunAsync(ParseResult parsed)
    {
        try
        {
            NodeFlags.RequireOneWish(parsed);
            if (parsed.GetValue(NodeFlags.CleanUp))
            {
                ServiceProxy.CleanUp();
                return ExitCode.Success;
            }

            if (parsed.GetValue(NodeFlags.Manifests) is { Length: > 0 } paths)
            {
                // Whoever runs on waits for a path that does not exist; who reads once would take it for a cluster without Services.
                if ((parsed.GetValue(NodeFlags.Once) || parsed.GetValue(NodeFlags.DryRun)) && paths.FirstOrDefault(p => !Path.Exists(p)) is { } missing)
                {
                    return Refuse($"--manifests: {missing} does not exist");
                }

                await using var folder = new FolderSource(paths);
                return await RunAsync(parsed, NodeFlags.OptionsOf(parsed), folder, (proxy, _) =>
                {
                    proxy.Load(FolderSource.ReadOnce(paths));
                    return Task.CompletedTask;
                });
            }

            var connection = ApiConnections.Find(NodeFlags.ClusterOf(parsed));
            foreach (var warning in connection.Warnings)
            {
                Log(warning);
            }

            return await RunInClusterAsync(parsed, connection);
        }
        catch (ApiConfigurationException e)
        {
            return Refuse($"{e.Message.TrimEnd('.')}; or give --manifests PATH");
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

    private static async Task<int> RunInClusterAsync(ParseResult parsed, ApiConnection connection)
    {
        var options = NodeFlags.OptionsOf(parsed);
        using var client = new ApiClient(connection);
        await using var cluster = new ApiSource(client, Watches(options.Node));
        var events = new EventRecorder(client, options.Node.Name, Log, component: "portico-node");
        using var end = new CancellationTokenSource();
        var writing = events.RunAsync(end.Token);
        try
        {
            return await RunAsync(
                parsed,
                options with { NodeIsKnown = true, Warn = (service, reason, message) => events.Record(About(service), EventType.Warning, reason, message) },
                cluster,
                (proxy, stop) => proxy.LoadAsync(cluster, stop));
        }
        finally
        {
            await end.CancelAsync();
            await writing;
        }
    }

    private static EventReference About(Service service) =>
        new("v1", "Service", service.Metadata.Namespace, service.Metadata.Name, service.Metadata.Uid, service.Metadata.ResourceVersion);

    /// <param name="load">Tells the proxy what there is, once.</param>
    private static async Task<int> RunAsync(ParseResult parsed, ServiceProxyOptions options, IResourceSource source, Func<ServiceProxy, CancellationToken, Task> load)
    {
        using var signals = new StopSignals();
        using var proxy = new ServiceProxy(options, write: !parsed.GetValue(NodeFlags.DryRun), Log);
        if (!parsed.GetValue(NodeFlags.DryRun) && !parsed.GetValue(NodeFlags.Once))
        {
            await proxy.RunAsync(source, () => Log("the rules are in force"), signals.Token);
            return ExitCode.Success;
        }

        try
        {
            await load(proxy, signals.Token);
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Failure;
        }

        if (parsed.GetValue(NodeFlags.DryRun))
        {
            Console.Write(proxy.RuleText());
            return ExitCode.Success;
        }

        return proxy.Sync() ? ExitCode.Success : ExitCode.Failure;
    }

    private static ApiSourceOptions Watches(NodeSettings node) => new()
    {
        Kinds = [(ResourceKind.Service, ""), (ResourceKind.EndpointSlice, ""), .. node.ServiceCidrs is null ? [(ResourceKind.ServiceCIDR, "")] : (ReadOnlySpan<(ResourceKind, string)>)[]],
        NodeName = node.Name,
    };

    private static int Refuse(string message)
    {
        Console.Error.WriteLine($"portico node: {message}");
        return ExitCode.Usage;
    }

    private static void Log(string line) => Console.Error.WriteLine($"portico node: {line}");
}
