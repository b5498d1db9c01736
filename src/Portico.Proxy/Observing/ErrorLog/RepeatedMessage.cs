namespace Portico.Proxy.Observing.ErrorLog;

/// <summary>
/// A kind of message that outsiders can cause at will. Only a few per window are written; the first of the next window says
/// how many were left out. One static instance per kind; from any thread, without waiting.
/// </summary>
public sealed class RepeatedMessage(int perWindow = RepeatedMessage.DefaultPerWindow)
{
    public const int DefaultPerWindow = 10;

    private const long WindowMilliseconds = 10_000;

    private long _windowStart = -WindowMilliseconds;
    private long _count;
    private long _suppressed;

    /// <param name="nowMilliseconds">A clock that never goes back.</param>
    /// <param name="leftOut">How many messages were left out before this one.</param>
    public bool TryAdmit(long nowMilliseconds, out long leftOut)
    {
        var start = Interlocked.Read(ref _windowStart);
        if (nowMilliseconds - start >= WindowMilliseconds
            && Interlocked.CompareExchange(ref _windowStart, nowMilliseconds, start) == start)
        {
            Interlocked.Exchange(ref _count, 0);
        }

        if (Interlocked.Increment(ref _count) <= perWindow)
        {
            leftOut = Interlocked.Exchange(ref _suppressed, 0);
            return true;
        }

        Interlocked.Increment(ref _suppressed);
        leftOut = 0;
        return false;
    }
}
