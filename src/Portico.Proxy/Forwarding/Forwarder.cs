using System.Runtime.CompilerServices;
using Portico.Http;
using Portico.Http.Http1;
using Portico.Http.Messages;
using Portico.Model.Policies;
using Portico.Net;
using Portico.Net.Async;
using Portico.Proxy.Answers;
using Portico.Proxy.Balancing;
using Portico.Proxy.Requests;
using Portico.Proxy.Routing;
using Portico.Proxy.Upstream;

namespace Portico.Proxy.Forwarding;

/// <summary>
/// Carries one exchange to a backend and its response back:
/// <list type="number">
/// <item>take in a small request body, so that it can be sent again (<c>Forwarder.RequestBody.cs</c>);</item>
/// <item>choose an endpoint, take a connection to it (<c>Forwarder.Connecting.cs</c>);</item>
/// <item>send head and body; a large body flows beside what follows (<c>Forwarder.Sending.cs</c>);</item>
/// <item>read the response head; on failure go to 2 where the retry rules allow (<c>Forwarder.Retrying.cs</c>); an error that is replaced
/// goes to 2 with the error backend (<c>Forwarder.ErrorPages.cs</c>);</item>
/// <item>pass head and body on as they come (<c>Forwarder.Responding.cs</c>) or ahead of a slow client (<c>Buffering.cs</c>), or leave a tunnel
/// behind (<c>Forwarder.Switching.cs</c>).</item>
/// </list>
/// Reused by one exchange after the other; owned by its shard, used on its thread only.
/// </summary>
internal sealed partial class Forwarder(ShardServices services) : IExchangeObserver
{
    private static readonly TimeSpan HalfClosedPatience = TimeSpan.FromSeconds(5);

    private RequestContext _context = null!;
    private Exchange _exchange = null!;
    private UpstreamPolicy _policy = null!;
    private BackendState _backend = null!;
    private UpstreamProtocol _protocol;
    private UpstreamExchange? _upstream;
    private bool _clientGone;

    /// <summary>
    /// Forwards the exchange.
    /// </summary>
    /// <returns>
    /// <see cref="AnswerReason.None"/> when a response was passed on (or given up in the middle: the exchange is aborted then);
    /// else why the gateway has to answer by itself.
    /// </returns>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    public async ValueTask<AnswerReason> ForwardAsync(RequestContext context, Exchange exchange, BackendState backend)
    {
        Begin(context, exchange, backend);
        try
        {
            var reason = HasRequestBody ? await TakeInBodyAsync() : AnswerReason.None;
            if (reason != AnswerReason.None)
            {
                reason = TurnToErrorPage(AnswerReasons.Of(reason).Status, reason);
            }
            else if (context.Route!.Mirror is { } mirror && !context.IsErrorPage)
            {
                mirror.Start(context, _bodyCount > 0 ? _body.AsSpan(BodyRoom.Before, _bodyCount) : default, _bodyTakenIn, services);
            }

            while (reason == AnswerReason.None)
            {
                // One try: connection, request, response head. In one method, so that the wait suspends no more than it must.
                var failure = await ConnectAsync();
                if (failure == AttemptFailure.None)
                {
                    failure = AfterSending(await SendAsync());
                }

                var head = HeadStatus.Interim;
                while (failure == AttemptFailure.None && head == HeadStatus.Interim)
                {
                    head = await _upstream!.ReadHeadAsync(
                        exchange.Request.Method == HttpMethod.Head, _policy.HeadBufferBytes, IsPumping ? TimeSpan.Zero : ReadTimeout);
                    failure = head == HeadStatus.Interim ? await PassInterimAsync() : Judge(head);
                }

                if (failure == AttemptFailure.None && !IsIntercepted)
                {
                    return IsSentElsewhere ? await SendElsewhereAsync() : await RespondAsync();
                }

                reason = failure == AttemptFailure.None ? await InterceptAsync() : await GiveUpOrRetryAsync(failure);
                if (failure != AttemptFailure.None && reason != AnswerReason.None)
                {
                    reason = TurnToErrorPage(AnswerReasons.Of(reason).Status, reason);
                }
            }

            return reason;
        }
        finally
        {
            End();
        }
    }

    /// <summary>What a failed write means. An endpoint may have answered before it closed (an early 413, say): that answer counts.</summary>
    private AttemptFailure AfterSending(int sent)
    {
        if (sent >= 0)
        {
            return AttemptFailure.None;
        }

        _requestBroken = true;
        _requestComplete = false;
        return _upstream!.MayHaveAnswered ? AttemptFailure.None : FailureOfWrite(sent);
    }

    /// <summary>
    /// Longest silence of the backend. A client that has finished sending may be waiting for its answer, or be gone: nobody can tell
    /// before something is sent to it. It gets its answer if that comes soon. (nginx gives such clients up at once.)
    /// </summary>
    private TimeSpan ReadTimeout =>
        _exchange.ClientFinished && _policy.ReadTimeout > HalfClosedPatience ? HalfClosedPatience : _policy.ReadTimeout;

    private void Begin(RequestContext context, Exchange exchange, BackendState backend)
    {
        _context = context;
        _exchange = exchange;
        _backend = backend;
        _policy = context.IsErrorPage ? context.Policies.ErrorPages!.Upstream : context.Route!.Model.Upstream;
        _clientGone = false;
        _upstream = null;
        ChooseProtocol();
        BeginRequestBody();
        BeginRetries();
        BeginCall();
        _rate = 0;
        exchange.Observer = this;
    }

    /// <summary>The annotation decides, else the Service; HTTP/1.1 without TLS where neither says anything.</summary>
    private void ChooseProtocol()
    {
        var protocol = _policy.Protocol ?? _backend.Model.Protocol ?? UpstreamProtocol.Http;
        _protocol = protocol != UpstreamProtocol.AsClient ? protocol
            : _context.Connection.IsTls ? UpstreamProtocol.Https : UpstreamProtocol.Http;
    }

    private void End()
    {
        _exchange.Observer = null;
        EndCall();
        ReleaseRequest();
        EndReadAhead();
        EndCompression();
        ReleaseUpstream();
    }

    private void ReleaseUpstream()
    {
        if (_upstream is { } upstream)
        {
            _context.EndUpstreamHeaders();
            _upstream = null;
            upstream.Release(_requestComplete);
        }
    }

    /// <summary>The client left while nobody reads from it: what is under way for it is of no use any more.</summary>
    void IExchangeObserver.OnClientChanged(Exchange exchange)
    {
        if (exchange.IsClientGone)
        {
            _clientGone = true;
            _pause?.Complete(IoStatus.Canceled);
            _upstream?.Abort();
        }
        else if (exchange.ClientFinished && !IsPumping)
        {
            _upstream?.LimitPendingRead(ReadTimeout);
        }
    }
}

/// <summary>Why an attempt gave no response head.</summary>
internal enum AttemptFailure : byte
{
    None,

    /// <summary>No endpoint is left to try.</summary>
    NoEndpoint,

    ConnectRefused,
    ConnectTimedOut,

    /// <summary>The request could not be sent; the endpoint has not seen a byte of it.</summary>
    NothingSent,

    /// <summary>The connection broke after bytes of the request were sent.</summary>
    Broken,

    /// <summary>No answer in time, or the endpoint stopped taking the request.</summary>
    TimedOut,

    /// <summary>The answer is no HTTP response.</summary>
    InvalidResponse,

    /// <summary>The response head is larger than <c>proxy-buffer-size</c>.</summary>
    HeadTooLarge,

    /// <summary>The response came with a status that is to be tried elsewhere.</summary>
    RetriedStatus,

    /// <summary>The client failed, not the backend; see the reason noted.</summary>
    Client,
}
