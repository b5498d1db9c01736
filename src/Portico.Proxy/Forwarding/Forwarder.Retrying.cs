using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Portico.Http.Http1;
using Portico.Http.Messages;
using Portico.Model;
using Portico.Model.Policies;
using Portico.Net;
using Portico.Net.Async;
using Portico.Proxy.Answers;
using Portico.Proxy.Balancing;
using Portico.Proxy.Requests;

namespace Portico.Proxy.Forwarding;

/// <summary>
/// The rules of nginx's proxy_next_upstream: what counts as a failure, and when another attempt is made. A request whose bytes
/// were sent is sent again only when its method is idempotent (RFC 9110, 9.2.2) or <c>non_idempotent</c> is configured.
/// </summary>
internal sealed partial class Forwarder
{
    private readonly List<EndpointState> _tried = [];
    private int _tries;
    private EndpointState? _sameEndpointAgain;

    /// <summary>Whether the endpoint in hand was tried a second time already without that being counted.</summary>
    private bool _onceMore;

    /// <summary>nginx's list of methods that are not sent twice: POST, LOCK, PATCH.</summary>
    private bool IsRepeatable =>
        _exchange.Request.Method is not (HttpMethod.Post or HttpMethod.Lock or HttpMethod.Patch)
        || (_policy.Retry.On & RetryOn.NonIdempotent) != 0;

    private void BeginRetries()
    {
        _tries = 0;
        _tried.Clear();
        _sameEndpointAgain = null;
    }

    /// <summary>Chooses the endpoint of the next try; balancers avoid those that were tried already where that is theirs to do.</summary>
    private EndpointState? Pick()
    {
        var endpoint = _backend.Affinity is { } affinity ? PickForSession(affinity) : PickByLoad();
        if (endpoint is not null)
        {
            _tries++;
            _onceMore = false;
            _tried.Add(endpoint);
        }

        return endpoint;
    }

    private EndpointState? PickByLoad()
    {
        var scratch = _context.Scratch;
        scratch.Clear();
        if (_backend.Model.LoadBalancing is LoadBalancing.ConsistentHashChoice hash)
        {
            CompiledTemplate.For(hash.Key).Append(_context, scratch);
        }

        var request = new BalanceRequest(services.Shard.NowMilliseconds, scratch.Written);
        return Balancer.Pick(in request, CollectionsMarshal.AsSpan(_tried));
    }

    /// <summary>The cookie's endpoint, or a new one and, where the route sets cookies, a line to say so; a retry may add a second.</summary>
    private EndpointState? PickForSession(SessionAffinity affinity)
    {
        var key = _context.Scratch;
        key.Clear();
        var request = new BalanceRequest(services.Shard.NowMilliseconds)
        {
            SessionKey = affinity.KeyIn(_context.Head.Headers),
            NewSessionKey = key,
        };
        var endpoint = Balancer.Pick(in request, CollectionsMarshal.AsSpan(_tried));
        if (key.Length > 0)
        {
            _context.Policies.SessionCookie?.Add(_context, affinity, key.Written, services.UtcTicks);
        }

        return endpoint;
    }

    private Balancer Balancer => _backend.Balancer(services.Shard.Index);

    /// <summary>Turns the end of reading the head into a verdict on the attempt.</summary>
    private AttemptFailure Judge(HeadStatus head)
    {
        ref var attempt = ref _context.CurrentAttempt;
        if (head == HeadStatus.Done)
        {
            attempt.HeaderMicroseconds = MicrosecondsSinceAttempt();
            attempt.Status = _upstream!.Response.Status;
            if (attempt.Status == 101 && !IsRightSwitch())
            {
                return AttemptFailure.InvalidResponse;
            }

            return IsRetriedStatus(attempt.Status) ? AttemptFailure.RetriedStatus : AttemptFailure.None;
        }

        if (_clientFault != AnswerReason.None || _clientGone || (head == HeadStatus.TimedOut && _exchange.ClientFinished))
        {
            return AttemptFailure.Client;
        }

        return head switch
        {
            HeadStatus.TimedOut => AttemptFailure.TimedOut,
            HeadStatus.TooLarge => AttemptFailure.HeadTooLarge,
            HeadStatus.Invalid => AttemptFailure.InvalidResponse,
            HeadStatus.Refused => AttemptFailure.NothingSent,
            _ => _sendTimedOut ? AttemptFailure.TimedOut : AttemptFailure.Broken,
        };
    }

    /// <summary>
    /// Whether a 101 (Switching Protocols) can be understood: somebody asked for another protocol, and where the handshake is ours, because
    /// the client's version has none (RFC 8441, 5), it was answered by a server of WebSockets. A client of HTTP/1.1 checks that itself.
    /// </summary>
    private bool IsRightSwitch()
    {
        var request = _exchange.Request;
        if (!request.WantsUpgrade || request.Version != HttpVersion.Http2)
        {
            return request.WantsUpgrade;
        }

        var accepted = WebSocketHandshake.IsAccepted(request.Headers, _upstream!.Response.Headers);
        if (!accepted)
        {
            services.ReportWebSocketHandshake(_upstream.Endpoint);
        }

        return accepted;
    }

    private AttemptFailure FailureOfWrite(int status) => status switch
    {
        IoStatus.TimedOut => AttemptFailure.TimedOut,
        _ when _clientGone => AttemptFailure.Client,
        _ => _upstream!.NothingTaken ? AttemptFailure.NothingSent : AttemptFailure.Broken,
    };

    private bool IsRetriedStatus(int status)
    {
        var flag = status switch
        {
            500 => RetryOn.Http500,
            502 => RetryOn.Http502,
            503 => RetryOn.Http503,
            504 => RetryOn.Http504,
            403 => RetryOn.Http403,
            404 => RetryOn.Http404,
            429 => RetryOn.Http429,
            _ => RetryOn.Off,
        };
        return flag != RetryOn.Off && (_policy.Retry.On & flag) != 0 && IsRepeatable && CanSendAgain && MayTryAgain;
    }

    /// <summary>Whether the whole request is still in hand.</summary>
    private bool CanSendAgain => _bodyTakenIn || !_pumped;

    /// <summary>Whether a request of which the endpoint took nothing can go elsewhere: what the client still sends follows it there.</summary>
    private bool CanBeginAgain => CanSendAgain || !_beginningGone;

    private bool MayTryAgain =>
        (_policy.Retry.Tries == 0 || _tries < _policy.Retry.Tries)
        && (_policy.Retry.Timeout <= TimeSpan.Zero || _context.ElapsedMicroseconds < _policy.Retry.Timeout.TotalMicroseconds);

    /// <summary>After a failed attempt: makes ready for the next one, or says what the client is to be told.</summary>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<AnswerReason> GiveUpOrRetryAsync(AttemptFailure failure)
    {
        var upstream = _upstream;
        var endpoint = upstream?.Endpoint;
        var wasStale = upstream is { IsStale: true } && !_onceMore;
        var beginsAgain = failure == AttemptFailure.NothingSent && CanBeginAgain && !_deadlinePassed && (wasStale || (IsRetried(failure) && MayTryAgain));
        await SettlePumpAsync(goesOn: beginsAgain);
        _context.EndUpstreamHeaders();
        _upstream = null;
        upstream?.Release(requestComplete: false);
        if (_deadlinePassed)
        {
            return AnswerReason.GrpcDeadline;
        }

        if (failure == AttemptFailure.Client)
        {
            return _clientFault != AnswerReason.None ? _clientFault : AnswerReason.ClientClosed;
        }

        if (failure == AttemptFailure.NoEndpoint)
        {
            return AnswerReason.NoEndpoints;
        }

        // A connection that the endpoint closed while it was idle is nobody's failure: a new one is opened to the same endpoint.
        if (wasStale && (failure == AttemptFailure.NothingSent ? CanBeginAgain : failure == AttemptFailure.Broken && IsRepeatable && CanSendAgain))
        {
            _sameEndpointAgain = endpoint;
            _onceMore = true;
            return AnswerReason.None;
        }

        ref var attempt = ref _context.CurrentAttempt;
        attempt.ResponseMicroseconds = MicrosecondsSinceAttempt();
        var reason = ReasonOf(failure);
        attempt.Status = failure == AttemptFailure.RetriedStatus ? attempt.Status : AnswerReasons.Of(reason).Status;
        if (failure != AttemptFailure.RetriedStatus && !(IsRetried(failure) && MayTryAgain))
        {
            return reason;
        }

        services.Counters.BackendRetries++;
        return AnswerReason.None;
    }

    private bool IsRetried(AttemptFailure failure)
    {
        var on = _policy.Retry.On;
        return failure switch
        {
            // Nothing of the request has left the house: every method may try elsewhere.
            AttemptFailure.ConnectRefused or AttemptFailure.NothingSent => (on & RetryOn.Error) != 0 && CanBeginAgain,
            AttemptFailure.ConnectTimedOut => (on & RetryOn.Timeout) != 0,
            AttemptFailure.Broken => (on & RetryOn.Error) != 0 && IsRepeatable && CanSendAgain,
            AttemptFailure.TimedOut => (on & RetryOn.Timeout) != 0 && IsRepeatable && CanSendAgain,
            AttemptFailure.InvalidResponse or AttemptFailure.HeadTooLarge => (on & RetryOn.InvalidHeader) != 0 && IsRepeatable && CanSendAgain,
            _ => false,
        };
    }

    private static AnswerReason ReasonOf(AttemptFailure failure) => failure switch
    {
        AttemptFailure.ConnectTimedOut or AttemptFailure.TimedOut => AnswerReason.UpstreamTimeout,
        AttemptFailure.ConnectRefused => AnswerReason.UpstreamConnectFailed,
        AttemptFailure.HeadTooLarge => AnswerReason.UpstreamHeaderTooLarge,
        AttemptFailure.InvalidResponse => AnswerReason.UpstreamBadResponse,
        _ => AnswerReason.UpstreamReset,
    };
}
