namespace Portico.Proxy.Observing.Metrics;

/// <summary>
/// Answers that one shard made itself instead of a backend, by reason. Only the shard's thread writes. The reasons are
/// numbered by whoever owns their table.
/// </summary>
public sealed class AnswerCounters(int reasonCount)
{
    // A cache line of room on both sides keeps neighbours' numbers away.
    private const int Padding = 16;

    private readonly long[] _counts = new long[reasonCount + (2 * Padding)];

    public void Count(int reason) => _counts[Padding + reason]++;

    internal long this[int reason] => _counts[Padding + reason];
}
