using System.Text;

namespace Portico.Proxy.Observing.Metrics;

/// <summary>The labels that a route gives to its series. <c>Host</c> is null with <c>--metrics-per-host=false</c>.</summary>
internal readonly record struct RouteLabels(string Namespace, string Ingress, string Service, string Path, string? Host)
    : IComparable<RouteLabels>
{
    public int CompareTo(RouteLabels other)
    {
        var order = string.CompareOrdinal(Namespace, other.Namespace);
        order = order != 0 ? order : string.CompareOrdinal(Ingress, other.Ingress);
        order = order != 0 ? order : string.CompareOrdinal(Host, other.Host);
        order = order != 0 ? order : string.CompareOrdinal(Path, other.Path);
        return order != 0 ? order : string.CompareOrdinal(Service, other.Service);
    }
}

/// <summary>
/// The counters behind one set of route labels. Lives in the registry across snapshots, as long as a route with these
/// labels serves. Until the first request it is an array of null references.
/// </summary>
internal sealed class RouteSeries(RouteLabels labels, int shardCount)
{
    private readonly CellTable?[] _byShard = new CellTable?[shardCount];

    public RouteLabels Labels { get; } = labels;

    public byte[] HostUtf8 { get; } = Encoding.UTF8.GetBytes(labels.Host ?? "");

    /// <summary>The last publication that had a route with these labels. Owned by the registry.</summary>
    public long LastSeen { get; set; }

    /// <summary>On the shard's thread only.</summary>
    public CellTable TableOf(int shard) => _byShard[shard] ?? AddTable(shard);

    /// <summary>Collects the cells of all shards in the order of the page. For the scraper.</summary>
    public void CollectInto(List<Cell> cells)
    {
        cells.Clear();
        for (var shard = 0; shard < _byShard.Length; shard++)
        {
            if (Volatile.Read(ref _byShard[shard]) is not { } table)
            {
                continue;
            }

            foreach (var cell in table.Cells)
            {
                // A tunnel has found its cell long before it is counted.
                if (cell is { IsCounted: true })
                {
                    cells.Add(cell);
                }
            }
        }

        cells.Sort(Cell.Compare);
    }

    private CellTable AddTable(int shard)
    {
        var table = new CellTable();
        Volatile.Write(ref _byShard[shard], table);
        return table;
    }
}
