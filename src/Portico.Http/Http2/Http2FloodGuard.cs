namespace Portico.Http.Http2;

/// <summary>
/// Two budgets of a connection: one for frames that carry nothing, one for streams that come to nothing. Each refills with time, the
/// former also with every frame that carries something (a download of any speed may be acknowledged as it likes). Who overdraws one is
/// not a client that can be served. One connection's; shard's thread only.
/// </summary>
internal struct Http2FloodGuard
{
    private const int FrameBurst = 1000;
    private const int FramesPerSecond = 100;
    private const int FramesPerUsefulFrame = 4;
    private const int ResetBurst = 300;
    private const int ResetsPerSecond = 50;

    private int _framesUsed;
    private int _resetsUsed;
    private long _refilledMilliseconds;

    /// <summary>A frame that carries nothing by itself.</summary>
    /// <returns>False when there were too many.</returns>
    public bool TakeFrame(long nowMilliseconds)
    {
        Refill(nowMilliseconds);
        return ++_framesUsed <= FrameBurst;
    }

    /// <summary>A stream that was opened and came to nothing.</summary>
    /// <returns>False when there were too many.</returns>
    public bool TakeReset(long nowMilliseconds)
    {
        Refill(nowMilliseconds);
        return ++_resetsUsed <= ResetBurst;
    }

    /// <summary>Payload was moved, in either direction.</summary>
    public void Useful() => _framesUsed = Math.Max(0, _framesUsed - FramesPerUsefulFrame);

    private void Refill(long nowMilliseconds)
    {
        var seconds = (int)Math.Min(60, (nowMilliseconds - _refilledMilliseconds) / 1000);
        if (seconds > 0)
        {
            _refilledMilliseconds = nowMilliseconds;
            _framesUsed = Math.Max(0, _framesUsed - (seconds * FramesPerSecond));
            _resetsUsed = Math.Max(0, _resetsUsed - (seconds * ResetsPerSecond));
        }
    }
}
