namespace Portico.Proxy.Balancing;

/// <summary>
/// The decayed latency of one endpoint (nginx Lua balancer <c>ewma</c>): a score in seconds and when it was last touched, in one word
/// that all shards read and replace without a lock.
/// </summary>
internal struct EwmaScore
{
    private const double DecaySeconds = 10;

    /// <summary>No response was ever seen: the score is zero, and the first response sets it.</summary>
    private const long Unset = -1;

    /// <summary>Upper half: the score as a float. Lower half: milliseconds modulo 2^32, whose difference is right for 49 days.</summary>
    private long _word = Unset;

    public EwmaScore()
    {
    }

    public bool IsSet => Volatile.Read(ref _word) != Unset;

    /// <summary>The score as stored, not decayed.</summary>
    public double Stored => ScoreOf(Volatile.Read(ref _word));

    /// <summary>The score now: without responses it sinks towards zero, so that a slow endpoint is tried again.</summary>
    public double DecayedAt(long nowMilliseconds)
    {
        var word = Volatile.Read(ref _word);
        return ScoreOf(word) * Weight(word, nowMilliseconds);
    }

    /// <summary>Takes the latency of a response in.</summary>
    public void Report(double seconds, long nowMilliseconds)
    {
        var word = Volatile.Read(ref _word);
        while (true)
        {
            var weight = Weight(word, nowMilliseconds);
            var next = Pack((ScoreOf(word) * weight) + (seconds * (1 - weight)), nowMilliseconds);
            var seen = Interlocked.CompareExchange(ref _word, next, word);
            if (seen == word)
            {
                return;
            }

            word = seen;
        }
    }

    public void Set(double score, long nowMilliseconds) => Volatile.Write(ref _word, Pack(score, nowMilliseconds));

    private static double Weight(long word, long nowMilliseconds)
    {
        if (word == Unset)
        {
            return 0;
        }

        // A report of another shard may be a little younger than this shard's clock.
        var elapsed = Math.Max(0, (int)((uint)nowMilliseconds - (uint)word));
        return Math.Exp(-elapsed / (1000 * DecaySeconds));
    }

    private static double ScoreOf(long word) => word == Unset ? 0 : BitConverter.Int32BitsToSingle((int)(word >> 32));

    // A score is never negative, so no packed word equals Unset.
    private static long Pack(double score, long nowMilliseconds) =>
        ((long)BitConverter.SingleToInt32Bits((float)Math.Max(0, score)) << 32) | (uint)nowMilliseconds;
}
