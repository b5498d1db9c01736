using System.Runtime.CompilerServices;
using Portico.Model;
using Portico.Net.Async;
using Portico.Net.Sockets;
using Portico.Proxy.Balancing;
using Portico.Proxy.Forwarding;
using Portico.Proxy.Requests;
using Portico.Proxy.Serving;

namespace Portico.Proxy.Streams;

/// <summary>
/// Hands a TLS connection to a backend as it came: no byte of it was taken, so the backend sees the ClientHello first. Nothing is put
/// before it, whatever <c>use-proxy-protocol</c> says, as in ingress-nginx. No configuration change ends it.
/// </summary>
internal static class PassthroughRelay
{
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    public static async ValueTask<bool> RunAsync(ShardServices services, Connection client, byte[] serverName, BackendState backend, SnapshotSource snapshots)
    {
        var session = SessionOf(services, client, serverName, backend);
        // From now on it is not a connection that waits for its first request.
        client.Codec = session;
        var settings = snapshots.Current.Model.Settings.Streams;
        var whole = false;
        if (await StreamDialer.ConnectAsync(services, session, backend, settings) is { } upstream)
        {
            whole = await new StreamRelay(services, client, upstream, settings.IdleTimeout, session).RunAsync();
        }
        else
        {
            session.Status = StreamSession.BadGateway;
            client.Close();
        }

        services.Streams.Record(session, snapshots.Current);
        return whole;
    }

    private static StreamSession SessionOf(ShardServices services, Connection client, byte[] serverName, BackendState backend)
    {
        var facts = (ConnectionFacts)client.Facts!;
        return new StreamSession
        {
            Protocol = StreamProtocol.Tcp,
            Serial = facts.Serial,
            Peer = facts.Peer,
            PeerPort = facts.PeerPort,
            Client = facts.Proxy?.Source ?? facts.Peer,
            ClientPort = facts.Proxy?.SourcePort ?? facts.PeerPort,
            Proxy = facts.Proxy,
            Local = facts.Local,
            LocalPort = facts.LocalPort,
            ServerName = serverName,
            UpstreamName = backend.Name,
            StartedMilliseconds = services.Shard.NowMilliseconds,
        };
    }
}
