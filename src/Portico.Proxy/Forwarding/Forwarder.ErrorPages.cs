using System.Runtime.CompilerServices;
using Portico.Http.Messages;
using Portico.Net.Async;
using Portico.Proxy.Answers;
using Portico.Proxy.Grpc;
using Portico.Proxy.Policies;

namespace Portico.Proxy.Forwarding;

/// <summary>
/// Answers that an error backend makes (<c>custom-http-errors</c>): the response in hand is thrown away before a byte of it went to the client,
/// and the request begins anew towards the error backend, with its body where that is still in hand.
/// </summary>
internal sealed partial class Forwarder
{
    /// <summary>Whether the head that was read is not passed on but replaced.</summary>
    private bool IsIntercepted =>
        _context.Policies.ErrorPages is { } pages && (pages.Intercepts(_context, _context.CurrentAttempt.Status) || TakesToSignin(pages));

    /// <summary>As in ingress-nginx the sign-in page is the page of every 401 of the route, once errors of backends are looked at.</summary>
    private bool TakesToSignin(ErrorPageFilter pages) =>
        _context.CurrentAttempt.Status == 401 && pages.InterceptsBackend && !_context.IsErrorPage && _context.Policies.Access?.External is { HasSignin: true };

    /// <summary>Whether the backend does not answer but sends the request to another path (X-Accel-Redirect).</summary>
    private bool IsSentElsewhere => !_context.IsErrorPage && _upstream!.Response.Headers.Has(HeaderId.XAccelRedirect);

    /// <summary>Lets go of a response that nobody wants.</summary>
    /// <returns>None when the error backend is to be asked; else how the gateway has to answer.</returns>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<AnswerReason> InterceptAsync()
    {
        var status = _context.CurrentAttempt.Status;
        var signin = TakesToSignin(_context.Policies.ErrorPages!);
        NoteAttemptEnd(_upstream!);
        await SettlePumpAsync();
        ReleaseUpstream();
        return signin && _context.Policies.Access!.External!.TrySignin(_context, out var answer)
            ? answer.Reason
            : TurnToErrorPage(status, AnswerReason.BackendErrorReplaced);
    }

    /// <summary>Lets go of a response that only says where to go on.</summary>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<AnswerReason> SendElsewhereAsync()
    {
        var headers = _upstream!.Response.Headers;
        headers.TryGet(HeaderId.XAccelRedirect, out var target);
        _context.RedirectInternally(target, headers);
        NoteAttemptEnd(_upstream);
        await SettlePumpAsync();
        return AnswerReason.None;
    }

    /// <returns>None when the error backend is to be asked from here; else <paramref name="reason"/>.</returns>
    private AnswerReason TurnToErrorPage(int status, AnswerReason reason)
    {
        if (_context.Policies.ErrorPages?.Turn(_context, status, reason) is not { } backend)
        {
            return reason;
        }

        if (reason != AnswerReason.BackendErrorReplaced)
        {
            NoteReplaced(reason);
        }

        if (_context.OmitsBody || (_pumped && !_bodyTakenIn))
        {
            OmitRequestBody();
        }

        _backend = backend;
        _policy = _context.Policies.ErrorPages.Upstream;
        // The page is the error backend's own; what the client still sends goes there as it would have gone before.
        _context.GrpcWeb = GrpcWebForm.None;
        ChooseProtocol();
        BeginRetries();
        return AnswerReason.None;
    }

    /// <summary>The page is the error backend's, the error is ours: it counts and is logged as such.</summary>
    private void NoteReplaced(AnswerReason reason)
    {
        _context.Reason = reason;
        services.Answers.Count(reason);
    }
}
