using System.Numerics;

namespace Portico.Proxy.Routing;

/// <summary>
/// A hash table from byte strings to objects: filled by the control thread, then published and only read, by all shards at once.
/// It consists of small open-addressing pieces, so that <see cref="Copy"/> shares everything with the table before and a change of
/// one key among ten thousand replaces one piece.
/// </summary>
internal sealed class ByteKeyTable<T>
    where T : class
{
    private const int KeysPerPiece = 16;
    private static readonly Entry[] NoEntries = new Entry[1];

    private readonly Entry[][] _pieces;
    private readonly int _pieceShift;

    /// <summary>The pieces that this table may change because no other one has them; null when that is all of them.</summary>
    private readonly HashSet<int>? _own;

    /// <param name="capacity">About how many keys will be added. A table may hold more, at the price of larger pieces.</param>
    public ByteKeyTable(int capacity)
    {
        Capacity = Math.Max(capacity, KeysPerPiece);
        var pieces = BitOperations.RoundUpToPowerOf2((uint)((capacity / KeysPerPiece) + 1));
        _pieces = new Entry[pieces][];
        _pieces.AsSpan().Fill(NoEntries);
        _pieceShift = 32 - BitOperations.Log2(pieces);
    }

    private ByteKeyTable(ByteKeyTable<T> source)
    {
        Capacity = source.Capacity;
        Count = source.Count;
        _pieces = [.. source._pieces];
        _pieceShift = source._pieceShift;
        _own = [];
    }

    public int Capacity { get; }

    public int Count { get; private set; }

    /// <summary>A table of the same contents that can be changed without changing this one.</summary>
    public ByteKeyTable<T> Copy() => new(this);

    public T? Find(ReadOnlySpan<byte> key) => Find(key, ByteHash.Of(key));

    public T? Find(ReadOnlySpan<byte> key, uint hash)
    {
        var mixed = Mix(hash);
        return Probe(_pieces[PieceOf(mixed)], key, hash, mixed).Value;
    }

    /// <summary>False when the key is there already: the first one stays. Only before the table is published.</summary>
    public bool TryAdd(byte[] key, T value) => TryAdd(key, ByteHash.Of(key), value);

    public bool TryAdd(byte[] key, uint hash, T value)
    {
        var mixed = Mix(hash);
        var piece = PieceOf(mixed);
        if (Probe(_pieces[piece], key, hash, mixed).Value is not null)
        {
            return false;
        }

        var entries = _pieces[piece];
        var used = entries.Count(entry => entry.Value is not null);
        if ((used + 1) * 2 > entries.Length || _own?.Contains(piece) == false)
        {
            entries = Rebuild(piece, (used + 1) * 2, without: null);
        }

        Probe(entries, key, hash, mixed) = new Entry(hash, key, value);
        Count++;
        return true;
    }

    /// <summary>Takes a key out if it leads to that value. Only before the table is published.</summary>
    public void Remove(byte[] key, uint hash, T value)
    {
        var mixed = Mix(hash);
        var piece = PieceOf(mixed);
        if (ReferenceEquals(Probe(_pieces[piece], key, hash, mixed).Value, value))
        {
            Rebuild(piece, _pieces[piece].Length, without: key);
            Count--;
        }
    }

    /// <summary>FNV's upper bits are weak, and piece and slot must not hang on the same bits.</summary>
    private static uint Mix(uint hash)
    {
        hash *= 0x9E3779B1;
        return hash ^ (hash >> 15);
    }

    private int PieceOf(uint mixed) => (int)((ulong)mixed >> _pieceShift);

    private Entry[] Rebuild(int piece, int size, byte[]? without)
    {
        var old = _pieces[piece];
        var entries = new Entry[BitOperations.RoundUpToPowerOf2((uint)size)];
        foreach (var entry in old)
        {
            if (entry.Value is not null && !(without is not null && entry.Key.AsSpan().SequenceEqual(without)))
            {
                Probe(entries, entry.Key, entry.Hash, Mix(entry.Hash)) = entry;
            }
        }

        _pieces[piece] = entries;
        _own?.Add(piece);
        return entries;
    }

    /// <summary>The entry of the key, or the free one where it belongs. Pieces are at most half full, so a probe ends soon.</summary>
    private static ref Entry Probe(Entry[] entries, ReadOnlySpan<byte> key, uint hash, uint mixed)
    {
        for (var i = mixed; ; i++)
        {
            ref var entry = ref entries[i & (uint)(entries.Length - 1)];
            if (entry.Value is null || (entry.Hash == hash && key.SequenceEqual(entry.Key)))
            {
                return ref entry;
            }
        }
    }

    private readonly record struct Entry(uint Hash, byte[] Key, T? Value);
}
