using System.Buffers;

namespace Portico.Kubernetes.Api;

/// <summary>A body in an array of the shared pool that grows as it comes. Owned by whoever reads the body.</summary>
internal sealed class PooledText : IDisposable
{
    private const int FirstBytes = 16 * 1024;

    /// <summary>A page of 500 objects of the largest size that etcd takes stays below.</summary>
    private const int MostBytes = 1 << 30;

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(FirstBytes);
    private int _count;

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _count);

    /// <summary>Where the next piece goes; never empty.</summary>
    public Memory<byte> Free()
    {
        if (_count == _bytes.Length)
        {
            if (_count >= MostBytes)
            {
                throw new IOException($"an answer is larger than {MostBytes} bytes");
            }

            var larger = ArrayPool<byte>.Shared.Rent(_bytes.Length * 2);
            _bytes.AsSpan(0, _count).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }

        return _bytes.AsMemory(_count);
    }

    public void Advance(int count) => _count += count;

    /// <summary>Forgets what stands at the beginning.</summary>
    public void Drop(int count)
    {
        _bytes.AsSpan(count, _count - count).CopyTo(_bytes);
        _count -= count;
    }

    public void Dispose()
    {
        var bytes = _bytes;
        _bytes = [];
        if (bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(bytes, clearArray: true);
        }
    }
}
