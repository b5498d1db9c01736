using Portico.Kubernetes;
using Portico.Kubernetes.Api;
using Portico.Kubernetes.Api.Configuration;
using Portico.Kubernetes.Api.Watching;
using Portico.Kubernetes.Resources;
using Portico.Kubernetes.Sources;
using Portico.TestKit.Cluster;
using Portico.TestKit.Wire;

namespace Portico.UnitTests.Kubernetes.Api;

/// <summary>A fake API server, a source that watches it, and the cache that its batches are applied to.</summary>
internal sealed class WatchedCluster : IAsyncDisposable
{
    /// <summary>As in a cluster, in a hundredth of the time where a test would have to wait.</summary>
    public static readonly WatchTimes Quick = new()
    {
        FirstPause = TimeSpan.FromMilliseconds(2),
        LongestPause = TimeSpan.FromMilliseconds(50),
        Coalescing = TimeSpan.FromMilliseconds(1),
        ShortWatch = TimeSpan.FromMilliseconds(1),
    };

    private readonly ApiClient _client;
    private readonly Task _reading;
    private readonly Lock _gate = new();
    private readonly List<SourceBatch> _batches = [];
    private readonly ResourceCache _cache = new();

    private WatchedCluster(FakeApiServer server, ApiSourceOptions options)
    {
        Server = server;
        _client = new ApiClient(new ApiConnection { Server = server.Address, Origin = "the test" });
        Source = new ApiSource(_client, options);
        Source.Start();
        _reading = ReadAsync();
    }

    public FakeApiServer Server { get; }

    public ApiSource Source { get; }

    public IReadOnlyList<SourceBatch> Batches
    {
        get
        {
            lock (_gate)
            {
                return [.. _batches];
            }
        }
    }

    public IEnumerable<SourceProblem> Problems => Batches.SelectMany(b => b.Problems);

    public static async Task<WatchedCluster> StartAsync(ApiSourceOptions? options = null, Action<FakeApiServer>? prepare = null, FakeApiServerOptions? server = null)
    {
        var api = await FakeApiServer.StartAsync(server);
        prepare?.Invoke(api);
        return new WatchedCluster(api, (options ?? new ApiSourceOptions()) with { Times = options?.Times is { } times && times != new WatchTimes() ? times : Quick });
    }

    public T? Find<T>(string ns, string name) where T : KubernetesObject
    {
        lock (_gate)
        {
            return _cache.Find<T>(ns, name);
        }
    }

    public string[] Names<T>() where T : KubernetesObject
    {
        lock (_gate)
        {
            return [.. _cache.All<T>().Select(o => o.Metadata.Name).Order(StringComparer.Ordinal)];
        }
    }

    public Task SyncedAsync() => Eventually.TrueAsync(() => Batches.Any(b => b.Synced), "the source has synced");

    public static Task TrueAsync(Func<bool> condition, string what) => Eventually.TrueAsync(condition, what);

    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        await _reading;
        _client.Dispose();
        await Server.DisposeAsync();
    }

    private async Task ReadAsync()
    {
        await foreach (var batch in Source.Batches.ReadAllAsync())
        {
            lock (_gate)
            {
                _cache.Apply(batch.Changes);
                _batches.Add(batch);
            }
        }
    }
}
