using System.Collections.Immutable;

namespace Portico.Proxy.Observing.Metrics;

/// <summary>
/// What a compiled route holds in order to be counted: the series of its host and of that host's exact aliases.
/// Immutable, shared by all shards.
/// </summary>
public sealed class RouteMetrics
{
    private readonly RouteSeries _host;
    private readonly ImmutableArray<RouteSeries> _aliases;
    private readonly HostLabelMode _mode;

    internal RouteMetrics(RouteSeries host, ImmutableArray<RouteSeries> aliases, HostLabelMode mode)
    {
        _host = host;
        _aliases = aliases;
        _mode = mode;
    }

    /// <summary>
    /// Finds the series for the host that the client asked for (lower case, without port); null when the request is not to
    /// be counted. Hosts are compared literally, as ingress-nginx does: a request that a wildcard rule took has an
    /// undefined host. A request without a host counts for the server's own name (nginx's $host).
    /// </summary>
    /// <param name="undefinedHost">The host's bytes when no rule spells it out, else empty.</param>
    internal RouteSeries? Find(ReadOnlySpan<byte> host, out ReadOnlySpan<byte> undefinedHost)
    {
        undefinedHost = default;
        return _mode == HostLabelMode.None || host.IsEmpty || host.SequenceEqual(_host.HostUtf8)
            ? _host
            : FindOther(host, out undefinedHost);
    }

    internal void MarkSeen(long publication)
    {
        _host.LastSeen = publication;
        foreach (var alias in _aliases)
        {
            alias.LastSeen = publication;
        }
    }

    private RouteSeries? FindOther(ReadOnlySpan<byte> host, out ReadOnlySpan<byte> undefinedHost)
    {
        undefinedHost = default;
        foreach (var alias in _aliases)
        {
            if (host.SequenceEqual(alias.HostUtf8))
            {
                return alias;
            }
        }

        if (_mode == HostLabelMode.Defined)
        {
            return null;
        }

        undefinedHost = host;
        return _host;
    }
}

internal enum HostLabelMode
{
    /// <summary>No host label: everything counts.</summary>
    None,

    /// <summary>Only hosts that a rule spells out count.</summary>
    Defined,

    /// <summary>Every host counts under its own name.</summary>
    Any,
}
