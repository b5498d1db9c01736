using System.Buffers.Text;
using Portico.Net;

namespace Portico.Http.Http1;

/// <summary>Bytes on their way out: a rented buffer that grows. Holds no buffer while it is empty. One shard's thread only.</summary>
public struct OutputBuffer
{
    private BufferPool? _pool;

    public byte[] Array { get; private set; }

    public int Count { get; private set; }

    /// <summary>What was appended; empty also when there is no buffer.</summary>
    public readonly ReadOnlySpan<byte> Written => Array.AsSpan(0, Count);

    public readonly int Room => Array is null ? 0 : Array.Length - Count;

    /// <summary>Makes sure there is a buffer of at least a medium size.</summary>
    public void Open(BufferPool pool)
    {
        _pool = pool;
        Array ??= pool.Rent(BufferPool.MediumSize);
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > Room)
        {
            Grow(bytes.Length);
        }

        bytes.CopyTo(Array.AsSpan(Count));
        Count += bytes.Length;
    }

    /// <summary>Appends <c>name: value CRLF</c>.</summary>
    public void AppendHeader(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        var length = name.Length + value.Length + 4;
        if (length > Room)
        {
            Grow(length);
        }

        var target = Array.AsSpan(Count, length);
        name.CopyTo(target);
        target[name.Length] = (byte)':';
        target[name.Length + 1] = (byte)' ';
        value.CopyTo(target[(name.Length + 2)..]);
        target[^2] = (byte)'\r';
        target[^1] = (byte)'\n';
        Count += length;
    }

    public void AppendDecimal(long value)
    {
        if (Room < 20)
        {
            Grow(20);
        }

        Utf8Formatter.TryFormat(value, Array.AsSpan(Count), out var written);
        Count += written;
    }

    public void AppendHex(long value)
    {
        if (Room < 16)
        {
            Grow(16);
        }

        Utf8Formatter.TryFormat(value, Array.AsSpan(Count), out var written, new System.Buffers.StandardFormat('x'));
        Count += written;
    }

    /// <summary>Forgets the bytes, keeps the buffer.</summary>
    public void Clear() => Count = 0;

    /// <summary>Forgets the bytes behind a position.</summary>
    public void Truncate(int count) => Count = count;

    /// <summary>Gives the buffer back.</summary>
    public void Close()
    {
        if (Array is not null)
        {
            _pool!.Return(Array);
            Array = null!;
        }

        Count = 0;
    }

    private void Grow(int more)
    {
        var larger = _pool!.Rent(Count + more + BufferPool.SmallSize);
        Array.AsSpan(0, Count).CopyTo(larger);
        _pool.Return(Array);
        Array = larger;
    }
}
