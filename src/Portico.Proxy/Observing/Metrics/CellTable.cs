namespace Portico.Proxy.Observing.Metrics;

/// <summary>
/// The cells of one route on one shard: a small open-addressing table that only grows. One thread, the shard's, looks up
/// and adds; the scraper reads <see cref="Cells"/> at any time, because a cell is complete before it is put into a slot
/// and a bigger table is complete before it replaces the old one.
/// </summary>
internal sealed class CellTable
{
    private const int InitialSlots = 4;

    private Cell?[] _slots = new Cell?[InitialSlots];
    private int _count;

    /// <summary>The slots, some of them null. For the scraper.</summary>
    public ReadOnlySpan<Cell?> Cells => Volatile.Read(ref _slots);

    public Cell? Find(int key, byte[] canary, ReadOnlySpan<byte> host)
    {
        var slots = _slots;
        for (var at = Hash(key, host);; at++)
        {
            var cell = slots[at & (slots.Length - 1)];
            if (cell is null || cell.Is(key, canary, host))
            {
                return cell;
            }
        }
    }

    public void Add(Cell cell)
    {
        if ((_count + 1) * 4 > _slots.Length * 3)
        {
            Grow();
        }

        Put(_slots, cell);
        _count++;
    }

    private void Grow()
    {
        var bigger = new Cell?[_slots.Length * 2];
        foreach (var cell in _slots)
        {
            if (cell is not null)
            {
                Put(bigger, cell);
            }
        }

        Volatile.Write(ref _slots, bigger);
    }

    private static void Put(Cell?[] slots, Cell cell)
    {
        var at = Hash(cell.Key, cell.Host);
        while (slots[at & (slots.Length - 1)] is not null)
        {
            at++;
        }

        Volatile.Write(ref slots[at & (slots.Length - 1)], cell);
    }

    private static int Hash(int key, ReadOnlySpan<byte> host)
    {
        // The multiplier spreads neighbouring statuses; the high bits are the well mixed ones.
        var hash = (uint)key * 2654435769;
        return (int)((hash >> 16) ^ (host.IsEmpty ? 0 : HostHash(host)));
    }

    private static uint HostHash(ReadOnlySpan<byte> host)
    {
        // Clients choose these bytes: HashCode is seeded per process, so collisions cannot be prepared.
        var hash = new HashCode();
        hash.AddBytes(host);
        return (uint)hash.ToHashCode();
    }
}
