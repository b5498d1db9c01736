using Portico.Model;
using Portico.Model.Policies;
using Portico.Net;
using Portico.Net.Tls;
using Portico.Proxy.Balancing;

namespace Portico.Proxy.Upstream;

/// <summary>
/// The idle upstream connections of one shard. Shared by all backends: what counts is the endpoint and how it is spoken to.
/// The newest is used first; beyond the limit the oldest is closed. Owned by the shard.
/// </summary>
internal sealed class UpstreamPool(Shard shard)
{
    private const int MaxSessions = 4096;

    private readonly Dictionary<(EndpointState Endpoint, UpstreamProtocol Protocol, UpstreamTls? Tls), UpstreamConnection> _newestByEndpoint = [];
    private readonly Dictionary<(EndpointState Endpoint, UpstreamTls Tls), TlsResumption> _sessions = [];
    private UpstreamConnection? _newest;
    private UpstreamConnection? _oldest;

    /// <summary>The limits in force; replaced with each snapshot.</summary>
    public UpstreamPoolSettings Settings { get; set; } = new();

    public int IdleCount { get; private set; }

    /// <summary>An idle connection to the endpoint, or null.</summary>
    public UpstreamConnection? Take(EndpointState endpoint, UpstreamProtocol protocol, UpstreamTls? tls = null)
    {
        if (!_newestByEndpoint.TryGetValue((endpoint, protocol, tls), out var connection))
        {
            return null;
        }

        Unlink(connection);
        connection.Clear();
        connection.IsReused = true;
        return connection;
    }

    /// <summary>Where the last TLS session with the endpoint is remembered.</summary>
    public TlsResumption SessionWith(EndpointState endpoint, UpstreamTls tls)
    {
        if (!_sessions.TryGetValue((endpoint, tls), out var session))
        {
            // Ways of speaking that are gone stay in the table until it is full, which costs some full handshakes then.
            if (_sessions.Count >= MaxSessions)
            {
                ForgetSessions(static _ => true);
            }

            _sessions[(endpoint, tls)] = session = new TlsResumption();
        }

        return session;
    }

    /// <summary>Keeps a connection whose exchange has ended, or closes it when it is not worth keeping.</summary>
    public void Return(UpstreamConnection connection)
    {
        if (!IsWorthKeeping(connection))
        {
            connection.Close();
            return;
        }

        connection.Http.ReleaseBuffer();
        Link(connection);
        connection.Http.Connection.Observer = connection;
        shard.Timers.Set(connection, shard.NowMilliseconds + (long)Settings.IdleTimeout.TotalMilliseconds);
        if (IdleCount > Settings.Connections)
        {
            Discard(_oldest!);
        }
    }

    /// <summary>Closes an idle connection.</summary>
    public void Discard(UpstreamConnection connection)
    {
        if (connection.IsIdle)
        {
            Unlink(connection);
            shard.Timers.Remove(connection);
            connection.Close();
        }
    }

    /// <summary>Closes the idle connections of endpoints that no backend has any more.</summary>
    public void Prune()
    {
        ForgetSessions(static endpoint => endpoint.Removed);
        var connection = _newest;
        while (connection is not null)
        {
            var older = connection.Older;
            if (connection.Endpoint.Removed)
            {
                Discard(connection);
            }

            connection = older;
        }
    }

    public void CloseAll()
    {
        while (_newest is { } connection)
        {
            Discard(connection);
        }
    }

    private void ForgetSessions(Func<EndpointState, bool> which)
    {
        foreach (var (key, session) in _sessions)
        {
            if (which(key.Endpoint))
            {
                // Removing the current entry is the one change that an enumeration of this table allows.
                _sessions.Remove(key);
                session.Dispose();
            }
        }
    }

    private bool IsWorthKeeping(UpstreamConnection connection) =>
        Settings.Connections > 0
        && !connection.IsPrivate
        && connection.Http.IsReusable
        && connection.Http.ResponseCount < Settings.Requests
        && !connection.Endpoint.Removed
        && shard.NowMilliseconds - connection.OpenedMilliseconds < (long)Settings.Lifetime.TotalMilliseconds;

    private void Link(UpstreamConnection connection)
    {
        connection.IsIdle = true;
        IdleCount++;
        connection.Older = _newest;
        if (_newest is not null)
        {
            _newest.Newer = connection;
        }

        _newest = connection;
        _oldest ??= connection;
        ref var newest = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(
            _newestByEndpoint, (connection.Endpoint, connection.Protocol, connection.Tls), out _);
        connection.NextOfEndpoint = newest;
        if (newest is not null)
        {
            newest.PreviousOfEndpoint = connection;
        }

        newest = connection;
    }

    private void Unlink(UpstreamConnection connection)
    {
        connection.IsIdle = false;
        connection.Http.Connection.Observer = null;
        IdleCount--;
        if (connection.Newer is { } newer)
        {
            newer.Older = connection.Older;
        }
        else
        {
            _newest = connection.Older;
        }

        if (connection.Older is { } older)
        {
            older.Newer = connection.Newer;
        }
        else
        {
            _oldest = connection.Newer;
        }

        UnlinkFromEndpoint(connection);
        connection.Older = null;
        connection.Newer = null;
    }

    private void UnlinkFromEndpoint(UpstreamConnection connection)
    {
        var key = (connection.Endpoint, connection.Protocol, connection.Tls);
        if (connection.NextOfEndpoint is { } next)
        {
            next.PreviousOfEndpoint = connection.PreviousOfEndpoint;
        }

        if (connection.PreviousOfEndpoint is { } previous)
        {
            previous.NextOfEndpoint = connection.NextOfEndpoint;
        }
        else if (connection.NextOfEndpoint is { } top)
        {
            _newestByEndpoint[key] = top;
        }
        else
        {
            _newestByEndpoint.Remove(key);
        }

        connection.NextOfEndpoint = null;
        connection.PreviousOfEndpoint = null;
    }
}
