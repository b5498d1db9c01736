using System.Runtime.CompilerServices;
using System.Text;
using Portico.Http;
using Portico.Http.Messages;
using Portico.Model.Policies;
using Portico.Net;
using Portico.Net.Async;
using Portico.Proxy.Upstream;

namespace Portico.Proxy.Forwarding;

/// <summary>
/// Responses that are read ahead of their client (<c>proxy-buffering: on</c>): the backend is done early, however slow the client is. Two tasks
/// on the shard's thread: one reads from the backend into a <see cref="ReadAhead"/>, the other delivers from it. What the client takes at once
/// goes out as it comes.
/// </summary>
internal sealed partial class Forwarder
{
    private ReadAhead? _ahead;
    private ValueTask<int> _delivery;

    /// <summary>Whether the delivery's end has still to be awaited.</summary>
    private bool _deliveryPending;

    private bool _isDelivering;

    /// <summary>Whether the reading task waits for the backend, so that nothing may be held back meanwhile.</summary>
    private bool _backendPauses;

    /// <summary>Whether the backend has sent its whole answer.</summary>
    private bool _bodyTaken;

    /// <summary>The backend's word counts before the route's, as in nginx; what must flow is never held.</summary>
    private bool IsReadAhead(ResponseHead response)
    {
        var enabled = _policy.ResponseBuffering.Enabled;
        if (response.Headers.TryGet(HeaderId.XAccelBuffering, out var word))
        {
            enabled = Ascii.EqualsIgnoreCase(word, "yes"u8) || (enabled && !Ascii.EqualsIgnoreCase(word, "no"u8));
        }

        return enabled && !_protocol.IsHttp2() && !IsEventStream(response);
    }

    private static bool IsEventStream(ResponseHead response)
    {
        const int length = 17;
        return response.Headers.TryGet(HeaderId.ContentType, out var type) && type.Length >= length
            && Ascii.EqualsIgnoreCase(type[..length], "text/event-stream"u8);
    }

    /// <returns>Whether the client got the whole body.</returns>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<bool> PassBufferedBodyAsync(UpstreamExchange upstream)
    {
        BeginReadAhead();
        var delivered = 1;
        while (!upstream.BodyDone && delivered >= 0)
        {
            var reading = upstream.ReadBodyAsync(ReadTimeout);
            _backendPauses = !reading.IsCompleted;
            if (_backendPauses && !_isDelivering && await EndDeliveryAsync() >= 0)
            {
                BeginDelivery();
            }

            var count = await reading;
            _backendPauses = false;
            if (count < 0)
            {
                // What came before goes out, as without buffering.
                await SettleDeliveryAsync();
                return false;
            }

            if (count > 0)
            {
                delivered = await TakeAheadAsync(upstream, count);
            }
        }

        if (delivered < 0)
        {
            return false;
        }

        _bodyTaken = true;
        ReleaseEarly(upstream);
        return await SettleDeliveryAsync() >= 0 && await EndPiecesAsync() >= 0;
    }

    private void BeginReadAhead()
    {
        _ahead ??= new ReadAhead(services.Shard, services.Spool);
        var policy = _policy.ResponseBuffering;
        _ahead.Begin(Math.Clamp((long)policy.Buffers * _policy.HeadBufferBytes, TakenInBytes, MostInMemory), policy.MaxFileBytes);
        _backendPauses = false;
        _bodyTaken = false;
    }

    /// <summary>Takes a piece that the backend has sent; negative when it is of no use to the client any more.</summary>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<int> TakeAheadAsync(UpstreamExchange upstream, int count)
    {
        // The last piece, and nothing before it waits: the backend is done whether the client takes it or not.
        var isLast = upstream.BodyDone && !_isDelivering && _ahead!.IsEmpty;
        if (!isLast && await _ahead!.AddAsync(upstream.Piece, upstream.PieceStart, count))
        {
            // Known before the piece can go out: whoever has the last bytes may ask again at once.
            _bodyTaken = upstream.BodyDone;
            if (_isDelivering)
            {
                return 1;
            }

            var ended = await EndDeliveryAsync();
            if (ended >= 0)
            {
                BeginDelivery();
            }

            return ended;
        }

        // No room is left, or none is needed: from here on as without buffering.
        var status = await SettleDeliveryAsync();
        if (status < 0)
        {
            return status;
        }

        LeaveZoneAtEnd(upstream);
        return await WritePieceAsync(upstream.Piece, upstream.PieceStart, count, IsLastPiece(upstream));
    }

    private void BeginDelivery()
    {
        _isDelivering = true;
        _deliveryPending = true;
        _delivery = DeliverAheadAsync();
    }

    /// <summary>Writes what was read ahead, and then what is held back while the backend pauses.</summary>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<int> DeliverAheadAsync()
    {
        var status = await DeliverAllAsync();
        while (status >= 0 && _backendPauses)
        {
            status = await FlushPiecesAsync();
            if (status < 0 || _ahead!.IsEmpty)
            {
                break;
            }

            status = await DeliverAllAsync();
        }

        _isDelivering = false;
        if (status < 0)
        {
            // The client takes nothing any more: whoever waits for the backend need not.
            _upstream?.Abort();
        }

        return status;
    }

    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<int> DeliverAllAsync()
    {
        var ahead = _ahead!;
        while (true)
        {
            var count = await ahead.TakeAsync();
            if (count <= 0)
            {
                return count < 0 ? IoStatus.Canceled : 1;
            }

            var last = _bodyTaken && ahead.IsEmpty;
            if (last)
            {
                _context.LeaveConnectionZone();
            }

            var status = await WritePieceAsync(ahead.Piece, BodyRoom.Before, count, last);
            ahead.ReleasePiece();
            if (status < 0)
            {
                return status;
            }
        }
    }

    /// <summary>Awaits the delivery that has been begun, if there is one.</summary>
    private ValueTask<int> EndDeliveryAsync()
    {
        if (!_deliveryPending)
        {
            return new ValueTask<int>(1);
        }

        _deliveryPending = false;
        return _delivery;
    }

    /// <summary>Delivers everything that was read ahead.</summary>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<int> SettleDeliveryAsync()
    {
        var status = await EndDeliveryAsync();
        return status < 0 || _ahead!.IsEmpty ? status : await DeliverAllAsync();
    }

    /// <summary>The backend has sent everything, and got everything: its connection is free for somebody else.</summary>
    private void ReleaseEarly(UpstreamExchange upstream)
    {
        if (upstream.BodyDone && !_pumpPending)
        {
            NoteAttemptEnd(upstream);
            ReleaseUpstream();
        }
    }

    private void EndReadAhead()
    {
        // After a programming error the delivery may still read from it: it is left to the collector then.
        if (_isDelivering)
        {
            _ahead = null;
        }

        _ahead?.End();
        _isDelivering = false;
        _deliveryPending = false;
    }
}
