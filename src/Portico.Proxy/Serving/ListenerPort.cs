using System.Collections.Immutable;
using System.Net;
using System.Runtime.CompilerServices;
using Portico.Http;
using Portico.Http.Http1;
using Portico.Http.Http2;
using Portico.Model;
using Portico.Net;
using Portico.Net.Async;
using Portico.Net.ProxyProtocol;
using Portico.Net.Sockets;
using Portico.Net.Tls;
using Portico.Proxy.Forwarding;
using Portico.Proxy.Observing.ErrorLog;
using Portico.Proxy.Observing.Metrics;
using Portico.Proxy.Requests;
using Portico.Proxy.Routing;
using Portico.Proxy.Streams;
using SocketAddress = Portico.Net.Sockets.SocketAddress;

namespace Portico.Proxy.Serving;

/// <summary>
/// One port of the gateway on all its addresses: a listening socket for each shard and address, the HTTP server behind it, and the
/// TLS context where there is one. Made once at start; connections stay while snapshots change.
/// </summary>
internal sealed class ListenerPort
{
    private static readonly RepeatedMessage HandshakeFailures = new();
    private static readonly RepeatedMessage ProxyHeaderFailures = new();

    private static readonly TimeSpan FirstRequestPatience = TimeSpan.FromSeconds(1);

    private readonly ShardServices[] _services;
    private readonly DataPlaneObservers _observers;
    private readonly Http1Server[] _servers;
    private readonly Http2Server[] _http2Servers;
    private readonly List<(Shard Shard, Net.Sockets.Listener Socket)> _sockets = [];
    private readonly CertificatePublisher? _certificates;
    private readonly SnapshotSource _snapshots;
    private readonly int _index;
    private long _serial;

    private ListenerPort(Model.Listener model, int index, ShardServices[] services, SnapshotSource snapshots, DataPlaneObservers observers)
    {
        _services = services;
        _observers = observers;
        _snapshots = snapshots;
        _index = index;
        _servers = [.. services.Select(s => new Http1Server(new ProxyHandler(s, snapshots, index)))];
        _http2Servers = [.. services.Select((s, i) => new Http2Server(_servers[i], s.Http2Defences, ReportDefence, s.ReportDefect))];
        if (model.Protocol == ListenerProtocol.Https)
        {
            _certificates = new CertificatePublisher(index, new HostRules(snapshots, index), observers.Proxy.Ocsp, observers.ErrorLog);
        }
    }

    public int Port { get; private set; }

    /// <summary>Lets clients of a plain port begin with the preface of HTTP/2 (prior knowledge).</summary>
    private void WelcomeHttp2()
    {
        for (var i = 0; i < _servers.Length; i++)
        {
            _servers[i].Http2 = _http2Servers[i];
        }
    }

    /// <summary>Opens the sockets; nothing is accepted yet.</summary>
    /// <exception cref="IOException">The port is in use, or not ours to use.</exception>
    public static ListenerPort Open(
        Model.Listener model, int index, DataPlaneOptions options, ImmutableArray<IPAddress> addresses, ShardServices[] services, SnapshotSource snapshots, DataPlaneObservers observers)
    {
        var port = new ListenerPort(model, index, services, snapshots, observers) { Port = model.Port };
        if (options.Http2Cleartext)
        {
            port.WelcomeHttp2();
        }

        foreach (var address in addresses)
        {
            foreach (var shard in services)
            {
                var accept = port.AcceptorFor(shard);
                var socket = Net.Sockets.Listener.Open(shard.Shard, address, port.Port, accept, out var error)
                    ?? throw new IOException($"cannot listen on {new IPEndPoint(address, port.Port)} ({model.Name}): {error}");
                port.Port = socket.Port;
                port._sockets.Add((shard.Shard, socket));
            }
        }

        return port;
    }

    public void Start()
    {
        foreach (var (shard, socket) in _sockets)
        {
            shard.Post(static socket => ((Net.Sockets.Listener)socket!).Start(), socket);
        }
    }

    /// <returns>TLS settings that cannot be used.</returns>
    public ImmutableArray<RoutingProblem> PublishCertificates(GatewayModel model) => _certificates?.Publish(model) ?? [];

    /// <summary>On the shard's thread.</summary>
    public void SetLimits(int shard, Http1Limits limits) => _servers[shard].Limits = limits;

    /// <summary>Goes on as before, and asks HTTP/1 clients to come back over another connection. Any thread.</summary>
    public void BeginLeaving()
    {
        foreach (var server in _servers)
        {
            server.Phase = ServerPhase.Leaving;
        }
    }

    /// <summary>Takes no more connections, lets those that are there finish.</summary>
    public async Task StopAsync()
    {
        _certificates?.Close();
        foreach (var server in _servers)
        {
            server.Phase = ServerPhase.Draining;
        }

        foreach (var (shard, socket) in _sockets)
        {
            await shard.InvokeAsync(() =>
            {
                socket.Stop();
                shard.ForEachConnection(CloseIdle);
                return true;
            });
        }
    }

    /// <summary>Closes the connections of clients that have not sent a byte of a first request yet.</summary>
    public static async Task CloseSilentAsync(Shard[] shards)
    {
        foreach (var shard in shards)
        {
            await shard.InvokeAsync(() =>
            {
                shard.ForEachConnection(static connection =>
                {
                    if (connection is { Facts: ConnectionFacts, Codec: null or Http1ServerConnection { IsIdle: true } })
                    {
                        connection.Close();
                    }
                });
                return true;
            });
        }
    }

    /// <summary>An idle connection is closed. One that has just been opened may have its first request on the way: it gets a moment.</summary>
    private static void CloseIdle(Connection connection)
    {
        if (connection.Codec is Http2ServerConnection http2)
        {
            http2.Drain();
            return;
        }

        if (connection.Codec is not Http1ServerConnection { IsIdle: true } server)
        {
            return;
        }

        if (server.HasServed)
        {
            connection.Close();
        }
        else
        {
            connection.LimitPendingRead(FirstRequestPatience);
        }
    }

    private Action<Connection> AcceptorFor(ShardServices services) => connection =>
    {
        services.Counters.ConnectionsAccepted++;
        services.Counters.ConnectionsHandled++;
        services.Counters.ConnectionsActive++;
        connection.Facts = FactsOf(connection);
        services.Shard.Watch(ServeAsync(services, connection));
    };

    private ConnectionFacts FactsOf(Connection connection)
    {
        var facts = new ConnectionFacts
        {
            Serial = Interlocked.Increment(ref _serial),
            Local = ConnectionFacts.LocalAddressOf(connection),
            LocalPort = connection.LocalPort,
        };
        var remote = connection.RemoteAddress;
        facts.SetPeer(ClientAddress.FromBytes(SocketAddress.IpBytes(remote)), SocketAddress.Port(remote));
        return facts;
    }

    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<bool> ServeAsync(ShardServices services, Connection connection)
    {
        var server = _servers[services.Shard.Index];
        try
        {
            var snapshot = _snapshots.Current;
            var forwarded = snapshot.Model.Settings.Forwarded;
            var passthrough = snapshot.Passthrough[_index];
            if (forwarded.UseProxyProtocol
                && !await TakeProxyHeaderAsync(services, connection, passthrough is null ? server.Limits.HeadTimeout : forwarded.ProxyHeaderTimeout))
            {
                connection.Close();
                return false;
            }

            if (passthrough is not null)
            {
                if (await ServerNamePeek.LookAsync(connection, server.Limits.HeadTimeout) is not { } serverName)
                {
                    connection.Close();
                    return false;
                }

                if (passthrough.Find(serverName) is { } backend)
                {
                    return await PassthroughRelay.RunAsync(services, connection, serverName, backend, _snapshots);
                }
            }

            var reject = RejectionKind.None;
            if (_certificates is not null)
            {
                var status = await HandshakeAsync(services, connection, server.Limits.HeadTimeout);
                if (status is not (TlsStatus.Done or TlsStatus.PlainHttp))
                {
                    connection.Close();
                    return false;
                }

                reject = status == TlsStatus.PlainHttp ? RejectionKind.PlainHttpOnTlsPort : RejectionKind.None;
            }

            return connection.Tls is { } tls && tls.ApplicationProtocol.SequenceEqual("h2"u8)
                ? await Http2ServerConnection.RunAsync(_http2Servers[services.Shard.Index], connection, default)
                : await Http1ServerConnection.RunAsync(server, connection, reject);
        }
        finally
        {
            services.Counters.ConnectionsActive--;
        }
    }

    /// <summary>
    /// With <c>use-proxy-protocol</c> every connection begins with a header, before TLS. One that does not is closed without a word:
    /// whoever sends none is not the proxy in front of us.
    /// </summary>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<bool> TakeProxyHeaderAsync(ShardServices services, Connection connection, TimeSpan timeout)
    {
        var facts = (ConnectionFacts)connection.Facts!;
        var taken = await ProxyHeaderReader.TakeAsync(connection, timeout);
        if (taken.Status <= 0)
        {
            services.Counters.ProxyHeaderFailures++;
            if (_observers.ErrorLog.IsEnabled(ErrorLogLevel.Info))
            {
                _observers.ErrorLog.Write(
                    ErrorLogLevel.Info, ProxyHeaderFailures, $"a connection from {facts.Peer} to port {facts.LocalPort} is closed: it does not begin with a PROXY header");
            }

            return false;
        }

        facts.Proxy = ProxyAnnouncement.From(taken.Header);
        return true;
    }

    private void ReportDefence(Connection connection, Http2Defence defence)
    {
        if (_observers.ErrorLog.IsEnabled(ErrorLogLevel.Info))
        {
            var facts = Http2DefenceFacts.Of(defence);
            _observers.ErrorLog.Write(
                ErrorLogLevel.Info, facts.Repeats, $"HTTP/2 {facts.Ends} of {((ConnectionFacts)connection.Facts!).Peer} ended: {facts.Words}");
        }
    }

    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<TlsStatus> HandshakeAsync(ShardServices services, Connection connection, TimeSpan timeout)
    {
        var session = connection.AcceptTls(_certificates!.Context);
        var status = await connection.HandshakeAsync(session, timeout);
        if (status == TlsStatus.Done)
        {
            services.Counters.TlsHandshakes++;
            var facts = (ConnectionFacts)connection.Facts!;
            facts.SetTls(session);
            facts.TlsProtocol = services.TlsTexts.Intern(session.ProtocolVersion);
            facts.TlsCipher = services.TlsTexts.Intern(session.Cipher);
        }
        else if (status != TlsStatus.PlainHttp)
        {
            services.Counters.TlsHandshakeFailures++;
            if (_observers.ErrorLog.IsEnabled(ErrorLogLevel.Info))
            {
                _observers.ErrorLog.Write(
                    ErrorLogLevel.Info, HandshakeFailures, $"TLS handshake with {((ConnectionFacts)connection.Facts!).Peer} failed: {session.LastError ?? "no answer in time"}");
            }
        }

        return status;
    }
}
