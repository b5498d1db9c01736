using System.Collections.Immutable;
using System.Net;
using System.Runtime.CompilerServices;
using Portico.Model;
using Portico.Net;
using Portico.Net.Async;
using Portico.Net.ProxyProtocol;
using Portico.Net.Sockets;
using Portico.Proxy.Forwarding;
using Portico.Proxy.Requests;
using Portico.Proxy.Serving;
using Listener = Portico.Net.Sockets.Listener;
using SocketAddress = Portico.Net.Sockets.SocketAddress;

namespace Portico.Proxy.Streams;

/// <summary>The port of a TCP service: accepts, takes a PROXY header where one is due, connects to an endpoint, relays.</summary>
internal sealed class TcpPort(StreamTarget target, ShardServices[] services, SnapshotSource snapshots) : StreamPort(target)
{
    /// <summary>nginx's proxy_protocol_timeout of streams, which no key changes.</summary>
    private static readonly TimeSpan ProxyHeaderTimeout = TimeSpan.FromSeconds(30);

    private readonly List<(Shard Shard, Listener Socket)> _sockets = [];
    private long _serial;

    public override string? Open(ImmutableArray<IPAddress> addresses)
    {
        foreach (var address in addresses)
        {
            foreach (var shard in services)
            {
                if (Listener.Open(shard.Shard, address, Target.Model.Port, AcceptorFor(shard), out var error) is not { } socket)
                {
                    _sockets.ForEach(opened => opened.Socket.Discard());
                    return error;
                }

                _sockets.Add((shard.Shard, socket));
            }
        }

        return null;
    }

    public override void Start()
    {
        foreach (var (shard, socket) in _sockets)
        {
            shard.Post(static socket => ((Listener)socket!).Start(), socket);
        }
    }

    public override Task StopAsync() => Task.WhenAll(_sockets.Select(opened => opened.Shard.InvokeAsync(() =>
    {
        opened.Socket.Stop();
        return true;
    })));

    private Action<Connection> AcceptorFor(ShardServices shard) => connection =>
    {
        shard.Counters.ConnectionsAccepted++;
        shard.Counters.ConnectionsHandled++;
        shard.Counters.ConnectionsActive++;
        shard.Shard.Watch(ServeAsync(shard, connection));
    };

    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<bool> ServeAsync(ShardServices shard, Connection client)
    {
        var target = Target;
        var session = SessionOf(shard, client, target);
        client.Facts = session;
        try
        {
            if (target.Model.AcceptsProxyProtocol && !await TakeProxyHeaderAsync(shard, client, session))
            {
                session.Status = StreamSession.BadClient;
                return false;
            }

            return await RelayAsync(shard, client, session, target);
        }
        finally
        {
            client.Close();
            shard.Counters.ConnectionsActive--;
            shard.Streams.Record(session, snapshots.Current);
        }
    }

    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<bool> RelayAsync(ShardServices shard, Connection client, StreamSession session, StreamTarget target)
    {
        var settings = snapshots.Current.Model.Settings.Streams;
        if (await StreamDialer.ConnectAsync(shard, session, target.Backend, settings) is not { } backend)
        {
            session.Status = StreamSession.BadGateway;
            return false;
        }

        if (target.Model.SendsProxyProtocol && !await SendProxyHeaderAsync(shard, client, session, backend, settings))
        {
            session.Status = StreamSession.BadGateway;
            backend.Close();
            return false;
        }

        return await new StreamRelay(shard, client, backend, settings.IdleTimeout, session).RunAsync();
    }

    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<bool> TakeProxyHeaderAsync(ShardServices shard, Connection client, StreamSession session)
    {
        var taken = await ProxyHeaderReader.TakeAsync(client, ProxyHeaderTimeout);
        if (taken.Status <= 0)
        {
            shard.Counters.ProxyHeaderFailures++;
            return false;
        }

        session.Proxy = ProxyAnnouncement.From(taken.Header);
        // set_real_ip_from is written for streams only with enable-real-ip: without it the peer stays the client.
        if (session.Proxy is { } proxy && snapshots.Current.Settings.Identity.TrustsProxyOfStreams(session.Peer))
        {
            session.Client = proxy.Source;
            session.ClientPort = proxy.SourcePort;
        }

        return true;
    }

    /// <summary>Version 1, as ingress-nginx: the client as we know it, and the address that it came to.</summary>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private static async ValueTask<bool> SendProxyHeaderAsync(
        ShardServices shard, Connection client, StreamSession session, Connection backend, StreamSettings settings)
    {
        var buffer = shard.Shard.Buffers.Rent(ProxyHeaderWriter.LongestHeader);
        var length = WriteHeader(client, session, buffer);
        var written = await backend.WriteAsync(buffer, 0, length, settings.IdleTimeout);
        shard.Shard.Buffers.Return(buffer);
        return written >= 0;
    }

    private static int WriteHeader(Connection client, StreamSession session, byte[] buffer)
    {
        Span<byte> source = stackalloc byte[SocketAddress.MaxLength];
        Span<byte> destination = stackalloc byte[SocketAddress.MaxLength];
        Span<byte> ip = stackalloc byte[16];
        SocketAddress.Write(source, ip[..session.Client.Write(ip)], session.ClientPort);
        client.ReadLocalAddress(destination);
        return ProxyHeaderWriter.WriteText(buffer, source, destination);
    }

    private StreamSession SessionOf(ShardServices shard, Connection client, StreamTarget target)
    {
        var peer = ClientAddress.FromBytes(SocketAddress.IpBytes(client.RemoteAddress));
        var port = SocketAddress.Port(client.RemoteAddress);
        return new StreamSession
        {
            Protocol = StreamProtocol.Tcp,
            Serial = Interlocked.Increment(ref _serial),
            Peer = peer,
            PeerPort = port,
            Client = peer,
            ClientPort = port,
            Local = ConnectionFacts.LocalAddressOf(client),
            LocalPort = client.LocalPort,
            UpstreamName = target.Backend.Name,
            StartedMilliseconds = shard.Shard.NowMilliseconds,
        };
    }
}
