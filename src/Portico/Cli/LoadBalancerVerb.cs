using System.CommandLine;
using System.ComponentModel;
using Portico.Kubernetes.Api;
using Portico.Kubernetes.Api.Configuration;
using Portico.Kubernetes.Leadership;
using Portico.Kubernetes.Sources;
using Portico.LoadBalancer.Controlling;
using Portico.LoadBalancer.Observing;
using Portico.LoadBalancer.Reporting;

namespace Portico.Cli;

/// <summary><c>portico loadbalancer</c>: addresses for Services of type LoadBalancer.</summary>
internal static class LoadBalancerVerb
{
    public static Command Create()
    {
        var verb = new Command("loadbalancer", "Hand out addresses of pools to Services of type LoadBalancer. MetalLB's objects and annotations are understood.");
        foreach (var flag in LoadBalancerFlags.All)
        {
            verb.Add(flag);
        }

        verb.SetAction((parsed, _) => RunAsync(parsed));
        return verb;
    }

    internal static void Log(string line) => Console.Error.WriteLine($"portico loadbalancer: {line}");

    private static async Task<int> RunAsync(ParseResult parsed)
    {
        using var signals = new StopSignals();
        try
        {
            if (parsed.GetValue(LoadBalancerFlags.Manifests) is { Length: > 0 } paths)
            {
                await RunOnFolderAsync(parsed, paths, signals.Token);
            }
            else
            {
                await RunInClusterAsync(parsed, signals.Token);
            }

            return ExitCode.Success;
        }
        catch (OperationCanceledException) when (signals.Token.IsCancellationRequested)
        {
            // Told to end before the work had begun.
            return ExitCode.Success;
        }
        catch (Win32Exception error)
        {
            Log($"frames cannot be sent: {error.Message}; --announce needs root or the capability NET_RAW");
            return ExitCode.Failure;
        }
        catch (Exception error) when (error is FormatException or ApiConfigurationException)
        {
            Log(error.Message);
            return ExitCode.Usage;
        }
    }

    private static async Task RunOnFolderAsync(ParseResult parsed, string[] paths, CancellationToken stop)
    {
        var options = LoadBalancerFlags.OptionsOf(parsed, withoutCluster: true);
        var sink = new PrintedAssignments(Console.WriteLine, Log);
        if (parsed.GetValue(LoadBalancerFlags.Once))
        {
            await new AddressController(options, sink, BalancerObservers.None, Log, leads: true).RunOnceAsync(FolderSource.ReadOnce(paths), stop);
            return;
        }

        using var work = new LoadBalancerWork(parsed);
        var speaker = work.SpeakerWith(LoadBalancerFlags.KeyOf(parsed), client: null);
        await using var source = new FolderSource(paths);
        await work.ObserveAsync(() => new AddressController(options, sink, work.Observers, Log, leads: true, speaker).RunAsync(source, stop));
    }

    private static async Task RunInClusterAsync(ParseResult parsed, CancellationToken stop)
    {
        if (parsed.GetValue(LoadBalancerFlags.Once))
        {
            throw new FormatException("--once: say where the Services come from: --manifests PATH");
        }

        var options = LoadBalancerFlags.OptionsOf(parsed, withoutCluster: false);
        var connection = ApiConnections.Find(new ApiConnectionOptions { KubeConfig = parsed.GetValue(LoadBalancerFlags.KubeConfigFile) ?? "" });
        foreach (var warning in connection.Warnings)
        {
            Log(warning);
        }

        using var client = new ApiClient(connection);
        using var work = new LoadBalancerWork(parsed);
        await work.ObserveAsync(() => FollowAsync(parsed, client, work, options, stop));
    }

    private static async Task FollowAsync(ParseResult parsed, ApiClient client, LoadBalancerWork work, AddressControllerOptions options, CancellationToken stop)
    {
        var pod = Environment.GetEnvironmentVariable("POD_NAME");
        var election = new LeaderElectionOptions
        {
            Namespace = LoadBalancerFlags.NamespaceOf(parsed),
            Name = "portico-loadbalancer",
            Identity = pod ?? $"{Environment.MachineName}_{Guid.NewGuid():N}",
            Ttl = TimeSpan.FromSeconds(15),
        };
        var speaker = work.Announces ? await work.SpeakerInClusterAsync(client, stop) : null;
        await ClusterController.RunAsync(
            client,
            election,
            options,
            new ReportingPod(election.Namespace, speaker is null ? "" : LoadBalancerFlags.NodeOf(parsed), pod ?? ""),
            work.Observers,
            speaker is null ? ClusterController.Watches : ClusterController.WatchesOfSpeaker,
            Log,
            stop,
            speaker);
    }
}
