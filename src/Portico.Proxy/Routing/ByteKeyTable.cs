using System.Numerics;

namespace Portico.Proxy.Routing;

/// <summary>
/// An open-addressing hash table from byte strings to objects: filled by the control thread, then published and only read, by all
/// shards at once. At most half full, so a probe ends soon.
/// </summary>
internal sealed class ByteKeyTable<T>
    where T : class
{
    private readonly Entry[] _entries;
    private readonly int _shift;

    /// <param name="capacity">The largest number of keys that will be added.</param>
    public ByteKeyTable(int capacity)
    {
        var size = BitOperations.RoundUpToPowerOf2((uint)Math.Max(2, capacity * 2));
        _entries = new Entry[size];
        _shift = 32 - BitOperations.Log2(size);
    }

    public int Count { get; private set; }

    /// <summary>False when the key is there already: the first one stays.</summary>
    public bool TryAdd(byte[] key, T value) => TryAdd(key, ByteHash.Of(key), value);

    public bool TryAdd(byte[] key, uint hash, T value)
    {
        ref var entry = ref Probe(key, hash);
        if (entry.Value is not null)
        {
            return false;
        }

        entry = new Entry(hash, key, value);
        Count++;
        return true;
    }

    public T? Find(ReadOnlySpan<byte> key) => Find(key, ByteHash.Of(key));

    public T? Find(ReadOnlySpan<byte> key, uint hash) => Probe(key, hash).Value;

    private ref Entry Probe(ReadOnlySpan<byte> key, uint hash)
    {
        var entries = _entries;
        // Fibonacci hashing: the upper bits of the product are the well mixed ones.
        var i = (int)((hash * 0x9E3779B1u) >> _shift);
        while (true)
        {
            ref var entry = ref entries[i];
            if (entry.Value is null || (entry.Hash == hash && key.SequenceEqual(entry.Key)))
            {
                return ref entry;
            }

            i = (i + 1) & (entries.Length - 1);
        }
    }

    private readonly record struct Entry(uint Hash, byte[] Key, T? Value);
}
