using Portico.Control;
using Portico.Control.Cluster;
using Portico.Flags;
using Portico.Ingress;
using Portico.Kubernetes.Api;
using Portico.Kubernetes.Events;
using Portico.Kubernetes.Leadership;
using Portico.Kubernetes.Resources;
using Portico.Kubernetes.Status;
using Portico.Proxy.Observing.ErrorLog;
using Portico.Proxy.Observing.Metrics;

namespace Portico.Serving;

/// <summary>
/// What a gateway writes into its cluster: leadership, the status of Ingresses, events. Begins with the first snapshot and ends before
/// the traffic does. Owned by the composition root.
/// </summary>
internal sealed class ClusterDuties : IDisposable
{
    /// <summary>For the last words: the status, and giving the Lease back.</summary>
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stop = new();
    private readonly StatusWriter? _status;
    private readonly LeaderElection? _election;
    private readonly EventRecorder? _events;
    private readonly bool _clearsStatus;
    private Task _running = Task.CompletedTask;

    public ClusterDuties(ServeOptions options, ApiClient client, ControllerMetrics metrics, ErrorLogWriter log)
    {
        void Warn(string text) => log.Write(ErrorLogLevel.Warn, text);

        var observers = new List<ISnapshotObserver>();
        var identity = options.PodName.Length > 0 ? options.PodName : $"{Environment.MachineName}_{Guid.NewGuid():N}";
        var ns = options.PodNamespace.Length > 0 ? options.PodNamespace : client.Connection.Namespace.Length > 0 ? client.Connection.Namespace : "default";
        if (!options.DisableLeaderElection)
        {
            var election = new LeaderElectionOptions { Namespace = ns, Name = options.ElectionId, Identity = identity, Ttl = options.ElectionTtl };
            metrics.LeadershipChanged(leader: false, options.ElectionId);
            _election = new LeaderElection(client, election, leads => LeadershipChanged(leads, options.ElectionId, metrics, log), Warn);
        }
        else
        {
            // Nobody leads, so nobody reports what only the leader does.
            metrics.LeadershipChanged(leader: false, lease: null);
        }

        // As in ingress-nginx, without election nobody writes the status.
        if (options.UpdateStatus && _election is not null)
        {
            _status = new StatusWriter(client, StatusOptions(options), () => _election.IsLeader, Warn);
            _clearsStatus = options.UpdateStatusOnShutdown;
            observers.Add(new StatusFollower(_status, options.PublishService));
        }

        if (!options.DisableSyncEvents)
        {
            _events = new EventRecorder(client, identity, Warn);
            observers.Add(new EventFollower(_events, ConfigMaps(options)));
        }

        Observers = observers;
    }

    public IReadOnlyList<ISnapshotObserver> Observers { get; }

    public void Start() => _running = Task.WhenAll(
        Task.Run(() => _election?.RunAsync(_stop.Token) ?? Task.CompletedTask),
        Task.Run(() => _status?.RunAsync(_stop.Token) ?? Task.CompletedTask),
        Task.Run(() => _events?.RunAsync(_stop.Token) ?? Task.CompletedTask));

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        using var limit = new CancellationTokenSource(StopLimit);
        if (_status is not null && _clearsStatus)
        {
            await _status.ClearAsync(limit.Token);
        }

        if (_election is not null)
        {
            await _election.ReleaseAsync(limit.Token);
        }
    }

    public void Dispose() => _stop.Dispose();

    private void LeadershipChanged(bool leads, string lease, ControllerMetrics metrics, ErrorLogWriter log)
    {
        log.Write(ErrorLogLevel.Notice, leads ? $"this gateway leads (Lease {lease})" : $"this gateway leads no longer (Lease {lease})");
        metrics.LeadershipChanged(leads, lease);
        if (leads)
        {
            _status?.LookAgain();
        }
    }

    private static StatusOptions StatusOptions(ServeOptions options) => new()
    {
        PublishService = options.PublishService is { } name ? (name.Namespace, name.Name) : null,
        PublishStatusAddress = options.PublishStatusAddress,
        ReportNodeInternalIpAddress = options.ReportNodeInternalIpAddress,
        Interval = options.StatusUpdateInterval,
        PodName = options.PodName,
        PodNamespace = options.PodNamespace,
    };

    private static ObjectKey[] ConfigMaps(ServeOptions options) =>
    [
        .. new[] { options.ConfigMap, options.TcpServicesConfigMap, options.UdpServicesConfigMap }.OfType<NamespacedName>()
            .Select(name => new ObjectKey(ResourceKind.ConfigMap, name.Namespace, name.Name)),
    ];
}
