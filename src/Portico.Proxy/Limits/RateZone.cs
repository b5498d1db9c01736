using System.Runtime.CompilerServices;

namespace Portico.Proxy.Limits;

/// <summary>
/// Leaky buckets, one for each client, with nginx's arithmetic (ngx_http_limit_req_module, nodelay): the excess is counted in thousandths
/// of a request, runs off with the rate, and a request that would make it larger than the burst is refused and changes nothing.
/// Exact over all shards. Lives beside the snapshots. Thread-safe.
/// </summary>
internal sealed class RateZone
{
    /// <summary>As many clients as nginx's 5 MB hold, about.</summary>
    private const int Sets = 2048;

    private readonly StripedTable _clients = new(Sets);

    /// <param name="rate">Thousandths of a request per second.</param>
    /// <param name="burst">Thousandths of a request.</param>
    /// <param name="now">Milliseconds, the same clock for all callers; never 0.</param>
    public bool TryTake(UInt128 client, long rate, long burst, long now)
    {
        ref var slot = ref _clients.Enter(client, now, out var set);
        if (slot.IsNew)
        {
            // The first request of a client fills nothing.
            slot.IsNew = false;
            slot.Value = 0;
            slot.Moment = now;
            StripedTable.Leave(set);
            return true;
        }

        var elapsed = Elapsed(slot.Moment, now);
        var excess = Math.Max(0, slot.Value - (rate * elapsed / 1000) + 1000);
        var admitted = excess <= burst;
        if (admitted)
        {
            slot.Value = excess;
            slot.Moment = Math.Max(slot.Moment, now);
        }

        StripedTable.Leave(set);
        return admitted;
    }

    /// <summary>Takes back one request that was let through here and refused by another limit: it counts nowhere.</summary>
    public void GiveBack(UInt128 client)
    {
        ref var slot = ref _clients.EnterKnown(client, out var set);
        if (!Unsafe.IsNullRef(ref slot))
        {
            slot.Value = Math.Max(0, slot.Value - 1000);
        }

        StripedTable.Leave(set);
    }

    /// <summary>Clocks of shards differ by a turn of their loops: a step back is no time. The cap keeps the product in range.</summary>
    private static long Elapsed(long last, long now) => Math.Clamp(now - last, 0, 1_000_000_000);
}
