namespace Portico.LoadBalancer.Observing;

/// <summary>Whether the program gets on: written by the controller's task, read by probes.</summary>
internal sealed class BalancerHealth(TimeProvider clock)
{
    /// <summary>Longer than any single thing of a turn takes, a writing to an API server that does not answer included.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private long _turnBegan;
    private volatile bool _isReady;

    /// <summary>Everything that is followed was read once.</summary>
    public bool IsReady => _isReady;

    /// <summary>Whether no turn hangs.</summary>
    public bool IsLive => Interlocked.Read(ref _turnBegan) is var began && (began == 0 || clock.GetElapsedTime(began) < Patience);

    public void TurnBegins() => Interlocked.Exchange(ref _turnBegan, Math.Max(1, clock.GetTimestamp()));

    /// <summary>One of many things of this turn is done. Any thread, within the turn.</summary>
    public void TurnGoesOn() => TurnBegins();

    public void TurnEnds(bool synced)
    {
        _isReady |= synced;
        Interlocked.Exchange(ref _turnBegan, 0);
    }
}
