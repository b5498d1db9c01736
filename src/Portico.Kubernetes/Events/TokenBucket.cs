namespace Portico.Kubernetes.Events;

/// <summary>A budget that fills again with time. Not synchronised.</summary>
internal sealed class TokenBucket
{
    private readonly double _burst;
    private readonly double _perSecond;
    private readonly TimeProvider _clock;
    private double _tokens;
    private long _filledAt;

    public TokenBucket(double burst, double perSecond, TimeProvider clock)
    {
        (_burst, _perSecond, _clock) = (burst, perSecond, clock);
        (_tokens, _filledAt) = (burst, clock.GetTimestamp());
    }

    public TimeSpan UntilNext => TimeSpan.FromSeconds(Math.Max(0.001, (1 - _tokens) / _perSecond));

    public bool TryTake()
    {
        var now = _clock.GetTimestamp();
        _tokens = Math.Min(_burst, _tokens + (_clock.GetElapsedTime(_filledAt, now).TotalSeconds * _perSecond));
        _filledAt = now;
        if (_tokens < 1)
        {
            return false;
        }

        _tokens--;
        return true;
    }
}
