namespace Portico.Proxy.Observing.AccessLog;

/// <summary>
/// The line that is being put together. Owned by one shard's log and reused for every line, so that it stops growing after
/// the first long one.
/// </summary>
internal sealed class LogLine
{
    private byte[] _bytes = new byte[1024];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    public void Clear() => Length = 0;

    /// <summary>Forgets everything behind the first <paramref name="length"/> bytes.</summary>
    public void Truncate(int length) => Length = length;

    /// <summary>What was written since <paramref name="start"/>, open for change in place.</summary>
    public Span<byte> WrittenFrom(int start) => _bytes.AsSpan(start, Length - start);

    public void Append(byte value)
    {
        Reserve(1)[0] = value;
        Length++;
    }

    public void Append(ReadOnlySpan<byte> values)
    {
        values.CopyTo(Reserve(values.Length));
        Length += values.Length;
    }

    /// <summary>Room for <paramref name="size"/> bytes behind what is written; <see cref="Advance"/> says how many were used.</summary>
    public Span<byte> Reserve(int size)
    {
        if (_bytes.Length - Length < size)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + size));
        }

        return _bytes.AsSpan(Length, size);
    }

    public void Advance(int count) => Length += count;
}
