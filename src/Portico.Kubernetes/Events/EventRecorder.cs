using System.Globalization;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Portico.Kubernetes.Api;

namespace Portico.Kubernetes.Events;

/// <summary>
/// Writes events about objects into the cluster (<c>v1 Event</c>, what <c>kubectl describe</c> shows). The same event again raises
/// the count of the first; an object has a budget, and so has the process; what is beyond is dropped and counted. Nobody waits for
/// an event: recording queues, a task on the thread pool writes.
/// </summary>
public sealed class EventRecorder
{
    /// <summary>The name by which dashboards and alerts of ingress-nginx find the events.</summary>
    private const string GatewayComponent = "nginx-ingress-controller";

    private const int LongestMessage = 1024;

    /// <summary>Of an object of the API.</summary>
    private const int LongestName = 253;

    private readonly Channel<Recorded> _queue;
    private readonly ApiClient _client;
    private readonly string _host;
    private readonly string _component;
    private readonly Action<string> _warn;
    private readonly TimeProvider _clock;
    private readonly EventLimits _limits;
    private readonly Dictionary<Recorded, Known> _known = [];
    private readonly TokenBucket _writes;
    private readonly Dictionary<(string Kind, string Namespace, string Name), TokenBucket> _objects = [];
    private long _dropped;
    private string _lastWarning = "";

    /// <param name="host">The pod that reports.</param>
    /// <param name="warn">Takes a line for the log.</param>
    /// <param name="component">Which program reports.</param>
    public EventRecorder(ApiClient client, string host, Action<string> warn, EventLimits? limits = null, TimeProvider? clock = null, string component = GatewayComponent)
    {
        _component = component;
        (_client, _host, _warn, _limits, _clock) = (client, host, warn, limits ?? new EventLimits(), clock ?? TimeProvider.System);
        _writes = new TokenBucket(_limits.Burst, _limits.PerSecond, _clock);
        _queue = Channel.CreateBounded<Recorded>(
            new BoundedChannelOptions(_limits.Queue) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true }, _ => Interlocked.Increment(ref _dropped));
    }

    /// <summary>Events that were not written: too many at once, or refused by the server.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    private readonly record struct Recorded(EventReference About, EventType Type, string Reason, string Message)
    {
        /// <summary>Versions of an object differ where the event is the same.</summary>
        public Recorded Identity => this with { About = About with { ResourceVersion = "" } };
    }

    private sealed record Known(string Name, string Namespace, DateTimeOffset First, DateTimeOffset Last, int Count);

    public void Record(EventReference about, EventType type, string reason, string message) =>
        _queue.Writer.TryWrite(new Recorded(about, type, reason, message.Length <= LongestMessage ? message : message[..(LongestMessage - 1)] + "…"));

    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            await foreach (var recorded in _queue.Reader.ReadAllAsync(cancellation).ConfigureAwait(false))
            {
                if (!BucketOf(recorded.About).TryTake())
                {
                    Interlocked.Increment(ref _dropped);
                    continue;
                }

                while (!_writes.TryTake())
                {
                    await Task.Delay(_writes.UntilNext, _clock, cancellation).ConfigureAwait(false);
                }

                await TryWriteAsync(recorded, cancellation).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The gateway ends.
        }
    }

    private async Task TryWriteAsync(Recorded recorded, CancellationToken cancellation)
    {
        try
        {
            await WriteAsync(recorded, cancellation).ConfigureAwait(false);
            _lastWarning = "";
        }
        catch (Exception error) when (error is ApiException or IOException)
        {
            // An event is news, not state: one that cannot be written now is not kept.
            Interlocked.Increment(ref _dropped);
            var advice = error is ApiException { Status.Code: 403 } ? "; grant the verbs create and patch on events" : "";
            if (error.Message != _lastWarning)
            {
                _lastWarning = error.Message;
                _warn($"an event could not be written: {error.Message}{advice}");
            }
        }
    }

    private async Task WriteAsync(Recorded recorded, CancellationToken cancellation)
    {
        var now = _clock.GetUtcNow();
        var identity = recorded.Identity;
        Forget(now);
        if (_known.TryGetValue(identity, out var known))
        {
            var again = known with { Last = now, Count = known.Count + 1 };
            try
            {
                var patch = new JsonObject { ["count"] = again.Count, ["lastTimestamp"] = Text(now) };
                await _client.PatchAsync(ResourceType.Events.Object(known.Namespace, known.Name), ApiJson.Write(patch), ApiClient.MergePatch, cancellation)
                    .ConfigureAwait(false);
                _known[identity] = again;
                return;
            }
            catch (ApiException gone) when (gone.Status.Code == 404)
            {
                // The cluster forgets events after an hour.
                _known.Remove(identity);
            }
        }

        // Events about objects of the cluster live in the namespace default.
        var ns = recorded.About.Namespace.Length > 0 ? recorded.About.Namespace : "default";
        var name = NameOf(recorded.About.Name, now);
        await _client.CreateAsync(ResourceType.Events.Collection(ns), ApiJson.Write(Fresh(recorded, ns, name, now)), cancellation).ConfigureAwait(false);
        _known[identity] = new Known(name, ns, now, now, 1);
    }

    /// <summary>Object and time, as the official client names events. The object's name may be as long as a name can be, so it is cut to what is left.</summary>
    private static string NameOf(string about, DateTimeOffset now)
    {
        var time = string.Create(CultureInfo.InvariantCulture, $".{(now - DateTimeOffset.UnixEpoch).Ticks * 100:x}");
        return (about.Length + time.Length <= LongestName ? about : about[..(LongestName - time.Length)].TrimEnd('.', '-')) + time;
    }

    private JsonObject Fresh(Recorded recorded, string ns, string name, DateTimeOffset now)
    {
        var about = recorded.About;
        return new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Event",
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = ns },
            ["involvedObject"] = new JsonObject
            {
                ["apiVersion"] = about.ApiVersion,
                ["kind"] = about.Kind,
                ["namespace"] = about.Namespace,
                ["name"] = about.Name,
                ["uid"] = about.Uid,
                ["resourceVersion"] = about.ResourceVersion,
            },
            ["reason"] = recorded.Reason,
            ["message"] = recorded.Message,
            ["type"] = recorded.Type == EventType.Warning ? "Warning" : "Normal",
            ["count"] = 1,
            ["firstTimestamp"] = Text(now),
            ["lastTimestamp"] = Text(now),
            ["source"] = new JsonObject { ["component"] = _component, ["host"] = _host },
            ["reportingComponent"] = _component,
            ["reportingInstance"] = _host,
        };
    }

    private TokenBucket BucketOf(EventReference about)
    {
        var key = (about.Kind, about.Namespace, about.Name);
        if (!_objects.TryGetValue(key, out var bucket))
        {
            if (_objects.Count >= _limits.Remembered)
            {
                _objects.Clear();
            }

            _objects[key] = bucket = new TokenBucket(_limits.BurstOfAnObject, _limits.PerSecondOfAnObject, _clock);
        }

        return bucket;
    }

    /// <summary>Beyond its window an event is a new one; the memory stays bounded.</summary>
    private void Forget(DateTimeOffset now)
    {
        if (_known.Count < _limits.Remembered)
        {
            return;
        }

        foreach (var (identity, known) in _known.OrderBy(k => k.Value.Last).ToList())
        {
            if (now - known.Last > _limits.Window || _known.Count >= _limits.Remembered)
            {
                _known.Remove(identity);
            }
        }
    }

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
