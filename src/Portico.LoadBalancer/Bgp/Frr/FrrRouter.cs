using System.Collections.Immutable;
using System.Threading.Channels;
using Portico.Kubernetes.Resources;

namespace Portico.LoadBalancer.Bgp.Frr;

/// <summary>What FRR is to do, and how to speak of it.</summary>
/// <param name="Peers">The BGPPeer of each neighbor.</param>
/// <param name="WithPassword">Neighbors with a password.</param>
internal sealed record FrrOrder(FrrConfiguration Configuration, ImmutableDictionary<string, ObjectMeta> Peers, ImmutableHashSet<string> WithPassword)
{
    public static readonly FrrOrder Nothing = new(FrrConfiguration.Empty, ImmutableDictionary<string, ObjectMeta>.Empty, []);
}

/// <summary>A session came up or ended.</summary>
internal readonly record struct SessionNews(ObjectMeta Peer, bool IsUp, string Message);

/// <summary>
/// Keeps FRR as it shall be, and watches its sessions. What runs is looked at before each change, so a process that has begun anew goes on where
/// the last one ended, and a restarted FRR is told everything again. A task of its own; the order is one reference that others replace.
/// </summary>
internal sealed class FrrRouter(IFrr frr, Action<string> log)
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan CompareAgain = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(10);

    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private volatile FrrOrder? _order;
    private ImmutableDictionary<string, BgpSession> _sessions = ImmutableDictionary<string, BgpSession>.Empty;
    private FrrOrder? _done;
    private long _compared;
    private long _wrongSignatures = -1;
    private string _lastProblem = "";
    private ImmutableHashSet<string> _suspected = [];

    /// <summary>Raised on the task.</summary>
    public event Action<SessionNews>? SessionChanged;

    /// <summary>Any thread. Until it was called once FRR is left alone.</summary>
    public void Take(FrrOrder order)
    {
        _order = order;
        _wake.Writer.TryWrite(true);
    }

    /// <summary>Until told to end. Then what is ours is taken out of FRR, unless a peer is to keep the routes for a restart.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            if (_order is { } order)
            {
                await TurnAsync(order, stop).ConfigureAwait(false);
            }

            using var pause = CancellationTokenSource.CreateLinkedTokenSource(stop);
            pause.CancelAfter(Look);
            try
            {
                await _wake.Reader.ReadAsync(pause.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // Time to look, or to end.
            }
        }

        await CleanUpAsync().ConfigureAwait(false);
    }

    private async Task TurnAsync(FrrOrder order, CancellationToken stop)
    {
        try
        {
            var now = Environment.TickCount64;
            if (!ReferenceEquals(order, _done) || now - _compared > CompareAgain.TotalMilliseconds || order.Configuration.Neighbors.Keys.Any(n => !_sessions.ContainsKey(n)))
            {
                await BringAboutAsync(order.Configuration, stop).ConfigureAwait(false);
                (_done, _compared) = (order, now);
            }

            await WatchAsync(order, stop).ConfigureAwait(false);
            Report("");
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Told to end.
        }
        catch (Exception error) when (error is FrrException or IOException)
        {
            _done = null;
            Report($"FRR: {error.Message}; it is tried again");
        }
    }

    private async Task BringAboutAsync(FrrConfiguration wanted, CancellationToken stop)
    {
        var running = FrrRunning.Read(await frr.ShowAsync("show running-config", stop).ConfigureAwait(false));
        if (wanted.Asn != 0 && running.Asn != 0 && running.Asn != wanted.Asn && !running.Strangers.IsEmpty)
        {
            throw new FrrException(FormattableString.Invariant($"it speaks BGP as AS {running.Asn} with {string.Join(", ", running.Strangers)}, which somebody else has configured; peers with myASN {wanted.Asn} cannot be served"));
        }

        var commands = FrrDifference.Commands(running, wanted);
        if (commands.Count > 0)
        {
            await frr.ApplyAsync(commands, stop).ConfigureAwait(false);
        }
    }

    private async Task WatchAsync(FrrOrder order, CancellationToken stop)
    {
        var found = FrrSessions.Read(order.Configuration.Neighbors.IsEmpty ? "{}" : await frr.ShowAsync("show bgp neighbors json", stop).ConfigureAwait(false));
        var before = _sessions;
        _sessions = found.Where(s => order.Configuration.Neighbors.ContainsKey(s.Key)).ToImmutableDictionary();
        foreach (var (neighbor, session) in _sessions)
        {
            var peer = order.Peers[neighbor];
            var wasUp = before.TryGetValue(neighbor, out var known) && known.IsUp;
            if (session.IsUp && !wasUp)
            {
                Tell(new SessionNews(peer, true, $"the session with {neighbor} is established"));
            }
            else if (!session.IsUp && wasUp)
            {
                Tell(new SessionNews(peer, false, $"the session with {neighbor} has ended{(session.LastReset.Length > 0 ? $": {session.LastReset}" : "")}"));
            }
        }

        await SuspectPasswordsAsync(order, stop).ConfigureAwait(false);
    }

    /// <summary>The kernel drops what is signed with another password, and neither side of BGP ever hears of it; only a counter says so.</summary>
    private async Task SuspectPasswordsAsync(FrrOrder order, CancellationToken stop)
    {
        var wrong = FrrSessions.WrongSignatures(await File.ReadAllTextAsync("/proc/net/netstat", stop).ConfigureAwait(false));
        var down = _sessions.Where(s => !s.Value.IsUp && order.WithPassword.Contains(s.Key)).Select(s => s.Key).ToImmutableHashSet();
        if (_wrongSignatures >= 0 && wrong > _wrongSignatures)
        {
            foreach (var neighbor in down.Except(_suspected))
            {
                Tell(new SessionNews(order.Peers[neighbor], false, $"no session with {neighbor}: segments arrive that are not signed with our password; it is another one there, or none"));
            }

            _suspected = down;
        }

        _suspected = _suspected.Intersect(down);
        _wrongSignatures = wrong;
    }

    private async Task CleanUpAsync()
    {
        if (_order is not { } order || order.Configuration.GracefulRestart)
        {
            return;
        }

        using var limit = new CancellationTokenSource(EndLimit);
        try
        {
            await BringAboutAsync(FrrConfiguration.Empty, limit.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is FrrException or OperationCanceledException)
        {
            log($"FRR could not be cleaned up: {error.Message}");
        }
    }

    private void Tell(SessionNews news)
    {
        log($"BGPPeer {news.Peer.Name}: {news.Message}");
        SessionChanged?.Invoke(news);
    }

    private void Report(string problem)
    {
        if (problem != _lastProblem && problem.Length > 0)
        {
            log(problem);
        }

        _lastProblem = problem;
    }
}
