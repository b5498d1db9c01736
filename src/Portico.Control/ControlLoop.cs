using System.Collections.Immutable;
using Portico.Ingress;
using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Portico.Kubernetes.Sources;
using Portico.Model;
using Portico.Proxy.Observing.ErrorLog;
using Portico.Proxy.Observing.Metrics;
using Portico.Proxy.Serving;

namespace Portico.Control;

/// <summary>
/// The way of a change: source → cache → translator → data plane. One batch after the other, in the order in which they came; the
/// only writer of the cache, the translator and the data plane. What a batch does not touch is not looked at.
/// </summary>
public sealed class ControlLoop(
    IResourceSource source, IngressTranslator translator, DataPlane dataPlane, BackendNames names, LogSettings logs, ControllerMetrics metrics, ErrorLogWriter log)
{
    /// <summary>How often the age of certificates is looked at while nothing changes.</summary>
    private static readonly TimeSpan AgeInterval = TimeSpan.FromHours(1);

    private readonly ResourceCache _cache = new();
    private readonly FindingReporter _findings = new(log);
    private readonly List<ResourceChange> _pending = [];
    private ReferenceFollower? _references;
    private bool _askedForReferences;
    private ImmutableArray<OrphanedIngress> _orphans = [];
    private int _skippedDocuments;
    private ulong _publications;
    private volatile GatewayModel _model = GatewayModel.Empty;
    private volatile bool _synced;

    /// <summary>The snapshot that serves.</summary>
    public GatewayModel Model => _model;

    /// <summary>Whether everything that was there at the start serves.</summary>
    public bool IsSynced => _synced;

    /// <summary>Secrets and ConfigMaps that a cluster is asked for whether or not an object names them.</summary>
    public IReadOnlyCollection<ObjectKey> AlwaysWanted { get; init; } = [];

    /// <summary>Who is told after each round.</summary>
    public IReadOnlyList<ISnapshotObserver> Observers { get; init; } = [];

    /// <summary>Runs until the source ends.</summary>
    /// <param name="started">Called once, when the first snapshot serves.</param>
    public async Task RunAsync(Action started)
    {
        _references = source.NeedsReferences ? new ReferenceFollower(source, translator, AlwaysWanted) : null;
        source.Start();
        while (await WaitForBatchAsync())
        {
            var complete = false;
            while (source.Batches.TryRead(out var next))
            {
                Take(next);
                complete = next.Synced;
            }

            ReleaseWaiting();

            // Half of a first reading must not serve: a host would answer 404 whose Ingress is about to come.
            if (complete && (_synced || HasReferences()))
            {
                Apply();
                if (!_synced)
                {
                    _synced = true;
                    ReturnStartUpMemory();
                    ReportSkipped();
                    started();
                }
            }
        }
    }

    /// <summary>Waits for the next batch, and looks at the clock meanwhile: certificates grow old without a change. False at the end.</summary>
    private async Task<bool> WaitForBatchAsync()
    {
        var ready = source.Batches.WaitToReadAsync().AsTask();
        while (true)
        {
            try
            {
                return await ready.WaitAsync(AgeInterval);
            }
            catch (TimeoutException)
            {
                if (_synced && translator.LookAtCertificates())
                {
                    Apply();
                }
            }
        }
    }

    /// <summary>Whether everything that is named was told, too. Asks for it at first.</summary>
    private bool HasReferences()
    {
        if (_references is null)
        {
            return true;
        }

        if (!_askedForReferences)
        {
            _askedForReferences = true;
            _references.UseEverything(_cache);
        }
        else
        {
            // The ConfigMap, which has come meanwhile, may name others.
            _references.UseConfiguration(_cache);
            _references.Flush();
        }

        return _references.AllHeld;
    }

    private void ReportSkipped()
    {
        if (_skippedDocuments > 0)
        {
            log.Write(ErrorLogLevel.Notice, $"{_skippedDocuments} document(s) of kinds that Portico does not use were skipped");
        }
    }

    /// <summary>
    /// The first reading leaves more garbage behind than a day of changes: it is given back to the system once, before there is traffic
    /// that a collection could delay.
    /// </summary>
    private static void ReturnStartUpMemory() => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);

    private void Take(SourceBatch batch)
    {
        _skippedDocuments = batch.SkippedDocuments;
        translator.ClassesUnavailable = batch.Unavailable.Contains(ResourceKind.IngressClass);
        _references?.TakeHeld(batch.Held);
        foreach (var change in batch.Changes)
        {
            // Once the first snapshot serves; until then everything waits for everything.
            if (_references is null || !_askedForReferences || !_references.KeepsBack(change, _cache))
            {
                Take(change);
            }
        }

        _references?.Flush();
        foreach (var problem in batch.Problems)
        {
            SourceProblems.Report(problem, log);
        }
    }

    private void Take(in ResourceChange change)
    {
        _cache.Apply(change);
        _pending.Add(change);
    }

    private void ReleaseWaiting()
    {
        foreach (var change in _references?.TakeReleased(_cache) ?? [])
        {
            Take(change);
        }
    }

    private void Apply()
    {
        var result = translator.Apply(_pending, _cache);
        Publish(result);
        _references?.Settle(_pending, _cache);
        foreach (var observer in Observers)
        {
            Tell(observer, result);
        }

        _pending.Clear();
    }

    /// <summary>A defect in what comes after the traffic must not stop what the traffic follows.</summary>
    private void Tell(ISnapshotObserver observer, TranslationResult result)
    {
        try
        {
            observer.Applied(_pending, _cache, result, translator);
        }
#pragma warning disable CA1031 // Whatever it is, it is told, and the loop goes on.
        catch (Exception e)
#pragma warning restore CA1031
        {
            log.Write(ErrorLogLevel.Error, $"{observer.GetType().Name} did not take a change: {e}");
        }
    }

    private void Publish(TranslationResult result)
    {
        _findings.Report(result);
        if (result.Orphans != _orphans)
        {
            _orphans = result.Orphans;
            metrics.OrphansFound([.. _orphans.Select(o =>
                new OrphanIngress(o.Namespace, o.Name, o.ServiceMissing ? OrphanIngress.NoService : OrphanIngress.NoEndpoint))]);
        }

        if (ReferenceEquals(result.Model, _model))
        {
            return;
        }

        // Before requests meet the snapshot: their lines belong where it says.
        logs.Follow(result.Model.Settings);
        try
        {
            _findings.Report(dataPlane.Publish(result.Model));
        }
        catch (Exception e) when (_synced)
        {
            // A defect in compiling one snapshot must not end the loop: the one before goes on serving.
            metrics.PublishFailed();
            log.Write(ErrorLogLevel.Error, $"a configuration could not be put in force, the one before goes on serving: {e}");
            return;
        }

        _model = result.Model;
        names.Follow(result.Model);
        metrics.Published(result.Model, ++_publications, result.Counts);
    }
}
