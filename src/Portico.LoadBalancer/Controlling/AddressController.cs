using System.Collections.Immutable;
using System.Threading.Channels;
using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Portico.Kubernetes.Sources;
using Portico.LoadBalancer.Allocation;
using Portico.LoadBalancer.Announcing;
using Portico.LoadBalancer.Observing;
using Portico.LoadBalancer.Reporting;

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
/// <param name="reports">Null without a cluster.</param>
internal sealed class AddressController(
    AddressControllerOptions options, IAssignmentSink sink, BalancerObservers observers, Action<string> log, bool leads, Speaker? speaker = null, ClusterReports? reports = null)
{
    private const int WritesAtOnce = 8;

    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly ResourceCache _cache = new();
    private readonly HashSet<ServiceKey> _failed = [];
    private volatile bool _leads = leads;
    private AddressKeeper? _keeper;
    private PoolSet _pools = PoolSet.Empty;
    private HashSet<PoolProblem> _problems = [];
    private HashSet<(ObjectKey, string)> _toldProblems = [];
    private HashSet<ObjectKey> _secrets = [];
    private bool _announced;

    /// <summary>Any thread.</summary>
    public void LeadershipChanged(bool leads)
    {
        _leads = leads;
        Wake();
    }

    /// <summary>Something beside the source has changed. Any thread.</summary>
    public void Wake() => _wake.Writer.TryWrite(true);

    /// <summary>Decides once for what was read, and ends.</summary>
    public Task RunOnceAsync(SourceBatch batch, CancellationToken stop) => TakeAsync([batch], decide: true, stop);

    /// <summary>Follows the source until it ends or the token says so.</summary>
    public async Task RunAsync(IResourceSource source, CancellationToken stop)
    {
        source.Start();
        if (options.PoolMap is { } map)
        {
            source.Follow([map], []);
        }

        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var speaking = speaker?.RunAsync(Wake, sink.Tell, reports, end.Token) ?? Task.CompletedTask;
        try
        {
            await FollowAsync(source, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Told to end. What was handed out stays.
        }
        finally
        {
            await end.CancelAsync();
            await speaking;
        }
    }

    private async Task FollowAsync(IResourceSource source, CancellationToken stop)
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

            observers.Health.TurnBegins();
            await TurnAsync(source, heard, synced, stop);
            observers.Health.TurnEnds(synced);
        }
    }

    private async Task TurnAsync(IResourceSource source, List<SourceBatch> heard, bool synced, CancellationToken stop)
    {
        // Who knows half of the Services would give away what the other half has.
        var decided = await TakeAsync(heard, synced && _leads, stop);
        if (synced && speaker is not null)
        {
            Announce(speaker, heard, decided);
            FollowSecrets(source, speaker);
        }

        TellProblems(decide: synced && _leads);
        if (synced)
        {
            observers.Metrics.Configured(stale: _problems.Count > 0 || speaker?.Problems.Any() == true);
        }
    }

    /// <summary>Each once, by the one that leads; what was mended and comes again is told again.</summary>
    private void TellProblems(bool decide)
    {
        if (!decide)
        {
            _toldProblems = [];
            return;
        }

        var problems = from problem in _problems
                       from definition in _cache.All<IPAddressPool>()
                       where definition.Metadata.Name == problem.Pool
                       select ((KubernetesObject)definition, problem.Message);
        var now = new Dictionary<(ObjectKey, string), KubernetesObject>();
        foreach (var (found, message) in problems.Concat((speaker?.Findings ?? []).Where(f => !f.IsHint).Select(f => (f.Object, f.Message))))
        {
            now[(found.Key, message)] = found;
        }

        foreach (var (problem, found) in now.Where(p => !_toldProblems.Contains(p.Key)))
        {
            sink.TellProblem(found, problem.Item2);
        }

        _toldProblems = [.. now.Keys];
    }

    /// <returns>The Services about which something was decided.</returns>
    private async Task<IReadOnlyList<ServiceOutcome>> TakeAsync(IReadOnlyList<SourceBatch> heard, bool decide, CancellationToken stop)
    {
        var changes = heard.SelectMany(b => b.Changes).ToList();
        _cache.Apply(changes);
        foreach (var problem in heard.SelectMany(b => b.Problems))
        {
            log($"{problem.Place}: {problem.Message}{(problem.Resolved ? " (resolved)" : "")}");
        }

        observers.Metrics.Updated(changes.Count);
        if (!decide)
        {
            _keeper = _leads ? _keeper : null;
            observers.Metrics.Pools([]);
            return [];
        }

        if (_keeper is null)
        {
            Begin();
        }
        else
        {
            Feed(_keeper, changes);
        }

        var outcomes = _keeper!.Settle();
        await WriteAsync(outcomes, stop);
        Report(_keeper.Allocator);
        return outcomes;
    }

    private void Report(Allocator allocator)
    {
        observers.Metrics.Pools([.. allocator.Pools.Pools.Select(p => (p.Name, allocator.UseOf(p), allocator.ServicesOf(p)))]);
        var pools = from definition in _cache.All<IPAddressPool>()
                    let pool = allocator.Pools.Find(definition.Metadata.Name)
                    where pool is not null
                    select (definition, allocator.UseOf(pool));
        reports?.Pools([.. pools]);
        reports?.ControllerProblems(_problems.Select(Text));
    }

    /// <summary>In a cluster the status says what was decided, by whomever; without one the decisions are our own.</summary>
    private void Announce(Speaker speaker, IReadOnlyList<SourceBatch> heard, IReadOnlyList<ServiceOutcome> decided)
    {
        var touched = new HashSet<ServiceKey>(decided.Select(o => ServiceReading.KeyOf(o.Service)));
        var (everything, pools) = (!_announced, !_announced);
        _announced = true;
        foreach (var change in heard.SelectMany(b => b.Changes).Where(SaysSomethingNew))
        {
            switch (change.New ?? change.Old)
            {
                case Service service: touched.Add(ServiceReading.KeyOf(service)); break;
                case EndpointSlice: touched.UnionWith(ServicesOf(change)); break;
                case IPAddressPool or Namespace or ConfigMap: pools = true; break;
                default: everything = true; break;
            }
        }

        if (pools && !_leads)
        {
            BuildPools();
        }

        speaker.Update(
            _cache,
            _pools,
            service => options.Keeper.WithoutCluster ? _keeper!.Allocator.HeldBy(ServiceReading.KeyOf(service))
                : service.Spec.LoadBalancerClass == options.Keeper.LoadBalancerClass ? StatusOf(service) : [],
            new Touched(everything || pools, touched));
        reports?.SpeakerProblems(_problems.Select(Text).Concat(speaker.Problems));
    }

    /// <summary>The status of a pool is our own writing, and that of a node is renewed all the time.</summary>
    private static bool SaysSomethingNew(ResourceChange change) => change switch
    {
        { Old: IPAddressPool before, New: IPAddressPool now } =>
            now.Metadata.Generation == 0 || now.Metadata.Generation != before.Metadata.Generation || !SameLabels(before, now),
        { Old: Node before, New: Node now } =>
            before.NetworkUnavailable != now.NetworkUnavailable || !before.InternalIPs.SequenceEqual(now.InternalIPs) || !SameLabels(before, now),
        _ => true,
    };

    private static bool SameLabels(KubernetesObject before, KubernetesObject now) =>
        before.Metadata.Labels.Count == now.Metadata.Labels.Count && before.Metadata.Labels.All(l => now.Metadata.Labels.GetValueOrDefault(l.Key) == l.Value);

    private static IEnumerable<ServiceKey> ServicesOf(ResourceChange change) =>
        from slice in (KubernetesObject?[])[change.Old, change.New]
        where slice is not null && slice.Metadata.Labels.ContainsKey(EndpointSlice.ServiceNameLabel)
        select new ServiceKey(slice.Metadata.Namespace, slice.Metadata.Labels[EndpointSlice.ServiceNameLabel]);

    private void FollowSecrets(IResourceSource source, Speaker speaker)
    {
        var wanted = speaker.Secrets(_cache).ToHashSet();
        if (!wanted.SetEquals(_secrets))
        {
            source.Follow([.. wanted.Except(_secrets)], [.. _secrets.Except(wanted)]);
            _secrets = wanted;
        }
    }

    private static ImmutableArray<Address> StatusOf(Service service) =>
        [.. service.LoadBalancer.Select(i => Address.TryParse(i.Ip, out var address) ? address : (Address?)null).OfType<Address>()];

    private void Begin()
    {
        _keeper = new AddressKeeper(options.Keeper);
        _failed.Clear();
        reports?.LookAgain();
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

        foreach (var change in changes.Where(SaysSomethingNew))
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
            log(Text(problem));
        }

        _problems = [.. problems];
        return _pools;
    }

    private static string Text(PoolProblem problem) => $"pool {problem.Pool}: {problem.Message}";

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

                observers.Health.TurnGoesOn();
            });
        _failed.UnionWith(failed);
        observers.Metrics.UpdatesFailed(failed.Count);
    }
}
