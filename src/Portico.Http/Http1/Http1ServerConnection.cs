using System.Runtime.CompilerServices;
using Portico.Http.Http2;
using Portico.Http.Messages;
using Portico.Net;
using Portico.Net.Async;
using Portico.Net.Sockets;

namespace Portico.Http.Http1;

/// <summary>
/// The server's side of one HTTP/1 connection: reads heads, hands exchanges to the handler one after the other, keeps the connection
/// alive between them. While it is idle it holds neither a buffer nor an exchange. Owned by its shard.
/// </summary>
public sealed partial class Http1ServerConnection
{
    private readonly Http1Server _server;
    private readonly Connection _connection;
    private byte[]? _received;
    private int _filled;
    private int _requests;
    private bool _becomesHttp2;
    private bool _idle = true;

    private Http1ServerConnection(Http1Server server, Connection connection)
    {
        _server = server;
        _connection = connection;
        connection.Codec = this;
    }

    /// <summary>Whether the connection waits for its next request, so that closing it loses nothing.</summary>
    public bool IsIdle => _idle;

    /// <summary>Whether a request was served on it: a client that has just connected is about to send its first.</summary>
    public bool HasServed => _requests > 0;

    /// <summary>Serves a connection until it ends.</summary>
    /// <param name="rejectAll">What every request is to be answered with, e.g. plain HTTP on a TLS port; usually nothing.</param>
    public static ValueTask<bool> RunAsync(Http1Server server, Connection connection, RejectionKind rejectAll = RejectionKind.None) =>
        new Http1ServerConnection(server, connection).ServeAsync(rejectAll);

    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<bool> ServeAsync(RejectionKind rejectAll)
    {
        try
        {
            while (await WaitForRequestAsync())
            {
                var exchange = _server.RentExchange(_connection.Shard);
                exchange.Begin(this, _server, _connection, ++_requests);
                if (!await ReadHeadAsync(exchange, rejectAll))
                {
                    exchange.Release();
                    if (_becomesHttp2)
                    {
                        var serving = Http2ServerConnection.RunAsync(_server.Http2!, _connection, _received.AsSpan(0, _filled));
                        ReturnBuffer();
                        await serving;
                    }

                    break;
                }

                await _server.Handler.HandleAsync(exchange);
                var tunnel = exchange.Tunnel;
                var more = await EndAsync(exchange);
                exchange.Release();
                if (tunnel is not null)
                {
                    await tunnel.RunAsync(this);
                }

                if (!more)
                {
                    break;
                }
            }
        }
        finally
        {
            ReturnBuffer();
            _connection.Close();
        }

        return true;
    }

    /// <summary>Waits for the first bytes of a request, or finds them behind the last one.</summary>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<bool> WaitForRequestAsync()
    {
        if (_filled > 0)
        {
            return true;
        }

        ReturnBuffer();
        var limits = _server.Limits;
        _idle = true;
        while (true)
        {
            if (_server.IsDraining && _requests > 0)
            {
                return false;
            }

            var waited = await _connection.WaitForInputAsync(_requests == 0 ? limits.HeadTimeout : limits.KeepAliveTimeout);
            if (waited < 0)
            {
                return false;
            }

            _received = _connection.Shard.Buffers.Rent(BufferPool.SmallSize);
            // Readiness may have been a false alarm: nothing is waited for with a buffer in hand.
            var read = _connection.ReadNow(_received, 0, _received.Length);
            if (read > 0)
            {
                _filled = read;
                _idle = false;
                return true;
            }

            ReturnBuffer();
            if (read != Connection.NothingNow)
            {
                return false;
            }
        }
    }

    /// <summary>Reads a whole head into the exchange, or marks the exchange as rejected.</summary>
    /// <returns>False when there is nothing to serve: the client left, or speaks HTTP/2 (prior knowledge, RFC 9113, 3.3).</returns>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<bool> ReadHeadAsync(Http1Exchange exchange, RejectionKind rejectAll)
    {
        _idle = false;
        var limits = _server.Limits;
        // The time is for the whole head, so that nobody can keep a connection by a byte now and then.
        var shard = _connection.Shard;
        var end = shard.NowMilliseconds + (long)limits.HeadTimeout.TotalMilliseconds;
        while (true)
        {
            if (_requests == 1 && ExpectsHttp2())
            {
                _becomesHttp2 = _filled >= Http2Preface.Bytes.Length;
                if (_becomesHttp2)
                {
                    return false;
                }
            }
            else
            {
                switch (exchange.Parser.Parse(_received!, _filled, limits.Head, exchange.Request))
                {
                    case ParseStatus.Done:
                        exchange.HeadComplete(rejectAll);
                        return true;
                    case ParseStatus.Invalid:
                        exchange.Reject(RejectionKind.Malformed, exchange.Parser.Error);
                        return true;
                }
            }

            if (_filled == _received!.Length)
            {
                Grow(limits.Head);
            }

            var read = await _connection.ReadAsync(_received, _filled, _received.Length - _filled, TimeSpan.FromMilliseconds(Math.Max(1, end - shard.NowMilliseconds)));
            if (read == IoStatus.TimedOut)
            {
                exchange.Reject(RejectionKind.HeadTimeout, ParseError.None);
                return true;
            }

            if (read <= 0)
            {
                return false;
            }

            _filled += read;
        }
    }

    private bool ExpectsHttp2() =>
        _server is { Http2: not null, Limits.Http2: true } && _connection.Tls is null && Http2Preface.Begins(_received.AsSpan(0, _filled));

    /// <summary>After an exchange: keeps what the client sent ahead, or closes in a way that lets the client read the answer.</summary>
    private ValueTask<bool> EndAsync(Http1Exchange exchange)
    {
        if (exchange.IsAborted)
        {
            _connection.Abort();
        }

        if (exchange.Tunnel is not null)
        {
            BeginTunnel(exchange);
            return new ValueTask<bool>(false);
        }

        if (_connection.IsClosed)
        {
            return new ValueTask<bool>(false);
        }

        if (exchange.KeepsConnection && exchange.SkipAvailableBody())
        {
            var rest = exchange.TakeRest();
            Keep(rest.Start, rest.Length);
            return new ValueTask<bool>(true);
        }

        return exchange.LeavesInputUnread && !_connection.PeerFinished ? LingerAsync() : new ValueTask<bool>(false);
    }

    /// <summary>
    /// Closes while the client may still be sending: a plain close would answer its bytes with a reset, which can destroy the
    /// response before the client has read it (RFC 9112, 9.6; nginx's lingering_close).
    /// </summary>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<bool> LingerAsync()
    {
        _connection.ShutdownWrite();
        _received ??= _connection.Shard.Buffers.Rent(BufferPool.SmallSize);
        var end = _connection.Shard.NowMilliseconds + (long)_server.Limits.LingerTime.TotalMilliseconds;
        while (_connection.Shard.NowMilliseconds < end)
        {
            var read = await _connection.ReadAsync(_received, 0, _received.Length, _server.Limits.LingerTimeout);
            if (read <= 0)
            {
                break;
            }
        }

        return false;
    }

    /// <summary>The receive buffer and how much of it is filled, for the exchange in hand.</summary>
    internal (byte[] Buffer, int Filled) Received => (_received!, _filled);

    private void Keep(int start, int length)
    {
        if (length > 0)
        {
            _received.AsSpan(start, length).CopyTo(_received);
        }

        _filled = length;
    }

    /// <summary>Puts bytes that an exchange read too far back in front of the next request.</summary>
    internal void PutBack(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _received!.Length)
        {
            var larger = _connection.Shard.Buffers.Rent(bytes.Length);
            ReturnBuffer();
            _received = larger;
        }

        bytes.CopyTo(_received);
        _filled = bytes.Length;
    }

    private void Grow(in HeadLimits limits)
    {
        var buffers = _connection.Shard.Buffers;
        // The parser refuses a head before it is larger than this.
        var larger = buffers.Rent(Math.Min(limits.TotalBytes + limits.BufferBytes, _received!.Length * 4));
        _received.AsSpan(0, _filled).CopyTo(larger);
        buffers.Return(_received);
        _received = larger;
    }

    private void ReturnBuffer()
    {
        if (_received is not null)
        {
            _connection.Shard.Buffers.Return(_received);
            _received = null;
        }

        _filled = 0;
    }
}
