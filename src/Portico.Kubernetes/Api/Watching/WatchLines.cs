namespace Portico.Kubernetes.Api.Watching;

/// <summary>Cuts the body of a watch into its lines: one event each. Owned by one watch.</summary>
internal sealed class WatchLines(Stream stream) : IDisposable
{
    private readonly PooledText _text = new();
    private int _taken;
    private int _searched;

    /// <summary>The next line, valid until the next call; null at the end of the body.</summary>
    /// <exception cref="IOException">The body ends within a line.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> NextAsync(CancellationToken cancellation)
    {
        _text.Drop(_taken);
        (_taken, _searched) = (0, 0);
        while (true)
        {
            var end = _text.Written.Span[_searched..].IndexOf((byte)'\n');
            if (end >= 0)
            {
                var line = _text.Written[..(_searched + end)];
                _taken = line.Length + 1;
                if (!line.Span.Trim(" \r"u8).IsEmpty)
                {
                    return line;
                }

                _text.Drop(_taken);
                (_taken, _searched) = (0, 0);
                continue;
            }

            _searched = _text.Written.Length;
            int read;
            try
            {
                read = await stream.ReadAsync(_text.Free(), cancellation).ConfigureAwait(false);
            }
            catch (HttpRequestException error)
            {
                throw new IOException(error.Message, error);
            }

            if (read == 0)
            {
                return _text.Written.Span.Trim(" \r"u8).IsEmpty ? null : throw new IOException("a watch ended in the middle of an event");
            }

            _text.Advance(read);
        }
    }

    public void Dispose() => _text.Dispose();
}
