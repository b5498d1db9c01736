using System.Runtime.CompilerServices;

namespace Portico.Proxy.Limits;

/// <summary>
/// Requests in progress, counted for each client (nginx's ngx_http_limit_conn_module). Exact over all shards. Lives beside the
/// snapshots. Thread-safe.
/// </summary>
internal sealed class ConnectionZone
{
    private const int Sets = 2048;

    private readonly StripedTable _clients = new(Sets, keepsHeld: true);

    /// <summary>Counts a request in, unless there are <paramref name="most"/> already; also refused when the table is full of others, as in nginx.</summary>
    public bool TryEnter(UInt128 client, int most, long now)
    {
        ref var slot = ref _clients.Enter(client, now, out var set);
        var admitted = !Unsafe.IsNullRef(ref slot) && slot.Value < most;
        if (admitted)
        {
            slot.Value++;
        }

        StripedTable.Leave(set);
        return admitted;
    }

    /// <summary>Counts out a request that was let in.</summary>
    public void Exit(UInt128 client)
    {
        ref var slot = ref _clients.EnterKnown(client, out var set);
        if (!Unsafe.IsNullRef(ref slot))
        {
            slot.Value--;
        }

        StripedTable.Leave(set);
    }
}
