namespace Portico.Proxy.Compression;

/// <summary>The free gzip encoders of a shard. Used on its thread only.</summary>
internal sealed class EncoderPool
{
    /// <summary>Each holds about 256 KB.</summary>
    private const int Most = 32;

    private readonly Stack<GzipEncoder> _free = new();

    /// <summary>Null when there is no memory for one: the response goes out as it is.</summary>
    public ContentEncoder? Rent(in CompressionChoice choice)
    {
        if (choice.Coding == ContentCoding.Brotli)
        {
            return new BrotliContentEncoder(choice.Level, choice.Length);
        }

        while (_free.TryPop(out var free))
        {
            if (free.Level == choice.Level)
            {
                return free;
            }

            // The key gzip-level changed meanwhile.
            free.Dispose();
        }

        return GzipEncoder.Create(choice.Level);
    }

    public void Return(ContentEncoder encoder)
    {
        if (encoder is GzipEncoder gzip && _free.Count < Most)
        {
            gzip.Reset();
            _free.Push(gzip);
        }
        else
        {
            (encoder as IDisposable)?.Dispose();
        }
    }
}
