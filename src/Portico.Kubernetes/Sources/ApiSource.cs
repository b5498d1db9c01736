using System.Threading.Channels;
using Portico.Kubernetes.Api;
using Portico.Kubernetes.Api.Watching;
using Portico.Kubernetes.Resources;

namespace Portico.Kubernetes.Sources;

/// <summary>
/// The objects of a cluster: a watch for each kind, and one for each Secret and ConfigMap that is named somewhere. While the API
/// server is away nothing is told, so what is known stays. Watches run on the thread pool and meet under one lock; a task of its
/// own makes batches of what they heard.
/// </summary>
public sealed partial class ApiSource : IResourceSource
{
    /// <summary>Never read: chart releases are large and name nothing of ours.</summary>
    private const string NoHelmReleases = "type!=helm.sh/release.v1";

    /// <summary>How many watches of single objects may list at once.</summary>
    private const int ListsAtOnce = 32;

    private readonly Channel<SourceBatch> _batches = Channel.CreateUnbounded<SourceBatch>(
        new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });

    private readonly Channel<bool> _news = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private readonly ApiClient _client;
    private readonly ApiSourceOptions _options;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _listing = new(ListsAtOnce);
    private readonly Lock _gate = new();
    private readonly Dictionary<ResourceWatch, Followed> _watches = [];
    private readonly Dictionary<ObjectKey, ResourceWatch> _references = [];
    private readonly List<(WatchScope Scope, Followed State)> _collections = [];
    private Task _pump = Task.CompletedTask;

    public ApiSource(ApiClient client, ApiSourceOptions options)
    {
        _client = client;
        _options = options;
    }

    public ChannelReader<SourceBatch> Batches => _batches.Reader;

    public bool NeedsReferences => true;

    public void Start()
    {
        lock (_gate)
        {
            foreach (var scope in Collections())
            {
                Begin(scope, reference: null);
            }
        }

        _pump = Task.Run(PumpAsync);
    }

    public void Follow(IReadOnlyCollection<ObjectKey> wanted, IReadOnlyCollection<ObjectKey> dropped)
    {
        lock (_gate)
        {
            foreach (var key in dropped)
            {
                Drop(key);
            }

            foreach (var key in wanted)
            {
                if (key.Kind == ResourceKind.Secret && _options.WatchAllSecrets)
                {
                    _held.Add(key);
                }
                else if (!_references.ContainsKey(key))
                {
                    _references[key] = Begin(new WatchScope(key.Kind, key.Namespace, $"metadata.name={key.Name}"), key);
                }
            }
        }

        _news.Writer.TryWrite(true);
    }

    public async ValueTask DisposeAsync()
    {
        Task[] tasks;
        lock (_gate)
        {
            _stop.Cancel();
            tasks = [.. _watches.Values.Select(followed => followed.Running), _pump];
        }

        await Task.WhenAll(tasks).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _batches.Writer.TryComplete();
    }

    private IEnumerable<WatchScope> Collections()
    {
        if (_options.NodeName.Length > 0)
        {
            yield return new WatchScope(ResourceKind.Node, FieldSelector: $"metadata.name={_options.NodeName}");
        }

        if (_options.Kinds is { } kinds)
        {
            foreach (var (kind, inNamespace) in kinds)
            {
                yield return new WatchScope(kind, inNamespace);
            }

            yield break;
        }

        var ns = _options.WatchNamespace;
        yield return new WatchScope(ResourceKind.IngressClass);
        yield return new WatchScope(ResourceKind.Ingress, ns);
        yield return new WatchScope(ResourceKind.Service, ns);
        yield return new WatchScope(ResourceKind.EndpointSlice, ns);
        if (_options.WatchNamespaces)
        {
            yield return new WatchScope(ResourceKind.Namespace);
        }

        if (_options.WatchAllSecrets)
        {
            yield return new WatchScope(ResourceKind.Secret, ns, NoHelmReleases);
        }
    }

    /// <summary>Under the lock.</summary>
    private ResourceWatch Begin(WatchScope scope, ObjectKey? reference)
    {
        var watch = new ResourceWatch(_client, scope, this, _options.Times, reference is null ? null : _listing);
        var cancellation = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        var followed = new Followed(reference, cancellation);
        _watches[watch] = followed;
        if (reference is null)
        {
            _collections.Add((scope, followed));
        }

        followed.Running = Task.Run(() => watch.RunAsync(cancellation.Token));
        if (reference is not null && _synced)
        {
            _ = GiveUpLaterAsync(followed);
        }

        return watch;
    }

    /// <summary>Under the lock. What is not wanted any more is not there any more.</summary>
    private void Drop(ObjectKey key)
    {
        if (!_references.Remove(key, out var watch) || !_watches.Remove(watch, out var followed))
        {
            return;
        }

        followed.Cancellation.Cancel();
        _held.Remove(key);
        _failing.Remove(watch);
        _problems.Set(watch);
        foreach (var known in followed.Objects.Values)
        {
            Note(known, null);
        }
    }

    /// <summary>An Ingress that waits for a Secret must not wait for ever.</summary>
    private async Task GiveUpLaterAsync(Followed followed)
    {
        await Task.Delay(_options.Times.LongestWaitForReference, _options.Times.Clock, followed.Cancellation.Token)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_gate)
        {
            Hold(followed);
        }

        _news.Writer.TryWrite(true);
    }

    private async Task PumpAsync()
    {
        try
        {
            while (await _news.Reader.WaitToReadAsync(_stop.Token).ConfigureAwait(false))
            {
                await Task.Delay(_options.Times.Coalescing, _options.Times.Clock, _stop.Token).ConfigureAwait(false);
                _news.Reader.TryRead(out _);
                lock (_gate)
                {
                    Emit();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
#pragma warning disable CA1031 // The reader of the channel is told: changes that are not followed any more must not go unnoticed.
        catch (Exception error)
#pragma warning restore CA1031
        {
            _batches.Writer.TryComplete(error);
        }
    }

    /// <summary>What one watch has told so far.</summary>
    private sealed class Followed(ObjectKey? reference, CancellationTokenSource cancellation)
    {
        public ObjectKey? Reference { get; } = reference;

        public CancellationTokenSource Cancellation { get; } = cancellation;

        public Task Running { get; set; } = Task.CompletedTask;

        public Dictionary<(string Namespace, string Name), KubernetesObject> Objects { get; } = [];

        /// <summary>The list that is being read; empty while none is.</summary>
        public ListInProgress List { get; set; } = new();

        /// <summary>The objects whose present version could not be read.</summary>
        public HashSet<UnreadableObject> Unreadable { get; } = [];

        public bool Loaded { get; set; }

        /// <summary>The server says no, and would say it again.</summary>
        public bool Refused { get; set; }

        public bool Held { get; set; }

        /// <summary>Failures since the last success.</summary>
        public int Failures { get; set; }
    }
}
