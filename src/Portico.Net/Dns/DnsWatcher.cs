using System.Net;

namespace Portico.Net.Dns;

/// <summary>
/// Keeps a set of names fresh: each is resolved at once, again when its time to live ends, and soon after a failure. A failure leaves no
/// address behind (ingress-nginx: a backend without a lookup has no endpoints). Owned by the control loop; <c>onChange</c> is called on
/// the thread pool, never twice at a time, and only when something changed.
/// </summary>
public sealed class DnsWatcher : IAsyncDisposable
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(5);

    private readonly Func<string, CancellationToken, Task<DnsAnswer>> _resolve;
    private readonly Action<string, DnsAnswer> _onChange;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, WatchedName> _watches = new(StringComparer.OrdinalIgnoreCase);

    public DnsWatcher(DnsResolver resolver, Action<string, DnsAnswer> onChange)
        : this(resolver.ResolveAsync, onChange, TimeProvider.System)
    {
    }

    internal DnsWatcher(Func<string, CancellationToken, Task<DnsAnswer>> resolve, Action<string, DnsAnswer> onChange, TimeProvider time)
    {
        _resolve = resolve;
        _onChange = onChange;
        _time = time;
    }

    /// <summary>Replaces the set. Names that stay keep their answers and their rhythm; of names that go nothing is heard any more.</summary>
    public void Watch(IEnumerable<string> names)
    {
        lock (_gate)
        {
            var wanted = names.ToHashSet(StringComparer.OrdinalIgnoreCase);
            foreach (var gone in _watches.Keys.Where(name => !wanted.Contains(name)).ToList())
            {
                _watches.Remove(gone, out var watch);
                watch!.Stop.Cancel();
            }

            foreach (var name in wanted.Where(name => !_watches.ContainsKey(name)))
            {
                var watch = new WatchedName(name);
                _watches.Add(name, watch);
                watch.Loop = Task.Run(() => RunAsync(watch));
            }
        }
    }

    /// <summary>The latest answer; null for names that are not watched or were not answered yet.</summary>
    public DnsAnswer? Latest(string name)
    {
        lock (_gate)
        {
            return _watches.TryGetValue(name, out var watch) ? watch.Answer : null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        List<Task> loops;
        lock (_gate)
        {
            loops = [.. _watches.Values.Select(watch => watch.Loop)];
        }

        Watch([]);
        await Task.WhenAll(loops).ConfigureAwait(false);
    }

    private async Task RunAsync(WatchedName watch)
    {
        var retry = FirstRetry;
        try
        {
            while (true)
            {
                var answer = await _resolve(watch.Name, watch.Stop.Token).ConfigureAwait(false);
                Accept(watch, answer);
                var failed = answer.Status != DnsStatus.Success;
                var pause = failed ? retry : answer.TimeToLive;
                retry = !failed ? FirstRetry : retry * 2 < LongestRetry ? retry * 2 : LongestRetry;
                await Task.Delay(pause < FirstRetry ? FirstRetry : pause, _time, watch.Stop.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (watch.Stop.IsCancellationRequested)
        {
            // The name was let go.
        }
    }

    // The gate is held while the listener is told, so that it hears one change at a time and none of a name that was let go.
    private void Accept(WatchedName watch, DnsAnswer answer)
    {
        lock (_gate)
        {
            if (watch.Stop.IsCancellationRequested)
            {
                return;
            }

            var changed = watch.Answer is not { } before || before.Status != answer.Status || !SameSet(before.Addresses, answer.Addresses);

            // Servers rotate their answers: the order of the first stays, or every look would be a change.
            watch.Answer = changed ? answer : answer with { Addresses = watch.Answer!.Addresses };
            if (changed)
            {
                _onChange(watch.Name, answer);
            }
        }
    }

    private static bool SameSet(IReadOnlyList<IPAddress> left, IReadOnlyList<IPAddress> right) =>
        left.Count == right.Count && left.ToHashSet().SetEquals(right);

    private sealed class WatchedName(string name)
    {
        public string Name { get; } = name;

        public CancellationTokenSource Stop { get; } = new();

        public DnsAnswer? Answer { get; set; }

        public Task Loop { get; set; } = Task.CompletedTask;
    }
}
