using System.Runtime.CompilerServices;
using Portico.Http;
using Portico.Http.Http1;
using Portico.Http.Messages;
using Portico.Net;
using Portico.Net.Async;
using Portico.Proxy.Answers;
using Portico.Proxy.Grpc;

namespace Portico.Proxy.Forwarding;

internal sealed partial class Forwarder
{
    private ValueTask<int> _pump;

    /// <summary>Whether the backend has got the whole request.</summary>
    private bool _requestComplete;

    /// <summary>Whether sending failed, so that the connection is of no further use.</summary>
    private bool _requestBroken;

    private bool _sendTimedOut;

    /// <summary>Whether a pump was started, so that the body in hand is no longer its beginning.</summary>
    private bool _pumped;

    /// <summary>Where in the buffer the piece in hand begins.</summary>
    private int _pieceStart;

    /// <summary>Whether the pump has put other bytes in the place of those that the body began with.</summary>
    private bool _beginningGone;

    /// <summary>Whether the pump's end has still to be awaited.</summary>
    private bool _pumpPending;

    /// <summary>Whether the request body flows on while the response is awaited.</summary>
    private bool IsPumping { get; set; }

    /// <summary>Sends the head with what is here of the body; the rest, if any, flows from now on.</summary>
    private ValueTask<int> SendAsync()
    {
        _requestComplete = false;
        _requestBroken = false;
        _sendTimedOut = false;
        var request = _exchange.Request;
        var upstream = _upstream!;
        upstream.StartRequest(_context.ForwardedMethod, _context.ForwardedTarget, _policy);
        _context.Settings.RequestHeaders.Write(_context, upstream);
        var whole = _bodyTakenIn && _spool is null && !(upstream.TakesTrailers && RequestTrailers() is not null);
        var sending = upstream.SendHeadAsync(request, RequestLength(), _body, _bodyCount, whole, _policy.SendTimeout);
        if (!whole)
        {
            return BeginPumpAsync(sending);
        }

        _requestComplete = true;
        return sending;
    }

    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<int> BeginPumpAsync(ValueTask<int> sending)
    {
        var sent = await sending;
        if (sent >= 0)
        {
            IsPumping = true;
            _pumped = true;
            _pumpPending = true;
            _pump = PumpBodyAsync();
        }

        return sent;
    }

    /// <summary>The client's trailers that may be passed on, once its body is read.</summary>
    private HeaderBlock? RequestTrailers()
    {
        var trailers = HasRequestBody ? _exchange.RequestTrailers : null;
        if (trailers is null)
        {
            return null;
        }

        _context.Settings.RequestHeaders.RemoveForbiddenTrailers(_context, trailers);
        return trailers.Count > 0 ? trailers : null;
    }

    private long? RequestLength() =>
        _bodyTakenIn
            ? (BodyLength > 0 || AnnouncesEmptyBody() ? BodyLength : null)
            : (_exchange.Request.Framing == BodyFraming.Length && _webRequest != GrpcWebForm.Text ? _exchange.Request.ContentLength : null);

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
        var upstream = _upstream!;
        var count = _bodyCount;
        _pieceStart = BodyRoom.Before;
        _spoolPosition = 0;
        while (true)
        {
            if (count > 0)
            {
                var written = await upstream.WriteBodyAsync(_body!, _pieceStart, count, _policy.SendTimeout);
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

        var finished = await upstream.FinishRequestAsync(RequestTrailers(), _policy.SendTimeout);
        if (finished < 0)
        {
            return EndPump(finished);
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
            _upstream!.CancelRead();
        }

        return status;
    }

    /// <summary>The client failed in the middle of its body: the backend must not take what it got for the whole.</summary>
    private int FailPump(AnswerReason fault)
    {
        _clientFault = fault;
        IsPumping = false;
        _requestBroken = true;
        _upstream!.Abort();
        return IoStatus.Canceled;
    }

    /// <summary>Ends the pump if it still runs, and waits for its end: its buffer must not go back before.</summary>
    /// <param name="goesOn">Whether the request is sent anew, so that the rest of it is wanted.</param>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<bool> SettlePumpAsync(bool goesOn = false)
    {
        if (!_pumpPending)
        {
            return true;
        }

        var stopped = IsPumping;
        if (stopped)
        {
            // The exchange ended without the rest of the request: nobody wants it any more. A spooled one has left the client whole.
            var streams = _spool is null;
            if (streams && !goesOn)
            {
                _exchange.CloseAfterwards();
            }

            _upstream!.Abort();
            if (streams)
            {
                _exchange.CancelBodyRead();
            }
        }

        _pumpPending = false;
        var done = await _pump >= 0;
        if (stopped && goesOn)
        {
            // Its read was cancelled by us; the client has done nothing wrong.
            _clientFault = AnswerReason.None;
        }

        return done;
    }
}
