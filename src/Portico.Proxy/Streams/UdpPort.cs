using System.Collections.Immutable;
using System.Net;
using Portico.Net;
using Portico.Net.Sockets;
using Portico.Proxy.Forwarding;
using Portico.Proxy.Serving;

namespace Portico.Proxy.Streams;

/// <summary>The port of a UDP service: a socket for each shard and address, and the sessions of each shard behind them.</summary>
internal sealed class UdpPort : StreamPort
{
    private readonly UdpSessions[] _sessions;
    private readonly ShardServices[] _services;
    private readonly List<(Shard Shard, DatagramListener Socket)> _sockets = [];

    public UdpPort(StreamTarget target, ShardServices[] services, SnapshotSource snapshots)
        : base(target)
    {
        _services = services;
        _sessions = [.. services.Select(shard => new UdpSessions(this, shard, snapshots))];
    }

    public override string? Open(ImmutableArray<IPAddress> addresses)
    {
        foreach (var address in addresses)
        {
            for (var i = 0; i < _services.Length; i++)
            {
                var shard = _services[i];
                if (DatagramListener.Open(shard.Shard, address, Target.Model.Port, shard.Datagrams, _sessions[i], out var error) is not { } socket)
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
            shard.Post(static socket => ((DatagramListener)socket!).Start(), socket);
        }
    }

    public override Task StopAsync() => Task.WhenAll(
    [
        .. _sockets.Select(opened => opened.Shard.InvokeAsync(() =>
        {
            opened.Socket.Stop();
            return true;
        })),
        .. _sessions.Select(sessions => sessions.StopAsync()),
    ]);
}
