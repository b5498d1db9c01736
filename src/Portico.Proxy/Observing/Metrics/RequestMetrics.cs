using System.Collections.Immutable;
using Portico.Model;

namespace Portico.Proxy.Observing.Metrics;

/// <summary>
/// The registry of request series. One per process. Compiling a route asks it for the route's handle, publishing a snapshot
/// tells it which handles still serve; both on the control thread. Shards never come here: they count through
/// <see cref="Shard"/> and the handle in the route.
/// </summary>
public sealed class RequestMetrics
{
    private readonly Lock _gate = new();
    private readonly Dictionary<RouteLabels, RouteSeries> _series = [];
    private readonly RequestMetricsOptions _options;
    private readonly ShardRequestMetrics[] _shards;
    private readonly HostLabelMode _mode;
    private RouteSeries[]? _sorted;
    private long _publication;

    public RequestMetrics(RequestMetricsOptions options, int shardCount)
    {
        _options = options;
        _mode = !options.PerHost ? HostLabelMode.None : options.PerUndefinedHost ? HostLabelMode.Any : HostLabelMode.Defined;
        Layout = new CellLayout(options);
        _shards = new ShardRequestMetrics[shardCount];
        for (var i = 0; i < shardCount; i++)
        {
            _shards[i] = new ShardRequestMetrics(i, Layout, options);
        }

        Unrouted = options.Enabled ? new RouteMetrics(SeriesOf(new RouteOrigin(), VirtualHost.AnyHost), [], _mode) : null;
    }

    public bool Enabled => _options.Enabled;

    /// <summary>The handle for requests that no route took: ingress-nginx's catch-all, whose labels are empty. Null when metrics are off.</summary>
    public RouteMetrics? Unrouted { get; }

    internal bool StatusClasses => _options.StatusClasses;

    internal CellLayout Layout { get; }

    /// <summary>How many requests of undefined hosts were not counted, because their shard keeps enough such series.</summary>
    public long RefusedRequests
    {
        get
        {
            var sum = 0L;
            foreach (var shard in _shards)
            {
                sum += shard.RefusedRequests;
            }

            return sum;
        }
    }

    /// <summary>The counting side of a shard, to be used on its thread only.</summary>
    public ShardRequestMetrics Shard(int index) => _shards[index];

    /// <summary>The handle that a compiled route of this host holds; null when its requests are not counted.</summary>
    public RouteMetrics? For(Route route, VirtualHost host)
    {
        if (!_options.Enabled || !route.Metrics)
        {
            return null;
        }

        lock (_gate)
        {
            var aliases = ImmutableArray<RouteSeries>.Empty;
            if (_mode != HostLabelMode.None)
            {
                foreach (var alias in host.Aliases)
                {
                    aliases = alias.Kind == HostAliasKind.Exact ? aliases.Add(SeriesOf(route.Origin, alias.Name)) : aliases;
                }
            }

            return new RouteMetrics(SeriesOf(route.Origin, host.Name), aliases, _mode);
        }
    }

    /// <summary>
    /// Drops the series of routes that no longer serve. Called once per published snapshot whose routes differ from the
    /// one before, with the handles of all its routes: one pass over references, about 100 µs for 10,000 routes.
    /// </summary>
    public void Retain(IEnumerable<RouteMetrics> live)
    {
        lock (_gate)
        {
            _publication++;
            Unrouted?.MarkSeen(_publication);
            foreach (var route in live)
            {
                route.MarkSeen(_publication);
            }

            foreach (var (labels, series) in _series)
            {
                if (series.LastSeen != _publication)
                {
                    _series.Remove(labels);
                    _sorted = null;
                }
            }
        }
    }

    /// <summary>All series in the order of the page.</summary>
    internal RouteSeries[] Sorted()
    {
        lock (_gate)
        {
            if (_sorted is null)
            {
                _sorted = [.. _series.Values];
                Array.Sort(_sorted, (left, right) => left.Labels.CompareTo(right.Labels));
            }

            return _sorted;
        }
    }

    private RouteSeries SeriesOf(RouteOrigin origin, string host)
    {
        var labels = new RouteLabels(origin.Namespace, origin.Name, origin.Service, origin.Path, _mode == HostLabelMode.None ? null : host);
        if (!_series.TryGetValue(labels, out var series))
        {
            series = new RouteSeries(labels, _shards.Length);
            _series.Add(labels, series);
            _sorted = null;
        }

        return series;
    }
}
