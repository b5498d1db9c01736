using Portico.Model;
using Portico.Net.Sockets;
using Portico.Net.Timers;
using Portico.Proxy.Balancing;
using Portico.Proxy.Forwarding;
using Portico.Proxy.Serving;
using SocketAddress = Portico.Net.Sockets.SocketAddress;

namespace Portico.Proxy.Streams;

/// <summary>Who speaks to whom on our side: what a UDP session is found by.</summary>
internal readonly record struct UdpFlow(DatagramListener Listener, UInt128 ClientIp, int ClientPort, LocalAddress Local);

/// <summary>
/// The sessions of a UDP port on one shard, found by the client's address and the one that it wrote to. Owned by the shard. There is a
/// bound on their number: what comes above it is dropped and counted, so that forged senders cost no more than that.
/// </summary>
internal sealed class UdpSessions(UdpPort port, ShardServices services, SnapshotSource snapshots) : Deadline, IDatagramReceiver
{
    /// <summary>Each costs a descriptor.</summary>
    internal const int Most = 8192;

    private const int SweepMilliseconds = 250;

    private readonly Dictionary<UdpFlow, UdpSession> _sessions = [];
    private long _serial;

    public int Count => _sessions.Count;

    public ShardServices Services => services;

    public void OnDatagrams(DatagramListener listener, DatagramBatch batch)
    {
        var settings = snapshots.Current.Model.Settings.Streams;
        for (var i = 0; i < batch.Count; i++)
        {
            var sender = batch.Sender(i);
            var flow = new UdpFlow(listener, AddressBits(sender), SocketAddress.Port(sender), batch.Local(i));
            var session = Find(in flow, sender);
            if (session is null)
            {
                services.Counters.DatagramsDropped++;
                continue;
            }

            session.Forward(batch.Bytes(i), settings);
        }

        if (!IsSet && _sessions.Count > 0)
        {
            services.Shard.Timers.Set(this, services.Shard.NowMilliseconds + SweepMilliseconds);
        }
    }

    public Task StopAsync() => services.Shard.InvokeAsync(() =>
    {
        services.Shard.Timers.Remove(this);
        foreach (var session in _sessions.Values)
        {
            session.End();
        }

        _sessions.Clear();
        return true;
    });

    /// <summary>Forgets a session whose socket is closed.</summary>
    internal void Forget(UdpSession session) => _sessions.Remove(session.Flow);

    internal void Record(StreamSession session) => services.Streams.Record(session, snapshots.Current);

    protected override void OnDue()
    {
        var now = services.Shard.NowMilliseconds;
        var idle = (long)snapshots.Current.Model.Settings.Streams.IdleTimeout.TotalMilliseconds;
        foreach (var session in _sessions.Values)
        {
            if (session.IsOver(now, idle))
            {
                // Taking entries out while going through them is allowed.
                session.End();
                Forget(session);
            }
        }

        if (_sessions.Count > 0)
        {
            services.Shard.Timers.Set(this, now + SweepMilliseconds);
        }
    }

    /// <summary>The session of a datagram: the one that runs, or a new one. Null when there can be none.</summary>
    private UdpSession? Find(in UdpFlow flow, ReadOnlySpan<byte> sender)
    {
        var target = port.Target;
        _sessions.TryGetValue(flow, out var known);
        if (known is { IsAnswered: false } && known.Endpoint is { Removed: false })
        {
            return known;
        }

        var endpoint = StreamDialer.Pick(services, target.Backend, default);
        if (known is not null)
        {
            if (endpoint is not null && known.Endpoint == endpoint && !endpoint.Removed)
            {
                // The client asks again, and the endpoint whose turn it is has a socket for it already.
                known.Restart();
                return known;
            }

            known.End();
            Forget(known);
        }

        return endpoint is null || _sessions.Count >= Most ? null : Open(in flow, sender, target, endpoint);
    }

    private UdpSession? Open(in UdpFlow flow, ReadOnlySpan<byte> sender, StreamTarget target, EndpointState endpoint)
    {
        var facts = FactsOf(in flow, sender, target);
        facts.AddAttempt(endpoint);
        facts.ConnectedMilliseconds = services.Shard.NowMilliseconds;
        var session = new UdpSession(this, flow, sender.ToArray(), facts, endpoint);
        if (!session.Connect())
        {
            services.Counters.StreamConnectFailures++;
            return null;
        }

        _sessions.Add(flow, session);
        return session;
    }

    private StreamSession FactsOf(in UdpFlow flow, ReadOnlySpan<byte> sender, StreamTarget target)
    {
        var client = ClientAddress.FromBytes(SocketAddress.IpBytes(sender));
        return new StreamSession
        {
            Protocol = StreamProtocol.Udp,
            Serial = ++_serial,
            Peer = client,
            PeerPort = flow.ClientPort,
            Client = client,
            ClientPort = flow.ClientPort,
            Local = flow.Local.IsKnown ? ClientAddress.FromBytes(flow.Local.ToBytes()) : default,
            LocalPort = target.Model.Port,
            UpstreamName = target.Backend.Name,
            StartedMilliseconds = services.Shard.NowMilliseconds,
        };
    }

    private static UInt128 AddressBits(ReadOnlySpan<byte> address) => ClientAddress.FromBytes(SocketAddress.IpBytes(address)).Bits;
}
