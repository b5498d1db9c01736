using System.Collections.Immutable;
using System.Globalization;
using System.Threading.Channels;
using Portico.Kubernetes.Resources;

namespace Portico.LoadBalancer.Bgp.Frr;

/// <summary>What FRR is to do, and how to speak of it.</summary>
/// <param name="Peers">The BGPPeer of each neighbor.</param>
/// <param name="WithPassword">Neighbors with a password.</param>
internal sealed record FrrOrder(FrrConfiguration Configuration, ImmutableDictionary<FrrPeer, ObjectMeta> Peers, ImmutableHashSet<FrrPeer> WithPassword)
{
    private const int BgpPort = 179;

    /// <summary>The neighbors of a VRF and on which ports they are.</summary>
    public IEnumerable<(string Neighbor, int Port)> PortsIn(string vrf) => Configuration.In(vrf).Neighbors.Values.Select(n =>
        (n.Name, n.Lines.FirstOrDefault(l => l.StartsWith($"neighbor {n.Name} port ", StringComparison.Ordinal)) is { } port ? int.Parse(port.Split(' ')[^1], CultureInfo.InvariantCulture) : BgpPort));
}

/// <summary>What FRR said of its neighbors, by VRF, while an order was followed.</summary>
internal sealed record SeenNeighbors(FrrOrder Order, ImmutableDictionary<string, string> Texts)
{
    public string Bfd { get; init; } = "[]";

    public string BfdCounters { get; init; } = "[]";
}

/// <summary>A session came up or ended.</summary>
internal readonly record struct SessionNews(ObjectMeta Peer, bool IsUp, string Message);

/// <summary>
/// Keeps FRR as it shall be, and watches its sessions. What runs is looked at before each change, so a process that has begun anew goes on where
/// the last one ended, and a restarted FRR is told everything again. A task of its own; the order is one reference that others replace.
/// </summary>
internal sealed class FrrRouter(IFrr frr, Action<string> log) : IRouterCounts
{
    private const string Bgpd = "bgpd";
    private const string Bfdd = "bfdd";
    private const string ShowConfiguration = "show running-config";

    private static readonly TimeSpan Look = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan CompareAgain = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(10);

    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private volatile FrrOrder? _order;
    private ImmutableDictionary<FrrPeer, BgpSession> _sessions = ImmutableDictionary<FrrPeer, BgpSession>.Empty;
    private volatile SeenNeighbors? _seen;
    private FrrOrder? _done;
    private long _compared;
    private long _wrongSignatures = -1;
    private string _lastProblem = "";
    private ImmutableHashSet<FrrPeer> _suspected = [];

    /// <summary>What FRR counts of our neighbors, as it was looked at last. Any thread.</summary>
    public ImmutableArray<PeerCount> Counts => _seen is { } seen
        ? [.. seen.Order.Configuration.Instances.Keys.SelectMany(vrf => FrrCounters.Read(seen.Texts.GetValueOrDefault(vrf, "{}"), vrf.Length > 0 ? vrf : "default", seen.Order.PortsIn(vrf)))]
        : [];

    /// <summary>The same of BFD, for neighbors that have it.</summary>
    public ImmutableArray<BfdCount> BfdCounts => _seen is { } seen ? FrrBfd.Read(seen.Bfd, seen.BfdCounters, (vrf, peer) => seen.Order.Peers.ContainsKey(new FrrPeer(vrf, peer))) : [];

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
            var problem = "";
            if (!ReferenceEquals(order, _done) || now - _compared > CompareAgain.TotalMilliseconds || order.Configuration.Peers.Any(p => !_sessions.ContainsKey(p)))
            {
                problem = await BringAboutAsync(order.Configuration, stop).ConfigureAwait(false);
                (_done, _compared) = (problem.Length > 0 ? null : order, now);
            }

            await WatchAsync(order, stop).ConfigureAwait(false);
            Report(problem);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Told to end.
        }
        catch (Exception error) when (error is FrrException or IOException)
        {
            (_done, _seen) = (null, new SeenNeighbors(order, ImmutableDictionary<string, string>.Empty));
            Report(error.Message);
        }
    }

    /// <returns>What could not be done; empty for nothing. The sessions are to be watched all the same.</returns>
    private async Task<string> BringAboutAsync(FrrConfiguration wanted, CancellationToken stop)
    {
        var bgp = await frr.ShowAsync(Bgpd, ShowConfiguration, stop).ConfigureAwait(false);
        var (bfd, problem) = await TryAsync(() => frr.ShowAsync(Bfdd, ShowConfiguration, stop)).ConfigureAwait(false);
        var bfdAnswers = problem.Length == 0;
        problem = wanted.BfdProfiles.IsEmpty ? "" : problem;
        var running = FrrRunning.Read($"{bgp}\n{bfd}");
        if (wanted.Instances.FirstOrDefault(i => running.In(i.Key) is { Asn: not 0, Strangers.IsEmpty: false } other && other.Asn != i.Value.Asn) is { Value: { } ours, Key: var vrf })
        {
            throw new FrrException(FormattableString.Invariant($"it speaks BGP as AS {running.In(vrf).Asn} with {string.Join(", ", running.In(vrf).Strangers)}, which somebody else has configured; peers with myASN {ours.Asn} cannot be served"));
        }

        var change = FrrDifference.Between(running, wanted);
        foreach (var (daemon, commands) in ((string, IReadOnlyList<string>)[])[(Bfdd, change.Profiles), (Bgpd, change.Bgp), (Bfdd, change.GoneProfiles)])
        {
            if (commands.Count > 0 && (daemon == Bgpd || bfdAnswers))
            {
                var (_, refused) = await TryAsync(async () =>
                {
                    await frr.ApplyAsync(daemon, commands, stop).ConfigureAwait(false);
                    return "";
                }).ConfigureAwait(false);
                problem = problem.Length > 0 ? problem : refused;
            }
        }

        return problem;
    }

    private static async Task<(string Answer, string Problem)> TryAsync(Func<Task<string>> ask)
    {
        try
        {
            return (await ask().ConfigureAwait(false), "");
        }
        catch (FrrException error)
        {
            return ("", error.Message);
        }
    }

    private async Task WatchAsync(FrrOrder order, CancellationToken stop)
    {
        var texts = ImmutableDictionary.CreateBuilder<string, string>();
        var sessions = ImmutableDictionary.CreateBuilder<FrrPeer, BgpSession>();
        foreach (var (vrf, instance) in order.Configuration.Instances)
        {
            texts[vrf] = await frr.ShowAsync(Bgpd, vrf.Length > 0 ? $"show bgp vrf {vrf} neighbors json" : "show bgp neighbors json", stop).ConfigureAwait(false);
            sessions.AddRange(FrrSessions.Read(texts[vrf]).Where(s => instance.Neighbors.ContainsKey(s.Key)).Select(s => KeyValuePair.Create(new FrrPeer(vrf, s.Key), s.Value)));
        }

        _seen = await WithBfdAsync(new SeenNeighbors(order, texts.ToImmutable()), stop).ConfigureAwait(false);
        var before = _sessions;
        _sessions = sessions.ToImmutable();
        foreach (var (neighbor, session) in _sessions)
        {
            var peer = order.Peers[neighbor];
            var known = before.GetValueOrDefault(neighbor);
            var hasEnded = known is not null && ((known.IsUp && !session.IsUp) || session.Drops > known.Drops);
            if (hasEnded)
            {
                Tell(new SessionNews(peer, false, $"the session with {neighbor} has ended{(session.LastReset.Length > 0 ? $": {session.LastReset}" : "")}"));
            }

            if (session.IsUp && (hasEnded || known?.IsUp != true))
            {
                Tell(new SessionNews(peer, true, $"the session with {neighbor} is established"));
            }
            else if (!session.IsUp && !hasEnded && session.Refusal.Length > 0 && session.Refusal != known?.Refusal)
            {
                Tell(new SessionNews(peer, false, $"no session with {neighbor}: {session.Refusal}"));
            }
        }

        await SuspectPasswordsAsync(order, stop).ConfigureAwait(false);
    }

    /// <summary>Only counted: whether its daemon is there is told elsewhere.</summary>
    private async Task<SeenNeighbors> WithBfdAsync(SeenNeighbors seen, CancellationToken stop) => seen.Order.Configuration.BfdProfiles.IsEmpty ? seen : seen with
    {
        Bfd = (await TryAsync(() => frr.ShowAsync(Bfdd, "show bfd peers json", stop)).ConfigureAwait(false)).Answer,
        BfdCounters = (await TryAsync(() => frr.ShowAsync(Bfdd, "show bfd peers counters json", stop)).ConfigureAwait(false)).Answer,
    };

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
            var problem = await BringAboutAsync(FrrConfiguration.Empty, limit.Token).ConfigureAwait(false);
            if (problem.Length > 0)
            {
                log($"FRR could not be cleaned up: {problem}");
            }
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
        if (problem != _lastProblem)
        {
            log(problem.Length > 0 ? $"FRR: {problem}; it is tried again" : "FRR does as it is told again");
        }

        _lastProblem = problem;
    }
}
