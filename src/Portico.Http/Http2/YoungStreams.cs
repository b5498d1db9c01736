namespace Portico.Http.Http2;

/// <summary>
/// How many streams of a connection are open that began within this second of the shard's clock or the one before. Long streams (watches,
/// tunnels) are not counted: they may be silent for hours, and say nothing about how much is going on.
/// </summary>
internal struct YoungStreams
{
    private const int Second = 1000;

    private long _second;
    private int _thisSecond;
    private int _secondBefore;

    public int Count(long nowMilliseconds)
    {
        Advance(nowMilliseconds);
        return _thisSecond + _secondBefore;
    }

    /// <returns>When the stream began, for <see cref="Ended"/>.</returns>
    public long Began(long nowMilliseconds)
    {
        Advance(nowMilliseconds);
        _thisSecond++;
        return _second;
    }

    public void Ended(long began, long nowMilliseconds)
    {
        Advance(nowMilliseconds);
        if (began == _second)
        {
            _thisSecond--;
        }
        else if (began == _second - 1)
        {
            _secondBefore--;
        }
    }

    private void Advance(long nowMilliseconds)
    {
        var second = nowMilliseconds / Second;
        if (second != _second)
        {
            _secondBefore = second == _second + 1 ? _thisSecond : 0;
            _thisSecond = 0;
            _second = second;
        }
    }
}
