using System.Runtime.InteropServices;
using Portico.Net;
using Portico.Proxy.Balancing;

namespace Portico.Proxy.Subrequests;

/// <summary>
/// The idle connections of the gateway's own requests on one shard; apart from those of forwarded requests, because their limits
/// (<c>auth-keepalive</c> and kin) are a route's and not the installation's. The newest is used first. Owned by the shard.
/// </summary>
internal sealed class SubrequestPool(Shard shard)
{
    private readonly Dictionary<Key, List<SubrequestConnection>> _idle = [];

    /// <summary>An idle connection, or null.</summary>
    public SubrequestConnection? Take(EndpointState endpoint, SubrequestDestination destination)
    {
        var key = new Key(endpoint, destination.Tls ? destination.ServerName : "", destination.Tls);
        while (_idle.TryGetValue(key, out var idle) && idle.Count > 0)
        {
            var connection = idle[^1];
            idle.RemoveAt(idle.Count - 1);
            Wake(connection);
            if (!connection.Http.Connection.PeerFinished && connection.Http.Connection.IsQuiet())
            {
                connection.IsReused = true;
                return connection;
            }

            connection.Close();
        }

        return null;
    }

    /// <summary>Keeps a connection whose answer was read whole, or closes it when it is not worth keeping.</summary>
    public void Return(SubrequestConnection connection, SubrequestKeepAlive? keepAlive)
    {
        if (keepAlive is null || !connection.Http.IsReusable || connection.Http.ResponseCount >= keepAlive.Requests || connection.Endpoint.Removed)
        {
            connection.Close();
            return;
        }

        ref var idle = ref CollectionsMarshal.GetValueRefOrAddDefault(_idle, connection.Key, out _);
        idle ??= [];
        if (idle.Count >= keepAlive.Connections)
        {
            connection.Close();
            return;
        }

        connection.Http.ReleaseBuffer();
        idle.Add(connection);
        connection.IsIdle = true;
        connection.Http.Connection.Observer = connection;
        shard.Timers.Set(connection, shard.NowMilliseconds + (long)keepAlive.IdleTimeout.TotalMilliseconds);
    }

    public void Discard(SubrequestConnection connection)
    {
        if (connection.IsIdle)
        {
            _idle[connection.Key].Remove(connection);
            Wake(connection);
            connection.Close();
        }
    }

    /// <summary>Closes the idle connections of endpoints that no backend has any more.</summary>
    public void Prune() => Close(static connection => connection.Endpoint.Removed);

    public void CloseAll() => Close(static _ => true);

    private void Close(Func<SubrequestConnection, bool> isDue)
    {
        foreach (var (key, idle) in _idle.ToList())
        {
            foreach (var connection in idle.Where(isDue).ToList())
            {
                Discard(connection);
            }

            if (idle.Count == 0)
            {
                _idle.Remove(key);
            }
        }
    }

    private void Wake(SubrequestConnection connection)
    {
        connection.IsIdle = false;
        connection.Http.Connection.Observer = null;
        shard.Timers.Remove(connection);
    }

    internal readonly record struct Key(EndpointState Endpoint, string ServerName, bool Tls);
}
