using System.Numerics;
using System.Runtime.InteropServices;

namespace Portico.Proxy.Observing.AccessLog;

/// <summary>
/// A ring of bytes between one writing and one reading thread. A piece goes in whole or not at all and neither side ever
/// waits. The positions only grow; each is written by one side and read by the other.
/// </summary>
internal sealed class ByteRing(int capacity)
{
    private readonly int _capacity = (int)BitOperations.RoundUpToPowerOf2((uint)capacity);
    private Positions _positions;
    private byte[]? _bytes;

    public int Capacity => _capacity;

    /// <summary>Bytes that wait for the reader.</summary>
    public int Pending => (int)(Volatile.Read(ref _positions.Written) - Volatile.Read(ref _positions.Read));

    /// <summary>Writing side. False when there is not enough room.</summary>
    public bool TryWrite(ReadOnlySpan<byte> piece)
    {
        var written = _positions.Written;
        if (piece.Length > _capacity - (written - _positions.ReadAsKnownToWriter))
        {
            // Only a ring that looks full costs a look at the other side's cache line.
            _positions.ReadAsKnownToWriter = Volatile.Read(ref _positions.Read);
            if (piece.Length > _capacity - (written - _positions.ReadAsKnownToWriter))
            {
                return false;
            }
        }

        // A shard that never logs never has the memory.
        var bytes = _bytes ??= GC.AllocateUninitializedArray<byte>(_capacity);
        var at = (int)(written & (_capacity - 1));
        var first = Math.Min(piece.Length, _capacity - at);
        piece[..first].CopyTo(bytes.AsSpan(at));
        piece[first..].CopyTo(bytes);
        Volatile.Write(ref _positions.Written, written + piece.Length);
        return true;
    }

    /// <summary>Reading side: up to the end of the array, at most <paramref name="limit"/> bytes of what waits.</summary>
    public ReadOnlySpan<byte> Peek(int limit)
    {
        var pending = Math.Min(Pending, limit);
        if (pending == 0)
        {
            return default;
        }

        var at = (int)(_positions.Read & (_capacity - 1));
        return _bytes.AsSpan(at, Math.Min(pending, _capacity - at));
    }

    /// <summary>Reading side: gives room back.</summary>
    public void Consume(int count) => Volatile.Write(ref _positions.Read, _positions.Read + count);

    /// <summary>Each position on cache lines of its own, so that the two sides do not slow each other down.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 384)]
    private struct Positions
    {
        [FieldOffset(128)]
        public long Written;

        [FieldOffset(136)]
        public long ReadAsKnownToWriter;

        [FieldOffset(256)]
        public long Read;
    }
}
