namespace Portico.Proxy.Observing.Metrics;

/// <summary>
/// The numbers of one series on one shard. The shard's thread writes them plainly; the scraper reads them while they
/// change: aligned 64-bit numbers are never torn, and each one only grows, so a page is at most a request behind.
/// </summary>
/// <param name="key">Method and status, see <see cref="KeyOf"/>.</param>
/// <param name="host">The host's bytes for hosts that no rule spells out, else empty.</param>
internal sealed class Cell(int key, byte[] canary, byte[] host, int length)
{
    private const int StatusRange = 1024;

    public int Key { get; } = key;

    /// <summary>The alternative backend that was chosen, or empty.</summary>
    public byte[] Canary { get; } = canary;

    public byte[] Host { get; } = host;

    public long[] Values { get; } = new long[length];

    public bool IsCounted => Values[0] > 0;

    public int Method => Key / StatusRange;

    /// <summary>The status, or its first digit with <c>--report-status-classes</c>.</summary>
    public int Status => Key % StatusRange;

    public static int KeyOf(int method, int status) => (method * StatusRange) + (status & (StatusRange - 1));

    public bool Is(int key, byte[] canary, ReadOnlySpan<byte> host) =>
        Key == key && canary.AsSpan().SequenceEqual(Canary) && host.SequenceEqual(Host);

    /// <summary>The order on the page; cells of different shards that compare equal are one series.</summary>
    public static int Compare(Cell left, Cell right)
    {
        var order = left.Key - right.Key;
        order = order != 0 ? order : left.Canary.AsSpan().SequenceCompareTo(right.Canary);
        return order != 0 ? order : left.Host.AsSpan().SequenceCompareTo(right.Host);
    }
}
