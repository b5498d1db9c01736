using Portico.Proxy.Answers;

namespace Portico.Proxy.Observing.Metrics;

/// <summary>
/// Answers that one shard made itself instead of a backend, by reason. Only the shard's thread writes; the scraper reads.
/// </summary>
internal sealed class AnswerCounters
{
    // A cache line of room on both sides keeps neighbours' numbers away.
    private const int Padding = 16;

    private readonly long[] _counts = new long[AnswerReasons.All.Length + (2 * Padding)];

    public long this[AnswerReason reason] => _counts[Padding + (int)reason];

    public void Count(AnswerReason reason) => _counts[Padding + (int)reason]++;
}
