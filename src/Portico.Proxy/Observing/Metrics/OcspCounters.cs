using Portico.Net.Tls;

namespace Portico.Proxy.Observing.Metrics;

/// <summary>Answers of OCSP responders by what they were worth. Counted on the thread pool, a few in an hour.</summary>
public sealed class OcspCounters
{
    private static readonly byte[][] Labels = ["good"u8.ToArray(), "revoked"u8.ToArray(), "unknown"u8.ToArray(), "failed"u8.ToArray()];

    private readonly long[] _counts = new long[Labels.Length];

    public long this[OcspVerdict verdict] => Interlocked.Read(ref _counts[(int)verdict]);

    public void Count(OcspVerdict verdict) => Interlocked.Increment(ref _counts[(int)verdict]);

    internal void Write(PrometheusText text)
    {
        for (var i = 0; i < Labels.Length; i++)
        {
            text.Labels.Clear();
            text.Labels.Add("result"u8, Labels[i]);
            text.Sample(Interlocked.Read(ref _counts[i]));
        }
    }
}
