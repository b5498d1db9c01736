using System.Runtime.CompilerServices;
using Portico.Http;
using Portico.Http.Messages;
using Portico.Net;
using Portico.Net.Async;
using Portico.Net.Sockets;
using Portico.Proxy.Answers;

namespace Portico.Proxy.Forwarding;

internal sealed partial class Forwarder
{
    private long _tunnelBytesMilliseconds;

    /// <summary>Set while a client of HTTP/2 has finished and the backend has not been told.</summary>
    private TunnelEnd? _tunnelEnd;

    /// <summary>
    /// After 101 (Switching Protocols): bytes both ways until both sides have finished, or neither has sent a byte for
    /// <c>proxy-read-timeout</c>. A side that finishes sending only closes its own direction. No configuration change ends a tunnel.
    /// </summary>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<AnswerReason> TunnelAsync()
    {
        var upstream = _upstream!;
        var backend = upstream.TunnelConnection;
        _tunnelBytesMilliseconds = services.Shard.NowMilliseconds;
        _exchange.Observer = null;
        // The head leaves with the first bytes that came behind it, so that a server's greeting costs no extra write.
        await _exchange.FinishAsync();
        var first = upstream.TakeTunnelBytes().ToArray();
        if (first.Length > 0)
        {
            await _exchange.WriteTunnelAsync(first, 0, first.Length, _policy.SendTimeout);
        }

        upstream.ReleaseBuffer();
        var toBackend = PumpTunnelAsync(backend, fromClient: true);
        var toClient = PumpTunnelAsync(backend, fromClient: false);
        await toBackend;
        await toClient;
        _tunnelEnd?.Cancel();
        _tunnelEnd = null;
        _requestComplete = false;
        NoteAttemptEnd(upstream);
        return AnswerReason.None;
    }

    /// <summary>Moves one direction; holds a buffer only while bytes are on their way.</summary>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<bool> PumpTunnelAsync(Connection backend, bool fromClient)
    {
        var buffers = services.Shard.Buffers;
        while (true)
        {
            var left = _tunnelBytesMilliseconds + (long)_policy.ReadTimeout.TotalMilliseconds - services.Shard.NowMilliseconds;
            var patience = TimeSpan.FromMilliseconds(Math.Max(1, left));
            var waited = await (fromClient ? _exchange.WaitForTunnelInputAsync(patience) : backend.WaitForInputAsync(patience));
            if (waited == IoStatus.TimedOut && services.Shard.NowMilliseconds < _tunnelBytesMilliseconds + (long)_policy.ReadTimeout.TotalMilliseconds)
            {
                // The other direction was busy meanwhile.
                continue;
            }

            if (waited < 0)
            {
                CloseTunnel(backend);
                return false;
            }

            var buffer = buffers.Rent(BufferPool.MediumSize);
            var read = fromClient ? _exchange.ReadTunnelNow(buffer) : backend.ReadNow(buffer, 0, buffer.Length);
            var written = read <= 0 ? read
                : await (fromClient
                    ? backend.WriteAsync(buffer, 0, read, _policy.SendTimeout)
                    : _exchange.WriteTunnelAsync(buffer, 0, read, _policy.SendTimeout));
            buffers.Return(buffer);
            _tunnelBytesMilliseconds = services.Shard.NowMilliseconds;
            if ((read > 0 && written > 0) || read == Connection.NothingNow)
            {
                continue;
            }

            if (read == IoStatus.End)
            {
                FinishTunnel(backend, fromClient);
                return true;
            }

            CloseTunnel(backend);
            return false;
        }
    }

    /// <summary>One side has finished sending: the other is told, and may go on sending.</summary>
    private void FinishTunnel(Connection backend, bool fromClient)
    {
        if (fromClient && _exchange.Request.Version == HttpVersion.Http2)
        {
            _tunnelEnd = new TunnelEnd(services.Shard, backend);
            _tunnelEnd.Start();
        }
        else if (fromClient)
        {
            backend.ShutdownWrite();
        }
        else
        {
            _exchange.FinishTunnel();
        }
    }

    private void CloseTunnel(Connection backend)
    {
        _exchange.CloseTunnel();
        backend.Close();
    }
}
