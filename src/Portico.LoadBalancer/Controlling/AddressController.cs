using System.Collections.Immutable;
using System.Threading.Channels;
using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Portico.Kubernetes.Sources;
using Portico.LoadBalancer.Allocation;
using Portico.LoadBalancer.Layer2;

namespace Portico.LoadBalancer.Controlling;

/// <summary>What the controller of addresses is told at its start.</summary>
internal sealed record AddressControllerOptions
{
    public AddressKeeperOptions Keeper { get; init; } = new();

    /// <summary>Pools of the command line.</summary>
    public IReadOnlyList<IPAddressPool> Pools { get; init; } = [];

    /// <summary>A ConfigMap whose entries are pools; null for none.</summary>
    public ObjectKey? PoolMap { get; init; }

    /// <summary>How long after a writing that failed the next attempt is made.</summary>
    public TimeSpan RetryPause { get; init; } = TimeSpan.FromSeconds(2);
}

/// <summary>
/// Follows a source and hands out addresses while it leads. When it begins to lead it knows nothing but what the Services say, so that
/// what another wrote before is kept. Everything runs on the task of <see cref="RunAsync"/>.
/// </summary>
internal sealed class AddressController(AddressControllerOptions options, IAssignmentSink sink, Action<string> log, bool leads, Speaker? speaker = null)
{
    private const int WritesAtOnce = 8;

    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly ResourceCache _cache = new();
    private readonly HashSet<ServiceKey> _failed = [];
    private volatile bool _leads = leads;
    private AddressKeeper? _keeper;
    private PoolSet _pools = PoolSet.Empty;
    private HashSet<PoolProblem> _problems = [];

    /// <summary>Any thread.</summary>
    public void LeadershipChanged(bool leads)
    {
        _leads = leads;
        Wake();
    }

    /// <summary>Something beside the source has changed. Any thread.</summary>
    public void Wake() => _wake.Writer.TryWrite(true);

    /// <summary>Decides once for what was read, and ends.</summary>
    public Task RunOnceAsync(SourceBatch batch, CancellationToken stop) => TakeAsync([batch], stop);

    /// <summary>Follows the source until it ends or the token says so.</summary>
    public async Task RunAsync(IResourceSource source, CancellationToken stop)
    {
        source.Start();
        if (speaker is not null)
        {
            speaker.Changed += Wake;
        }

        if (options.PoolMap is { } map)
        {
            source.Follow([map], []);
        }

        try
        {
            var batches = source.Batches.WaitToReadAsync(stop).AsTask();
            var woken = _wake.Reader.WaitToReadAsync(stop).AsTask();
            var synced = false;
            while (true)
            {
                var pause = Task.Delay(_failed.Count > 0 ? options.RetryPause : Timeout.InfiniteTimeSpan, stop);
                await Task.WhenAny(batches, woken, pause);
                stop.ThrowIfCancellationRequested();
                if (woken.IsCompleted)
                {
                    _wake.Reader.TryRead(out _);
                    woken = _wake.Reader.WaitToReadAsync(stop).AsTask();
                }

                var heard = new List<SourceBatch>();
                if (batches.IsCompleted)
                {
                    if (!await batches)
                    {
                        return;
                    }

                    while (source.Batches.TryRead(out var batch))
                    {
                        heard.Add(batch);
                        synced |= batch.Synced;
                    }

                    batches = source.Batches.WaitToReadAsync(stop).AsTask();
                }

                // Who knows half of the Services would give away what the other half has.
                await TakeAsync(heard, stop, decide: synced && _leads);
                if (synced)
                {
                    Announce();
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Told to end. What was handed out stays.
        }
    }

    private async Task TakeAsync(IReadOnlyList<SourceBatch> heard, CancellationToken stop, bool decide = true)
    {
        var changes = heard.SelectMany(b => b.Changes).ToList();
        _cache.Apply(changes);
        foreach (var problem in heard.SelectMany(b => b.Problems))
        {
            log($"{problem.Place}: {problem.Message}{(problem.Resolved ? " (resolved)" : "")}");
        }

        if (!decide)
        {
            _keeper = _leads ? _keeper : null;
            return;
        }

        if (_keeper is null)
        {
            Begin();
        }
        else
        {
            Feed(_keeper, changes);
        }

        await WriteAsync(_keeper!.Settle(), stop);
    }

    /// <summary>In a cluster the status says what was decided, by whomever; without one the decisions are our own.</summary>
    private void Announce()
    {
        if (speaker is null)
        {
            return;
        }

        if (!_leads)
        {
            BuildPools();
        }

        speaker.Update(_cache, _pools, service => options.Keeper.WithoutCluster ? _keeper!.Allocator.HeldBy(ServiceReading.KeyOf(service)) : StatusOf(service));
    }

    private static ImmutableArray<Address> StatusOf(Service service) =>
        [.. service.LoadBalancer.Select(i => Address.TryParse(i.Ip, out var address) ? address : (Address?)null).OfType<Address>()];

    private void Begin()
    {
        _keeper = new AddressKeeper(options.Keeper);
        _failed.Clear();
        foreach (var service in _cache.All<Service>())
        {
            _keeper.Put(service);
        }

        _keeper.SetPools(BuildPools());
    }

    private void Feed(AddressKeeper keeper, List<ResourceChange> changes)
    {
        var again = _failed.Select(k => _cache.Find<Service>(k.Namespace, k.Name)).OfType<Service>().ToList();
        _failed.Clear();
        var pools = false;
        foreach (var service in again)
        {
            keeper.Put(service);
        }

        foreach (var change in changes)
        {
            pools |= change.Key.Kind is ResourceKind.IPAddressPool or ResourceKind.Namespace || change.Key == options.PoolMap;
            if (change.New is Service service)
            {
                keeper.Put(service);
            }
            else if (change.Old is Service gone)
            {
                keeper.Remove(ServiceReading.KeyOf(gone));
            }
        }

        if (pools)
        {
            keeper.SetPools(BuildPools());
        }
    }

    private PoolSet BuildPools()
    {
        var mapped = options.PoolMap is { } key && _cache.Find<ConfigMap>(key.Namespace, key.Name) is { } map ? FlagPool.Of(map) : [];
        _pools = PoolSet.Build(_pools, [.. options.Pools, .. mapped, .. _cache.All<IPAddressPool>()], _cache.All<Namespace>(), out var problems);
        foreach (var problem in problems.Where(p => !_problems.Contains(p)))
        {
            log($"pool {problem.Pool}: {problem.Message}");
        }

        _problems = [.. problems];
        return _pools;
    }

    private async Task WriteAsync(IReadOnlyList<ServiceOutcome> outcomes, CancellationToken stop)
    {
        foreach (var outcome in outcomes)
        {
            foreach (var news in outcome.News)
            {
                sink.Tell(outcome.Service, news);
            }
        }

        var failed = new System.Collections.Concurrent.ConcurrentBag<ServiceKey>();
        await Parallel.ForEachAsync(
            outcomes.Where(o => o.Differs || o.Addresses.IsEmpty),
            new ParallelOptions { MaxDegreeOfParallelism = WritesAtOnce, CancellationToken = stop },
            async (outcome, cancellation) =>
            {
                if (!await sink.WriteAsync(outcome, cancellation))
                {
                    failed.Add(ServiceReading.KeyOf(outcome.Service));
                }
            });
        _failed.UnionWith(failed);
    }
}
