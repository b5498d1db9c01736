using System.Text;
using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Portico.Kubernetes.Sources;
using Portico.Services.Nft;
using Portico.Services.Rules;

namespace Portico.Services;

/// <summary>
/// The Service proxy of a node: keeps the kernel's rules as the cluster's Services say. Packets never come here. Ending it leaves the rules in
/// force, so that a restart interrupts nothing. Everything runs on the task of <see cref="RunAsync"/>.
/// </summary>
public sealed class ServiceProxy : IDisposable
{
    private readonly ServiceProxyOptions _options;
    private readonly Action<string> _log;
    private readonly ResourceCache _cache = new();
    private readonly HashSet<(string Namespace, string Name)> _dirty = [];
    private readonly NftContext? _nft;
    private FamilyProxy[] _families;
    private NodeFacts _facts;
    private HashSet<string> _conflicts = [];
    private bool _nodeMayDiffer = true;
    private bool _started;

    /// <param name="write">False to plan only, for <see cref="RuleText"/>.</param>
    /// <param name="log">Takes lines for people: what was wrong with an object, what the kernel refused.</param>
    /// <exception cref="NftException">This machine lacks libnftables.</exception>
    public ServiceProxy(ServiceProxyOptions options, bool write, Action<string> log)
    {
        _options = options;
        _log = log;
        _nft = write ? new NftContext() : null;
        _facts = options.Node.With(null);
        _families = Begin();
    }

    public void Dispose() => _nft?.Dispose();

    /// <summary>Removes our tables, and nothing else.</summary>
    /// <exception cref="NftException">The kernel refuses.</exception>
    public static void CleanUp()
    {
        using var nft = new NftContext();
        nft.Run(RuleBook.Deletion(IpFamily.IPv4) + RuleBook.Deletion(IpFamily.IPv6));
    }

    /// <summary>Takes what a source has told; nothing is written yet.</summary>
    public void Load(SourceBatch batch) => Take(batch);

    /// <summary>Reads a source until it has told everything that is there.</summary>
    public async Task LoadAsync(IResourceSource source, CancellationToken stop)
    {
        source.Start();
        while (await source.Batches.WaitToReadAsync(stop))
        {
            while (source.Batches.TryRead(out var batch))
            {
                Take(batch);
                if (batch.Synced)
                {
                    return;
                }
            }
        }
    }

    /// <summary>The rules in the nft language, as <c>nft -f</c> reads them.</summary>
    public string RuleText()
    {
        Plan();
        return string.Join("\n", _families.Select(f => f.Book.Everything(replace: false)));
    }

    /// <summary>Writes what changed.</summary>
    /// <returns>Whether the kernel took it.</returns>
    public bool Sync()
    {
        Plan();
        var done = true;
        foreach (var family in _families)
        {
            var result = family.Sync();
            if (result.Error is { } error)
            {
                done = false;
                _log($"the {family.Family} rules were refused, the ones before stay in force; next attempt in {_options.RetryPause.TotalSeconds} s: {error}");
            }
        }

        return done;
    }

    /// <summary>Follows a source until it ends or the token says so.</summary>
    /// <param name="ready">Called once, when the first rules are in force.</param>
    public async Task RunAsync(IResourceSource source, Action ready, CancellationToken stop)
    {
        source.Start();
        var (synced, failed) = (false, false);
        var lastRepair = Environment.TickCount64;
        while (!stop.IsCancellationRequested)
        {
            var untilRepair = _options.RepairInterval - TimeSpan.FromMilliseconds(Environment.TickCount64 - lastRepair);
            if (!await WaitAsync(source, failed ? _options.RetryPause : untilRepair, stop))
            {
                return;
            }

            while (source.Batches.TryRead(out var batch))
            {
                Take(batch);
                synced |= batch.Synced;
            }

            // Half of a first reading would take away what the other half says.
            if (!synced)
            {
                continue;
            }

            var first = !_started;
            failed = !Sync();
            if (first && !failed)
            {
                _started = true;
                ready();
            }

            if (Environment.TickCount64 - lastRepair >= _options.RepairInterval.TotalMilliseconds)
            {
                lastRepair = Environment.TickCount64;
                _nodeMayDiffer = true;
                Repair();
            }

            await Task.Delay(_options.SmallestPause, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <returns>False when the source has ended.</returns>
    private static async Task<bool> WaitAsync(IResourceSource source, TimeSpan atMost, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(atMost > TimeSpan.Zero ? atMost : TimeSpan.FromMilliseconds(1));
        try
        {
            return await source.Batches.WaitToReadAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }

    private void Repair()
    {
        foreach (var family in _families)
        {
            try
            {
                if (family.Repair() is var wrong and > 0)
                {
                    _log($"{wrong} element(s) of the {family.Family} table were not as they should be; the table was written again");
                }
            }
            catch (NftException e)
            {
                _log($"the {family.Family} table cannot be compared: {e.Message}");
            }
        }
    }

    private void Take(SourceBatch batch)
    {
        _cache.Apply(batch.Changes);
        foreach (var change in batch.Changes)
        {
            Touch(change.Old);
            Touch(change.New);
        }

        foreach (var problem in batch.Problems)
        {
            _log($"{problem.Place}: {problem.Message}{(problem.Resolved ? " (resolved)" : "")}");
        }
    }

    private void Touch(KubernetesObject? changed)
    {
        if (changed is Service service)
        {
            _dirty.Add((service.Metadata.Namespace, service.Metadata.Name));
        }
        else if (changed is EndpointSlice slice && slice.Metadata.Labels.TryGetValue(EndpointSlice.ServiceNameLabel, out var name))
        {
            _dirty.Add((slice.Metadata.Namespace, name));
        }
        else if (changed is Node)
        {
            _nodeMayDiffer = true;
        }
    }

    private FamilyProxy[] Begin() => [.. _options.Families.Select(f => new FamilyProxy(f, _facts, _nft, _log))];

    private void Plan()
    {
        if (_nodeMayDiffer && _options.Node.With(_cache.Find<Node>("", _options.Node.Name)) is var facts && !facts.Equals(_facts))
        {
            // Every rule may be another one now. The kernel keeps the old ones until the new ones replace them all at once.
            _facts = facts;
            _families = Begin();
            _dirty.UnionWith(_cache.All<Service>().Select(s => (s.Metadata.Namespace, s.Metadata.Name)));
        }

        _nodeMayDiffer = false;
        foreach (var (space, name) in _dirty)
        {
            foreach (var family in _families)
            {
                family.Update(space, name, _cache);
            }
        }

        _dirty.Clear();
        ReportConflicts();
    }

    private void ReportConflicts()
    {
        var now = _families.SelectMany(f => f.Book.Conflicts)
            .Select(c => $"Service {c.Loser}: {c.Key.Key.Replace(" . ", " ", StringComparison.Ordinal)} is the entry of Service {c.Owner} already; it leads there")
            .ToHashSet();
        foreach (var conflict in now.Except(_conflicts))
        {
            _log(conflict);
        }

        _conflicts = now;
    }
}
