using System.Text.Unicode;

namespace Portico.Proxy.Observing.Metrics;

/// <summary>
/// Counts the requests of one shard, on that shard's thread: no lock, no atomic operation, and no allocation once the
/// series of a request exists.
/// </summary>
public sealed class ShardRequestMetrics
{
    /// <summary>RFC 1035, 2.3.4.</summary>
    private const int LongestHostName = 255;

    private readonly int _shard;
    private readonly CellLayout _layout;
    private readonly bool _statusClasses;
    private int _undefinedHostSeriesLeft;

    internal ShardRequestMetrics(int shard, CellLayout layout, RequestMetricsOptions options)
    {
        _shard = shard;
        _layout = layout;
        _statusClasses = options.StatusClasses;
        _undefinedHostSeriesLeft = options.UndefinedHostSeriesPerShard;
    }

    internal long RefusedRequests { get; private set; }

    /// <summary>As <see cref="Find"/> and <see cref="Record(Cell?, in RequestMeasurement)"/>.</summary>
    public void Record(RouteMetrics? route, ReadOnlySpan<byte> host, int method, int status, byte[] canary, in RequestMeasurement measurement) =>
        Record(Find(route, host, method, status, canary), in measurement);

    /// <summary>The numbers that a request counts in; null when it is not counted. Not on the page before it was.</summary>
    /// <param name="route">The handle of the route that took the request; null counts nothing.</param>
    /// <param name="host">The host that the client asked for, lower case, without port; empty when there was none.</param>
    /// <param name="method">From <see cref="MethodLabel.Of"/>.</param>
    /// <param name="canary">The name of the alternative backend that was chosen, or empty.</param>
    internal Cell? Find(RouteMetrics? route, ReadOnlySpan<byte> host, int method, int status, byte[] canary)
    {
        if (route?.Find(host, out var undefinedHost) is not { } series)
        {
            return null;
        }

        var key = Cell.KeyOf(method, _statusClasses ? status / 100 : status);
        var table = series.TableOf(_shard);
        return table.Find(key, canary, undefinedHost) ?? AddCell(table, key, canary, undefinedHost);
    }

    internal void Record(Cell? cell, in RequestMeasurement measurement)
    {
        if (cell is not null)
        {
            _layout.Record(cell.Values, in measurement);
        }
    }

    private Cell? AddCell(CellTable table, int key, byte[] canary, ReadOnlySpan<byte> undefinedHost)
    {
        if (!undefinedHost.IsEmpty && !AdmitsUndefined(undefinedHost))
        {
            RefusedRequests++;
            return null;
        }

        var cell = new Cell(key, canary, undefinedHost.ToArray(), _layout.Length);
        table.Add(cell);
        return cell;
    }

    /// <summary>Whether a name that a client made up may become a label: there is a limit, and the page has to stay UTF-8.</summary>
    private bool AdmitsUndefined(ReadOnlySpan<byte> host)
    {
        if (_undefinedHostSeriesLeft == 0 || host.Length > LongestHostName || !Utf8.IsValid(host))
        {
            return false;
        }

        _undefinedHostSeriesLeft--;
        return true;
    }
}
