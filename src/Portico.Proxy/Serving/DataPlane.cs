using System.Collections.Immutable;
using System.Net;
using Portico.Http.Http1;
using Portico.Model;
using Portico.Net;
using Portico.Net.Sockets;
using Portico.Net.Tls;
using Portico.Proxy.Balancing;
using Portico.Proxy.Forwarding;
using Portico.Proxy.Policies;
using Portico.Proxy.Routing;
using Portico.Proxy.Spooling;
using Portico.Proxy.Streams;

namespace Portico.Proxy.Serving;

/// <summary>What the data plane needs to know before there is a configuration.</summary>
public sealed record DataPlaneOptions
{
    /// <summary>Shards, each a thread.</summary>
    public required int Shards { get; init; }

    /// <summary>The addresses to listen on, whatever the configuration says; none when the first configuration decides.</summary>
    public ImmutableArray<IPAddress> BindAddresses { get; init; } = [];

    /// <summary>Whether plain ports speak HTTP/2 with clients that begin with it (<c>--http2-cleartext</c>).</summary>
    public bool Http2Cleartext { get; init; } = true;

    /// <summary>Where bodies go that are too large for memory.</summary>
    public SpoolFolder Spool { get; init; } = new(Path.GetTempPath(), SpoolFolder.UsualQuota);
}

/// <summary>
/// Everything that carries traffic: the shards, their listeners, and the snapshot in force. <see cref="Publish"/> swaps one reference;
/// no connection is touched by it. Called by the control loop's thread only; shards are told through their inboxes.
/// </summary>
public sealed class DataPlane
{
    /// <summary>While draining, who has just connected may send a first request within this time.</summary>
    private const int FirstRequestMilliseconds = 1000;

    private readonly DataPlaneOptions _options;
    private readonly BindAddresses _addresses;
    private readonly DataPlaneObservers _observers;
    private readonly SnapshotSource _snapshots;
    private readonly Shard[] _shards;
    private readonly ShardServices[] _services;
    private readonly List<ListenerPort> _ports = [];
    private readonly StreamPorts _streams;
    private readonly PolicyState _policyState = new();
    private volatile Snapshot? _published;

    public DataPlane(DataPlaneOptions options, DataPlaneObservers observers)
    {
        _options = options;
        _addresses = new BindAddresses(options.BindAddresses);
        _observers = observers;
        Backends = new BackendRegistry(options.Shards);
        _snapshots = new SnapshotSource(Snapshot.Compile(GatewayModel.Empty, null, Backends, observers.Requests, _policyState));
        if (!TlsClientContext.TryCreate(new TlsClientOptions(), out var upstreamTls, out var error)
            || !TlsClientContext.TryCreate(new TlsClientOptions { ApplicationProtocols = ["h2"] }, out var upstreamTlsHttp2, out error))
        {
            throw new InvalidOperationException($"OpenSSL cannot be used: {error}");
        }

        _shards = [.. Enumerable.Range(0, options.Shards).Select(i => new Shard(i) { UnhandledException = observers.ReportDefect })];
        _services = [.. _shards.Select(shard => new ShardServices(shard, upstreamTls, upstreamTlsHttp2, observers, options.Spool))];
        _streams = new StreamPorts(_services, Backends, _addresses, _snapshots, observers);
    }

    /// <summary>The backends by key; the DNS watcher tells it what names resolve to.</summary>
    public BackendRegistry Backends { get; }

    /// <summary>For tests that measure on a shard's thread.</summary>
    internal IReadOnlyList<Shard> Shards => _shards;

    /// <summary>The ports that are open, in the order of the model's listeners, as the system gave them.</summary>
    public IReadOnlyList<int> Ports => [.. _ports.Select(port => port.Port)];

    /// <summary>Puts a model in force for every request that begins from now on.</summary>
    /// <returns>What of the model could not be honoured.</returns>
    /// <exception cref="IOException">The first model only: a port cannot be listened on.</exception>
    public ImmutableArray<RoutingProblem> Publish(GatewayModel model)
    {
        var snapshot = Snapshot.Compile(model, _published, Backends, _observers.Requests, _policyState);
        var first = _published is null;
        if (first)
        {
            OpenPorts(model);
        }

        var tlsProblems = ImmutableArray.CreateBuilder<RoutingProblem>();
        foreach (var port in _ports)
        {
            tlsProblems.AddRange(port.PublishCertificates(model));
        }

        _snapshots.Current = snapshot;
        RetainSeries(snapshot);
        _published = snapshot;
        foreach (var services in _services)
        {
            services.Shard.Post(static state => ((ShardUpdate)state!).Apply(), new ShardUpdate(services, snapshot, _ports));
        }

        if (first)
        {
            StartShards();
        }

        return [.. _streams.Publish(model), .. snapshot.Table.Problems, .. snapshot.SettingsProblems, .. tlsProblems, .. _addresses.FindProblems(model.Settings)];
    }

    /// <summary>
    /// Waits until what clients have been answered is counted, too: a request is counted in the turn that sends the end of its answer. A shard
    /// that does not answer within a second is not waited for. Any thread.
    /// </summary>
    public async Task SettleCountersAsync(CancellationToken cancellation)
    {
        if (_published is null)
        {
            return;
        }

        Task turns = Task.WhenAll(_shards.Select(shard => shard.InvokeAsync(static () => true)));
        await turns.WaitAsync(TimeSpan.FromSeconds(1), cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Tells the shards that endpoints changed outside of a snapshot (DNS), so that pools let removed ones go.</summary>
    public void PrunePools()
    {
        foreach (var services in _services)
        {
            services.Shard.Post(static state => ((ShardServices)state!).PrunePools(), services);
        }
    }

    /// <summary>
    /// The pause before the end: everything is taken and served, and HTTP/1 responses say <c>Connection: close</c>, so that whoever balances in
    /// front has moved most clients when the end comes.
    /// </summary>
    public void BeginLeaving()
    {
        foreach (var port in _ports)
        {
            port.BeginLeaving();
        }
    }

    /// <summary>
    /// Ends in order, when nothing is published any more: no new connections; what is under way is finished with <c>Connection: close</c>; idle connections are closed.
    /// Whatever is left after the limit (tunnels, slow clients) is cut.
    /// </summary>
    public async Task StopAsync(TimeSpan limit)
    {
        if (_published is null)
        {
            return;
        }

        foreach (var port in _ports)
        {
            await port.StopAsync();
        }

        await _streams.StopAsync();
        var begin = Environment.TickCount64;
        var firstRequestsDue = false;
        while (Environment.TickCount64 - begin < limit.TotalMilliseconds && await CountConnectionsAsync() > 0)
        {
            await Task.Delay(20);
            if (!firstRequestsDue && Environment.TickCount64 - begin > FirstRequestMilliseconds)
            {
                firstRequestsDue = true;
                await ListenerPort.CloseSilentAsync(_shards);
            }
        }

        foreach (var shard in _shards)
        {
            await shard.InvokeAsync(() =>
            {
                shard.ForEachConnection(static connection => connection.Abort());
                return true;
            });
            shard.Dispose();
        }
    }

    private void OpenPorts(GatewayModel model)
    {
        _addresses.Choose(model.Settings);
        foreach (var listener in model.Listeners)
        {
            _addresses.RefuseTaken(listener);
        }

        for (var i = 0; i < model.Listeners.Length; i++)
        {
            _ports.Add(ListenerPort.Open(model.Listeners[i], i, _options, _addresses.InUse, _services, _snapshots, _observers));
        }
    }

    private void StartShards()
    {
        foreach (var shard in _shards)
        {
            shard.Start();
        }

        foreach (var port in _ports)
        {
            port.Start();
        }
    }

    private void RetainSeries(Snapshot snapshot)
    {
        if (_observers.Requests.Enabled && (_published is null || !_published.Table.HasSameHosts(snapshot.Table)))
        {
            _observers.Requests.Retain(snapshot.Table.AllMetrics());
        }
    }

    /// <summary>Connections with clients that are still open; idle ones towards backends do not count.</summary>
    private async Task<int> CountConnectionsAsync()
    {
        var count = 0;
        foreach (var services in _services)
        {
            count += await services.Shard.InvokeAsync(() =>
            {
                services.Pool.CloseAll();
                services.Http2Pool.CloseAll();
                services.Subrequests.CloseAll();
                return services.Shard.ConnectionCount;
            });
        }

        return count;
    }

    /// <summary>What a shard takes over with a snapshot, on its own thread.</summary>
    private sealed record ShardUpdate(ShardServices Services, Snapshot Snapshot, List<ListenerPort> Ports)
    {
        public void Apply()
        {
            Services.Pool.Settings = Snapshot.Model.Settings.UpstreamPool;
            Services.Http2Pool.Settings = Snapshot.Model.Settings.UpstreamPool;
            Services.PrunePools();
            foreach (var port in Ports)
            {
                port.SetLimits(Services.Shard.Index, Snapshot.Limits);
            }
        }
    }
}
