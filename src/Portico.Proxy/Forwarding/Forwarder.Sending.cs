using System.Runtime.CompilerServices;
using Portico.Http;
using Portico.Http.Http1;
using Portico.Http.Messages;
using Portico.Net;
using Portico.Net.Async;
using Portico.Proxy.Answers;

namespace Portico.Proxy.Forwarding;

internal sealed partial class Forwarder : IHeaderWriter
{
    private OutputBuffer _head;
    private ValueTask<int> _pump;

    /// <summary>Whether the backend has got the whole request.</summary>
    private bool _requestComplete;

    /// <summary>Whether sending failed, so that the connection is of no further use.</summary>
    private bool _requestBroken;

    private bool _sendTimedOut;

    /// <summary>Whether a pump was started, so that the body in hand is no longer its beginning.</summary>
    private bool _pumped;

    /// <summary>Whether the pump's end has still to be awaited.</summary>
    private bool _pumpPending;

    /// <summary>Whether the request body flows on while the response is awaited.</summary>
    private bool IsPumping { get; set; }

    void IHeaderWriter.Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => _head.AppendHeader(name, value);

    /// <summary>Sends the head with what is here of the body; the rest, if any, flows from now on.</summary>
    private ValueTask<int> SendAsync()
    {
        _requestComplete = false;
        _requestBroken = false;
        _sendTimedOut = false;
        WriteHead();
        if (_bodyTakenIn && _spool is null && _bodyCount <= _head.Room)
        {
            if (_bodyCount > 0)
            {
                _head.Append(_body.AsSpan(BodyRoom.Before, _bodyCount));
            }

            var write = _upstream!.Http.Connection.WriteAsync(_head.Array, 0, _head.Count, _policy.SendTimeout);
            _requestComplete = true;
            return write;
        }

        return SendInPartsAsync();
    }

    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<int> SendInPartsAsync()
    {
        var connection = _upstream!.Http.Connection;
        var sent = await connection.WriteAsync(_head.Array, 0, _head.Count, _policy.SendTimeout);
        if (sent < 0)
        {
            return sent;
        }

        if (_bodyTakenIn && _spool is null)
        {
            sent = await connection.WriteAsync(_body!, BodyRoom.Before, _bodyCount, _policy.SendTimeout);
            _requestComplete = sent >= 0;
            return sent;
        }

        IsPumping = true;
        _pumped = true;
        _pumpPending = true;
        _pump = PumpBodyAsync();
        return sent;
    }

    private void WriteHead()
    {
        var request = _exchange.Request;
        _head.Open(services.Shard.Buffers);
        _head.Clear();
        _head.Append(_context.ForwardedMethod);
        _head.Append(" "u8);
        _head.Append(_context.ForwardedTarget);
        _head.Append(_policy.Http10 ? " HTTP/1.0\r\n"u8 : " HTTP/1.1\r\n"u8);
        _context.Settings.RequestHeaders.Write(_context, this);
        if (_bodyTakenIn ? BodyLength > 0 || AnnouncesEmptyBody() : request.Framing == BodyFraming.Length)
        {
            _head.Append("Content-Length: "u8);
            _head.AppendDecimal(_bodyTakenIn ? BodyLength : request.ContentLength);
            _head.Append("\r\n"u8);
        }
        else if (!_bodyTakenIn)
        {
            _head.Append("Transfer-Encoding: chunked\r\n"u8);
        }

        if (request.WantsUpgrade)
        {
            request.Headers.TryGet(HeaderId.Upgrade, out var upgrade);
            _head.AppendHeader("Upgrade"u8, upgrade);
            _head.Append("Connection: upgrade\r\n\r\n"u8);
        }
        else
        {
            _head.Append(services.Pool.Settings.Connections == 0 ? "Connection: close\r\n\r\n"u8 : "\r\n"u8);
        }
    }

    /// <summary>A client that said Content-Length: 0, or sent an empty body of no announced length, is understood to have sent a body of no bytes.</summary>
    private bool AnnouncesEmptyBody() =>
        _exchange.Request.Headers.Has(HeaderId.ContentLength) || _exchange.Request.Framing == BodyFraming.Chunked;

    /// <summary>
    /// Moves the request body piece by piece, as fast as the slower side. Runs beside the wait for the response.
    /// </summary>
    /// <returns>A negative status when one of the sides failed.</returns>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<int> PumpBodyAsync()
    {
        var upstream = _upstream!.Http.Connection;
        var chunked = !_bodyTakenIn && _exchange.Request.Framing == BodyFraming.Chunked;
        var count = _bodyCount;
        _spoolPosition = 0;
        while (true)
        {
            if (count > 0)
            {
                var start = BodyRoom.Before;
                if (chunked)
                {
                    (start, count) = ChunkedEncoding.Wrap(_body!, start, count, last: false);
                }

                var written = await upstream.WriteAsync(_body!, start, count, _policy.SendTimeout);
                if (written < 0)
                {
                    return EndPump(written);
                }
            }

            if (IsBodyRead)
            {
                break;
            }

            count = await ReadPieceAsync();
            if (count < 0)
            {
                return count;
            }
        }

        if (chunked)
        {
            "0\r\n\r\n"u8.CopyTo(_body.AsSpan(BodyRoom.Before));
            var written = await upstream.WriteAsync(_body!, BodyRoom.Before, 5, _policy.SendTimeout);
            if (written < 0)
            {
                return EndPump(written);
            }
        }

        _requestComplete = true;
        // Only now is it the backend's turn, so only now its time runs.
        upstream.LimitPendingRead(ReadTimeout);
        return EndPump(1);
    }

    private int EndPump(int status)
    {
        IsPumping = false;
        _requestBroken = status < 0;
        if (status == IoStatus.TimedOut)
        {
            // The backend takes nothing any more; its answer is not waited for either.
            _sendTimedOut = true;
            _upstream!.Http.Connection.CancelRead();
        }

        return status;
    }

    /// <summary>The client failed in the middle of its body: the backend must not take what it got for the whole.</summary>
    private int FailPump(AnswerReason fault)
    {
        _clientFault = fault;
        IsPumping = false;
        _requestBroken = true;
        _upstream!.Http.Connection.Abort();
        return IoStatus.Canceled;
    }

    /// <summary>Ends the pump if it still runs, and waits for its end: its buffer must not go back before.</summary>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<bool> SettlePumpAsync()
    {
        if (!_pumpPending)
        {
            return true;
        }

        if (IsPumping)
        {
            // The exchange ended without the rest of the request: nobody wants it any more. A spooled one has left the client whole.
            var streams = _spool is null;
            if (streams)
            {
                _exchange.CloseAfterwards();
            }

            _upstream!.Http.Connection.Abort();
            if (streams)
            {
                _exchange.CancelBodyRead();
            }
        }

        _pumpPending = false;
        return await _pump >= 0;
    }
}
