using System.Reflection;
using Portico.Admin;
using Portico.Cli;
using Portico.Control;
using Portico.Flags;
using Portico.Ingress;
using Portico.Kubernetes.Sources;
using Portico.Net;
using Portico.Net.Dns;
using Portico.Proxy.Observing.AccessLog;
using Portico.Proxy.Observing.ErrorLog;
using Portico.Proxy.Observing.Metrics;
using Portico.Proxy.Serving;

namespace Portico.Serving;

/// <summary>Runs a gateway until it is told to stop, and returns the exit code of the process.</summary>
internal delegate Task<int> RunGateway(ServeOptions options, CancellationToken stop);

/// <summary>The composition root of <c>serve</c>: makes the parts, joins them, and takes them down in order.</summary>
internal static class Gateway
{
    /// <summary>Requests under way may take this long after the grace period before they are cut.</summary>
    private static readonly TimeSpan LongestDrain = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan LogFlushLimit = TimeSpan.FromSeconds(2);

    public static async Task<int> RunAsync(ServeOptions options, CancellationToken stop)
    {
        var errorLog = new ErrorLogWriter("", TimeProvider.System) { Threshold = IsVerbose(options) ? ErrorLogLevel.Debug : ErrorLogLevel.Notice };
        errorLog.Start();
        try
        {
            return await RunAsync(options, errorLog, stop);
        }
        catch (IOException e)
        {
            errorLog.Write(ErrorLogLevel.Error, e.Message);
            return ExitCode.Failure;
        }
        finally
        {
            errorLog.Stop(LogFlushLimit);
        }
    }

    private static async Task<int> RunAsync(ServeOptions options, ErrorLogWriter errorLog, CancellationToken stop)
    {
        // 1. The parts, from the wire upwards.
        var shards = options.Shards > 0 ? options.Shards : CpuQuota.Cores();
        var accessLog = new AccessLogWriter("", shards);
        accessLog.OutputFailed = message => errorLog.Write(ErrorLogLevel.Error, message);
        accessLog.Start();
        using var reopen = new ReopenSignals(() =>
        {
            accessLog.Reopen();
            errorLog.Reopen();
        });
        var observers = new DataPlaneObservers(shards, MetricsOptions(options), accessLog, errorLog);
        var dataPlane = new DataPlane(new DataPlaneOptions { Shards = shards, BindAddresses = options.BindAddress is { } address ? [address] : [] }, observers);
        var labels = new ConstantLabels(options.PodNamespace, options.ControllerClass, options.PodName);
        var controller = new ControllerMetrics(labels, Build(), TimeProvider.System);
        await using var names = new BackendNames(dataPlane, new DnsResolver(), errorLog);
        var logs = new LogSettings(accessLog, errorLog, IsVerbose(options));
        var source = new FolderSource(options.Manifests);
        var loop = new ControlLoop(source, new IngressTranslator(TranslatorOptions(options)), dataPlane, names, logs, controller, errorLog);

        // 2. Probes are answered from the first moment: not ready until the first snapshot serves.
        var page = new MetricsPage(MetricsPage.Families(
            labels, observers.Requests, observers.Proxy, controller, new ProcessMetrics(), new LogMetrics(accessLog, errorLog, observers.Requests)));
        var state = new GatewayState(loop, page, errorLog);
        using var admin = new AdminServer(
            new AdminOptions { Host = options.HealthzHost?.ToString() ?? "", Port = options.HealthzPort, HealthCheckPath = options.HealthCheckPath }, state);
        await admin.StartAsync(CancellationToken.None);

        // 3. Serve until told to stop, or until the loop fails at its start (a port that cannot be had).
        var started = new TaskCompletionSource();
        var running = loop.RunAsync(() => started.TrySetResult());
        var failed = await Task.WhenAny(running, started.Task) == running;
        if (failed)
        {
            await running;
        }

        errorLog.Write(ErrorLogLevel.Notice, $"serving on {string.Join(", ", dataPlane.Ports)} with {shards} shard(s), probes on {admin.Port}");
        await WaitAsync(stop);

        // 4. Down in order: probes fail, a pause for whoever balances in front, then the data plane drains.
        state.IsStopping = true;
        errorLog.Write(ErrorLogLevel.Notice, "stopping");
        await Task.Delay(options.ShutdownGracePeriod, CancellationToken.None);
        await dataPlane.StopAsync(loop.Model.Settings.ShutdownTimeout < LongestDrain ? loop.Model.Settings.ShutdownTimeout : LongestDrain);
        await source.DisposeAsync();
        await running;
        await Task.Delay(options.PostShutdownGracePeriod, CancellationToken.None);
        await admin.StopAsync(CancellationToken.None);
        accessLog.Stop(LogFlushLimit);
        errorLog.Write(ErrorLogLevel.Notice, "stopped");
        return ExitCode.Success;
    }

    private static async Task WaitAsync(CancellationToken stop)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (stop.Register(() => stopped.TrySetResult()))
        {
            await stopped.Task;
        }
    }

    private static bool IsVerbose(ServeOptions options) => options.Verbosity >= 5;

    private static IngressOptions TranslatorOptions(ServeOptions options) => new()
    {
        ControllerClass = options.ControllerClass,
        IngressClass = options.IngressClass,
        IngressClassByName = options.IngressClassByName,
        WatchIngressWithoutClass = options.WatchIngressWithoutClass,
        WatchNamespace = options.WatchNamespace,
        WatchNamespaceSelector = options.WatchNamespaceSelector,
        DisableCatchAll = options.DisableCatchAll,
        DeepInspect = options.DeepInspect,
        DefaultBackendService = options.DefaultBackendService,
        DefaultSslCertificate = options.DefaultSslCertificate,
        DisableExternalNames = options.DisableSvcExternalName,
        AnnotationsPrefix = options.AnnotationsPrefix,
        EnableAnnotationValidation = options.EnableAnnotationValidation,
        ConfigMap = options.ConfigMap,
        ClusterDomain = options.ClusterDomain,
        HttpPort = options.HttpPort,
        HttpsPort = options.HttpsPort,
        HealthCheckPath = options.HealthCheckPath,
    };

    private static RequestMetricsOptions MetricsOptions(ServeOptions options) => new()
    {
        Enabled = options.EnableMetrics,
        PerHost = options.MetricsPerHost,
        PerUndefinedHost = options.MetricsPerUndefinedHost,
        StatusClasses = options.ReportStatusClasses,
        TimeBuckets = options.TimeBuckets,
        LengthBuckets = options.LengthBuckets,
        SizeBuckets = options.SizeBuckets,
        Excluded = options.ExcludeSocketMetrics,
    };

    private static BuildInfo Build()
    {
        var version = typeof(Gateway).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";
        var plus = version.IndexOf('+', StringComparison.Ordinal);
        return plus < 0 ? new BuildInfo(version, "", "") : new BuildInfo(version[..plus], version[(plus + 1)..], "");
    }
}
