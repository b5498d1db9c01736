using System.Runtime.CompilerServices;
using Portico.Http.Http2;
using Portico.Model;
using Portico.Net;
using Portico.Net.Async;
using Portico.Net.Sockets;
using Portico.Proxy.Balancing;

namespace Portico.Proxy.Upstream;

/// <summary>
/// The HTTP/2 connections of one shard, by endpoint and the way TLS is spoken. Requests share a connection up to the number of streams that
/// the endpoint allows; beyond it another one is opened. While one is being opened, others wait for it. Owned by the shard.
/// </summary>
internal sealed class Http2UpstreamPool(Shard shard) : IHttp2ClientOwner
{
    private readonly Dictionary<(EndpointState Endpoint, UpstreamTls? Tls), Group> _groups = [];
    private readonly Dictionary<Http2ClientConnection, Group> _groupOf = [];
    private readonly Stack<Http2UpstreamExchange> _free = new();

    /// <summary>The limits in force; replaced with each snapshot.</summary>
    public UpstreamPoolSettings Settings { get; set; } = new();

    public int ConnectionCount => _groupOf.Count;

    /// <summary>An exchange on a connection that has room for another stream, or null.</summary>
    /// <param name="largestHead">Room for a response head in bytes.</param>
    public Http2UpstreamExchange? Take(EndpointState endpoint, UpstreamTls? tls, int largestHead)
    {
        if (!_groups.TryGetValue((endpoint, tls), out var group))
        {
            return null;
        }

        foreach (var (connection, openedMilliseconds) in group.Connections)
        {
            if (connection.CanOpen && connection.RequestCount < Settings.Requests
                && shard.NowMilliseconds - openedMilliseconds < (long)Settings.Lifetime.TotalMilliseconds)
            {
                return Begin(connection, endpoint, isSecure: tls is not null, largestHead, isPrivate: false);
            }
        }

        return null;
    }

    /// <summary>Whether somebody is connecting to the endpoint, whose end <see cref="WaitAsync"/> tells.</summary>
    public bool IsOpening(EndpointState endpoint, UpstreamTls? tls) =>
        _groups.TryGetValue((endpoint, tls), out var group) && group.IsOpening;

    /// <returns>What <see cref="EndOpening"/> is told.</returns>
    public ValueTask<int> WaitAsync(EndpointState endpoint, UpstreamTls? tls, TimeSpan timeout)
    {
        var wait = new ShardWait();
        _groups[(endpoint, tls)].Waiting.Add(wait);
        return wait.Begin(shard, timeout);
    }

    public void BeginOpening(EndpointState endpoint, UpstreamTls? tls)
    {
        if (!_groups.TryGetValue((endpoint, tls), out var group))
        {
            group = new Group(endpoint, tls);
            _groups.Add((endpoint, tls), group);
        }

        group.IsOpening = true;
    }

    /// <param name="connection">The connection, ready for HTTP/2; null when <paramref name="status"/> is an error.</param>
    public void EndOpening(EndpointState endpoint, UpstreamTls? tls, Connection? connection, int status)
    {
        var group = _groups[(endpoint, tls)];
        group.IsOpening = false;
        if (connection is not null)
        {
            var opened = new Http2ClientConnection(connection, this) { IdleLimit = Settings.IdleTimeout };
            group.Connections.Add((opened, shard.NowMilliseconds));
            _groupOf.Add(opened, group);
            opened.Start();
        }

        var waiting = group.Waiting.ToArray();
        group.Waiting.Clear();
        RemoveIfEmpty(group);
        foreach (var wait in waiting)
        {
            wait.Complete(status);
        }
    }

    /// <summary>
    /// An exchange on a connection that was begun in the name of one client (the PROXY protocol): no other stream is opened there, and it ends
    /// with this one.
    /// </summary>
    public Http2UpstreamExchange OpenPrivate(EndpointState endpoint, UpstreamTls? tls, Connection connection, int largestHead)
    {
        var opened = new Http2ClientConnection(connection, this);
        _groupOf.Add(opened, new Group(endpoint, tls));
        opened.Start();
        return Begin(opened, endpoint, isSecure: tls is not null, largestHead, isPrivate: true);
    }

    private Http2UpstreamExchange Begin(Http2ClientConnection connection, EndpointState endpoint, bool isSecure, int largestHead, bool isPrivate)
    {
        var exchange = _free.TryPop(out var free) ? free : new Http2UpstreamExchange(this);
        exchange.Begin(connection, endpoint, isSecure, largestHead, isPrivate);
        return exchange;
    }

    public void Return(Http2UpstreamExchange exchange) => _free.Push(exchange);

    /// <summary>Lets connections to endpoints that no backend has any more end with their last stream.</summary>
    public void Prune()
    {
        foreach (var (connection, group) in _groupOf.ToArray())
        {
            if (group.Endpoint.Removed)
            {
                connection.Retire();
            }
        }
    }

    /// <summary>Idle connections are closed; the others end with their last stream.</summary>
    public void CloseAll()
    {
        foreach (var connection in _groupOf.Keys.ToArray())
        {
            connection.Retire();
        }
    }

    void IHttp2ClientOwner.OnIdle(Http2ClientConnection connection)
    {
        var group = _groupOf[connection];
        if (connection.IsGoingAway || group.Endpoint.Removed || Settings.Connections == 0 || connection.RequestCount >= Settings.Requests)
        {
            connection.Close();
        }
    }

    void IHttp2ClientOwner.OnEnded(Http2ClientConnection connection)
    {
        if (_groupOf.Remove(connection, out var group))
        {
            group.Connections.RemoveAll(entry => entry.Connection == connection);
            RemoveIfEmpty(group);
        }
    }

    private void RemoveIfEmpty(Group group)
    {
        // That of a private connection is in no list.
        if (group.Connections.Count == 0 && !group.IsOpening && _groups.GetValueOrDefault((group.Endpoint, group.Tls)) == group)
        {
            _groups.Remove((group.Endpoint, group.Tls));
        }
    }

    /// <summary>The connections that lead to one place.</summary>
    private sealed class Group(EndpointState endpoint, UpstreamTls? tls)
    {
        public EndpointState Endpoint { get; } = endpoint;

        public UpstreamTls? Tls { get; } = tls;

        public List<(Http2ClientConnection Connection, long OpenedMilliseconds)> Connections { get; } = [];

        public List<ShardWait> Waiting { get; } = [];

        public bool IsOpening { get; set; }
    }
}
