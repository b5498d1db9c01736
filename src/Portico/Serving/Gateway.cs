using System.Net.Sockets;
using System.Reflection;
using Portico.Admin;
using Portico.Cli;
using Portico.Control;
using Portico.Flags;
using Portico.Ingress;
using Portico.Kubernetes.Api.Configuration;
using Portico.Kubernetes.Sources;
using Portico.Net;
using Portico.Net.Dns;
using Portico.Proxy.Observing.AccessLog;
using Portico.Proxy.Observing.ErrorLog;
using Portico.Proxy.Observing.Metrics;
using Portico.Proxy.Serving;
using Portico.Proxy.Spooling;

namespace Portico.Serving;

/// <summary>Runs a gateway until it is told to stop, and returns the exit code of the process.</summary>
internal delegate Task<int> RunGateway(ServeOptions options, CancellationToken stop);

/// <summary>The composition root of <c>serve</c>: makes the parts, joins them, and takes them down in order.</summary>
internal static class Gateway
{
    /// <summary>Passthrough, default server, profiler, status, stream. Nothing listens there; a ConfigMap that works here works there too.</summary>
    private static readonly int[] InternalPortsOfIngressNginx = [442, 8181, 10245, 10246, 10247];

    private static readonly TimeSpan LogFlushLimit = TimeSpan.FromSeconds(2);

    public static async Task<int> RunAsync(ServeOptions options, CancellationToken stop)
    {
        var errorLog = new ErrorLogWriter("", TimeProvider.System) { Threshold = IsVerbose(options) ? ErrorLogLevel.Debug : ErrorLogLevel.Notice };
        errorLog.Start();
        try
        {
            return await RunAsync(options, errorLog, stop);
        }
        catch (Exception e) when (e is IOException or ApiConfigurationException)
        {
            // What cannot be had at the start, a port above all.
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
        var streamLog = new AccessLogWriter("", shards) { OutputFailed = accessLog.OutputFailed };
        streamLog.Start();
        using var reopen = new ReopenSignals(() =>
        {
            accessLog.Reopen();
            streamLog.Reopen();
            errorLog.Reopen();
        });
        var observers = new DataPlaneObservers(shards, MetricsOptions(options), accessLog, errorLog) { StreamLog = streamLog };
        var dataPlane = new DataPlane(
            new DataPlaneOptions
            {
                Shards = shards,
                Http2Cleartext = options.Http2Cleartext,
                BindAddresses = options.BindAddress is { } address ? [address] : [],
                Spool = new SpoolFolder(options.TempDir, options.TempDirMegabytes * 1024L * 1024),
            },
            observers);
        var labels = new ConstantLabels(options.PodNamespace, options.ControllerClass, options.PodName);
        var controller = new ControllerMetrics(labels, Build(), TimeProvider.System);
        await using var names = new BackendNames(dataPlane, new DnsResolver(), errorLog);
        var logs = new LogSettings(accessLog, errorLog, IsVerbose(options)) { StreamLog = streamLog };
        using var cluster = options.Manifests.IsEmpty ? ClusterConnection.Open(options, errorLog) : null;
        var nodeOfZone = options.EnableTopologyAwareRouting ? await ClusterConnection.NodeNameAsync(options, cluster?.Client, errorLog) : "";
        var ingressOptions = TranslatorOptions(options) with { NodeOfZone = nodeOfZone };
        using var duties = cluster is null ? null : new ClusterDuties(options, cluster.Client, controller, errorLog);
        var admissionMetrics = new AdmissionMetrics(labels);
        await using var admission = options.ValidatingWebhook.Length > 0 ? new AdmissionDuty(options, ingressOptions, cluster?.Client, admissionMetrics, errorLog) : null;
        IResourceSource source = cluster is null ? new FolderSource(options.Manifests) : cluster.Source;
        var loop = new ControlLoop(source, new IngressTranslator(ingressOptions), dataPlane, names, logs, controller, errorLog)
        {
            AlwaysWanted = ClusterConnection.AlwaysWanted(options, nodeOfZone),
            Observers = [.. duties?.Observers ?? [], .. admission is null ? Array.Empty<ISnapshotObserver>() : [admission.Observer]],
        };

        // 2. Probes are answered from the first moment: not ready until the first snapshot serves.
        var families = MetricsPage.Families(
            labels, observers.Requests, observers.Proxy, controller, new ProcessMetrics(), new LogMetrics(accessLog, errorLog, observers.Requests));
        var page = new MetricsPage([.. families, .. cluster?.Metrics.OwnFamilies() ?? [], .. options.EnableMetrics && admission is not null ? admissionMetrics.NginxFamilies() : []]);
        var state = new GatewayState(loop, dataPlane, page, errorLog, cluster is null ? "the manifests" : "the objects of the cluster");
        using var admin = new AdminServer(
            new AdminOptions { Host = options.HealthzHost?.ToString() ?? "", Port = options.HealthzPort, HealthCheckPath = options.HealthCheckPath }, state);
        await StartAsync(admin);
        await (admission?.StartAsync() ?? Task.CompletedTask);

        // 3. Serve until told to stop. The loop ends by itself only when it fails: at its start that ends the gateway (a port that
        //    cannot be had), later what serves goes on serving.
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = loop.RunAsync(() => started.TrySetResult());
        var stopped = WaitAsync(stop);
        if (await Task.WhenAny(running, started.Task, stopped) == running)
        {
            await running;
        }

        if (started.Task.IsCompleted)
        {
            duties?.Start();
            errorLog.Write(ErrorLogLevel.Notice, $"serving on {string.Join(", ", dataPlane.Ports)} with {shards} shard(s), probes on {admin.Port}");
            if (await Task.WhenAny(stopped, running) == running)
            {
                errorLog.Write(ErrorLogLevel.Error, $"changes are not followed any more, what serves goes on serving: {running.Exception}");
                await stopped;
            }
        }

        // 4. Down in order: probes fail, a pause for whoever balances in front, no more changes, then the data plane drains.
        state.IsStopping = true;
        dataPlane.BeginLeaving();
        errorLog.Write(ErrorLogLevel.Notice, "stopping");
        await Task.Delay(options.ShutdownGracePeriod, CancellationToken.None);
        await source.DisposeAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await (duties?.StopAsync() ?? Task.CompletedTask);
        await dataPlane.StopAsync(loop.Model.Settings.ShutdownTimeout);
        await Task.Delay(options.PostShutdownGracePeriod, CancellationToken.None);
        await admin.StopAsync(new CancellationToken(canceled: true));
        accessLog.Stop(LogFlushLimit);
        streamLog.Stop(LogFlushLimit);
        errorLog.Write(ErrorLogLevel.Notice, "stopped");
        return running.IsFaulted ? ExitCode.Failure : ExitCode.Success;
    }

    private static async Task StartAsync(AdminServer admin)
    {
        try
        {
            await admin.StartAsync(CancellationToken.None);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            throw new IOException($"the health and metrics server (--healthz-port) cannot start: {e.Message}", e);
        }
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
        EnableSslPassthrough = options.EnableSslPassthrough,
        TcpServicesConfigMap = options.TcpServicesConfigMap,
        UdpServicesConfigMap = options.UdpServicesConfigMap,
        ReservedPorts = [options.HttpPort, options.HttpsPort, options.HealthzPort, .. InternalPortsOfIngressNginx],
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
