using System.Runtime.CompilerServices;
using Portico.Http;
using Portico.Http.Messages;
using Portico.Model.Policies;
using Portico.Net;
using Portico.Net.Async;
using Portico.Proxy.Answers;
using Portico.Proxy.Grpc;

namespace Portico.Proxy.Forwarding;

internal sealed partial class Forwarder
{
    /// <summary>
    /// A body up to this size, or up to <c>client-body-buffer-size</c> when that is more, is read whole into memory before the backend sees the
    /// request (where <c>proxy-request-buffering</c> is on); a larger one goes to disk (<c>Forwarder.Spooling.cs</c>). Either way a slow client costs
    /// the backend nothing, and the request can be sent again. Without buffering the body flows through.
    /// </summary>
    private const int TakenInBytes = BufferPool.LargeSize - BodyRoom.Before - BodyRoom.After;

    /// <summary>More memory than this no body gets, whatever the configuration says.</summary>
    private const int MostInMemory = 16 * 1024 * 1024;

    private byte[]? _body;
    private int _bodyCount;
    private bool _bodyTakenIn;

    /// <summary>Why the client made the exchange fail; set with <see cref="AttemptFailure.Client"/>.</summary>
    private AnswerReason _clientFault;

    private bool HasRequestBody => _exchange.Request.Framing != BodyFraming.None && !_context.OmitsBody;

    private void BeginRequestBody()
    {
        _bodyCount = 0;
        _exchange.BodyLimit = _context.Route!.Model.MaxBodyBytes;
        _bodyTakenIn = !HasRequestBody;
        _clientFault = AnswerReason.None;
        _pumped = false;
        _beginningGone = false;
        _pumpPending = false;
        IsPumping = false;
        _requestComplete = false;
        if (_context.OmitsBody)
        {
            OmitRequestBody();
        }
    }

    /// <summary>Reads a body that fits the buffer to its end, and of a larger one as much as the policy wants before it flows.</summary>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<AnswerReason> TakeInBodyAsync()
    {
        var request = _exchange.Request;
        // A call may be a conversation: nothing of it is held back.
        var whole = _policy.RequestBuffering && !_isGrpc && !_protocol.IsHttp2();
        var most = whole ? Math.Clamp(_policy.BodyBufferBytes, TakenInBytes, MostInMemory) : TakenInBytes;
        var expected = request.Framing == BodyFraming.Length && _webRequest != GrpcWebForm.Text ? (int)Math.Min(request.ContentLength, most) : TakenInBytes;
        _body = services.Shard.Buffers.Rent(expected + BodyRoom.Before + BodyRoom.After);
        // Without buffering only what is here already rides with the head.
        while (expected - _bodyCount >= LeastRoom && (whole || _exchange.RequestBodyAvailable > 0))
        {
            var read = await ReadRequestAsync(_body, BodyRoom.Before + _bodyCount, expected - _bodyCount);
            if (read < 0)
            {
                return NoteClientFault(read);
            }

            if (read == 0)
            {
                break;
            }

            _bodyCount += read;
        }

        // The end of a chunked body is known only once it was read.
        _bodyTakenIn = _exchange.RequestBodyComplete;
        return whole && !_bodyTakenIn ? await SpoolBodyAsync() : AnswerReason.None;
    }

    /// <summary>From here on the request goes without its body; what of it comes yet is not wanted.</summary>
    private void OmitRequestBody()
    {
        ReleaseSpool();
        _bodyTakenIn = true;
        _bodyCount = 0;
        _clientFault = AnswerReason.None;
        if (!_exchange.RequestBodyComplete)
        {
            _exchange.CloseAfterwards();
        }
    }

    private AnswerReason NoteClientFault(int status)
    {
        _clientFault = status switch
        {
            ExchangeStatus.BadBody => AnswerReason.BadRequest,
            ExchangeStatus.BodyTooLarge => AnswerReason.BodyTooLarge,
            IoStatus.TimedOut => AnswerReason.ClientTimeout,
            _ => AnswerReason.ClientClosed,
        };
        return _clientFault;
    }

    private void ReleaseRequest()
    {
        // After a programming error the pump may still hold the buffer: it is left to the collector then.
        if (_body is not null && !IsPumping)
        {
            services.Shard.Buffers.Return(_body);
        }

        _body = null;
        ReleaseSpool();
    }
}
