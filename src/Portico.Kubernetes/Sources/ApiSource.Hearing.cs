using Portico.Kubernetes.Api;
using Portico.Kubernetes.Api.Watching;
using Portico.Kubernetes.Resources;

namespace Portico.Kubernetes.Sources;

/// <summary>What the watches tell becomes changes, problems and batches. Everything here is under the lock.</summary>
public sealed partial class ApiSource : IWatchSink
{
    /// <summary>One broken connection is no news: the next attempt says whether the server is there.</summary>
    private const int FailuresUntilAway = 2;

    private readonly Dictionary<ObjectKey, ResourceChange> _pending = [];
    private readonly List<ObjectKey> _pendingInOrder = [];
    private readonly HashSet<ObjectKey> _held = [];
    private readonly HashSet<ResourceWatch> _failing = [];
    private readonly ProblemLedger _problems = new();
    private readonly object _contact = new();
    private bool _synced;
    private bool _toldSynced;
    private long _failures;
    private long _lastContactSeconds;

    /// <summary>Whether the API server answers as it should.</summary>
    public bool IsInContact
    {
        get
        {
            lock (_gate)
            {
                return _failing.Count == 0;
            }
        }
    }

    /// <summary>Lists and watches that failed since the start.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>When the API server last answered, unix seconds; zero for never.</summary>
    public long LastContactSeconds => Interlocked.Read(ref _lastContactSeconds);

    void IWatchSink.BeginList(ResourceWatch watch)
    {
        lock (_gate)
        {
            if (_watches.TryGetValue(watch, out var followed))
            {
                followed.List = new ListInProgress();
            }
        }
    }

    void IWatchSink.TakePage(ResourceWatch watch, ObjectList page)
    {
        lock (_gate)
        {
            if (_watches.TryGetValue(watch, out var followed))
            {
                followed.List.Take(page, followed.Objects);
            }
        }
    }

    void IWatchSink.EndList(ResourceWatch watch)
    {
        lock (_gate)
        {
            if (!_watches.TryGetValue(watch, out var followed))
            {
                return;
            }

            var list = followed.List;
            followed.List = new ListInProgress();
            followed.Unreadable.Clear();
            followed.Unreadable.UnionWith(list.Unreadable);
            foreach (var (ns, name) in list.FindGone(followed.Objects))
            {
                Remove(followed, ns, name);
            }

            foreach (var found in list.News)
            {
                Put(followed, found);
            }

            followed.Loaded = true;
            followed.Refused = false;
            Hold(followed);
            TellUnreadable(watch, followed);
        }

        _news.Writer.TryWrite(true);
    }

    void IWatchSink.Apply(ResourceWatch watch, in WatchEvent change)
    {
        lock (_gate)
        {
            if (!_watches.TryGetValue(watch, out var followed))
            {
                return;
            }

            var (ns, name) = change.Object is { } read ? (read.Metadata.Namespace, read.Metadata.Name) : (change.Unreadable!.Value.Namespace, change.Unreadable.Value.Name);
            var wasUnreadable = followed.Unreadable.RemoveWhere(u => u.Namespace == ns && u.Name == name) > 0;
            if (change.Type == WatchEventType.Deleted)
            {
                Remove(followed, ns, name);
            }
            else if (change.Object is not null)
            {
                Put(followed, change.Object);
            }
            else
            {
                followed.Unreadable.Add(change.Unreadable!.Value);
            }

            if (wasUnreadable || followed.Unreadable.Count > 0)
            {
                TellUnreadable(watch, followed);
            }
        }

        _news.Writer.TryWrite(true);
    }

    void IWatchSink.Failed(ResourceWatch watch, Exception error)
    {
        Interlocked.Increment(ref _failures);
        lock (_gate)
        {
            if (!_watches.TryGetValue(watch, out var followed))
            {
                return;
            }

            followed.Failures++;
            if (error is ApiException { IsRefusal: true } refusal)
            {
                followed.Refused = true;
                Hold(followed);
                if (refusal.Status.Code != 404 || !MayBeUnknown(watch.Scope))
                {
                    _problems.Set(watch, new SourceProblem(Place, followed.Reference, Refusal(watch.Scope, refusal.Status)));
                }
            }
            else if (followed.Failures >= FailuresUntilAway && _failing.Add(watch) && _failing.Count == 1)
            {
                _problems.Set(_contact, new SourceProblem(
                    Place, null, $"{watch.Scope} cannot be watched ({error.Message}): what serves goes on serving, and the server is asked again"));
            }
        }

        _news.Writer.TryWrite(true);
    }

    void IWatchSink.Succeeded(ResourceWatch watch)
    {
        Interlocked.Exchange(ref _lastContactSeconds, _options.Times.Clock.GetUtcNow().ToUnixTimeSeconds());
        lock (_gate)
        {
            if (!_watches.TryGetValue(watch, out var followed) || followed.Failures == 0)
            {
                return;
            }

            (followed.Failures, followed.Refused) = (0, false);
            TellUnreadable(watch, followed);
            if (_failing.Remove(watch) && _failing.Count == 0)
            {
                _problems.Set(_contact);
            }
        }

        _news.Writer.TryWrite(true);
    }

    private string Place => $"API server {_client.Server.GetLeftPart(UriPartial.Authority)}";

    private static string Refusal(WatchScope scope, ApiStatus status) =>
        status.Code switch
        {
            403 => $"{scope} may not be read: {status.Message}; grant the verbs list and watch on {scope.Type.Permission}",
            401 => $"{scope} may not be read: the server does not know us ({status.Message}); look at the token or certificate",
            _ => $"{scope} cannot be read: {status.Code} {status.Message}",
        };

    private void Put(Followed followed, KubernetesObject now)
    {
        var key = (now.Metadata.Namespace, now.Metadata.Name);
        var before = followed.Objects.GetValueOrDefault(key);
        if (before is not null && ListInProgress.IsSame(before, now))
        {
            return;
        }

        followed.Objects[key] = now;
        Note(before, now);
    }

    private void Remove(Followed followed, string ns, string name)
    {
        if (followed.Objects.Remove((ns, name), out var before))
        {
            Note(before, null);
        }
    }

    /// <summary>Several changes of an object before the next batch are one.</summary>
    private void Note(KubernetesObject? before, KubernetesObject? now)
    {
        var key = (now ?? before)!.Key;
        if (_pending.TryGetValue(key, out var earlier))
        {
            _pending[key] = earlier with { New = now };
        }
        else
        {
            _pending[key] = new ResourceChange(before, now);
            _pendingInOrder.Add(key);
        }
    }

    private void Hold(Followed followed)
    {
        if (!followed.Held && followed.Reference is { } key && !followed.Cancellation.IsCancellationRequested)
        {
            followed.Held = true;
            _held.Add(key);
        }
    }

    private void TellUnreadable(ResourceWatch watch, Followed followed) =>
        _problems.Set(watch, [.. followed.Unreadable.Select(u => new SourceProblem(
            Place, new ObjectKey(watch.Scope.Kind, u.Namespace, u.Name), $"{u.Problem}; its last good version, if any, goes on serving"))]);

    private void Emit()
    {
        _synced = _synced || _collections.TrueForAll(c => c.State.Loaded || (c.State.Refused && MayBeMissing(c.Scope)));
        var changes = new List<ResourceChange>(_pendingInOrder.Count);
        foreach (var key in _pendingInOrder)
        {
            // One that came and went in between is no change.
            if (_pending[key] is var change && (change.Old ?? change.New) is not null)
            {
                changes.Add(change);
            }
        }

        _pending.Clear();
        _pendingInOrder.Clear();
        var problems = _problems.TakeNews();
        if (changes.Count == 0 && problems.Count == 0 && _held.Count == 0 && _toldSynced == _synced)
        {
            return;
        }

        _toldSynced = _synced;
        _batches.Writer.TryWrite(new SourceBatch
        {
            Changes = changes,
            Problems = problems,
            Held = [.. _held],
            Synced = _synced,
            Unavailable = _collections.Where(c => c.State.Refused && MayBeMissing(c.Scope)).Select(c => c.Scope.Kind).ToHashSet(),
        });
        _held.Clear();
    }

    /// <summary>Classes are for the whole cluster; a gateway that may only see its namespace goes by the annotation alone.</summary>
    private static bool MayBeMissing(WatchScope scope) => scope.Kind == ResourceKind.IngressClass || MayBeUnknown(scope);

    /// <summary>A kind that a cluster knows only once somebody has installed it, or has made it a newer one: until then there is nothing of it, which is no problem.</summary>
    private static bool MayBeUnknown(WatchScope scope) =>
        scope.Kind == ResourceKind.ServiceCIDR || scope.Type.Prefix.StartsWith("apis/metallb.io/", StringComparison.Ordinal);
}
