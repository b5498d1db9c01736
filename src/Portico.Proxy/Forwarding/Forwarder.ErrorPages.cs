using System.Runtime.CompilerServices;
using Portico.Net.Async;
using Portico.Proxy.Answers;
using Portico.Proxy.Grpc;

namespace Portico.Proxy.Forwarding;

/// <summary>
/// Answers that an error backend makes (<c>custom-http-errors</c>): the response in hand is thrown away before a byte of it went to the client,
/// and the request begins anew towards the error backend, with its body where that is still in hand.
/// </summary>
internal sealed partial class Forwarder
{
    /// <summary>Whether the head that was read is not passed on but replaced.</summary>
    private bool IsIntercepted =>
        _context.Policies.ErrorPages is { } pages && pages.Intercepts(_context, _context.CurrentAttempt.Status);

    /// <summary>Lets go of a response that nobody wants.</summary>
    /// <returns>None when the error backend is to be asked; else how the gateway has to answer.</returns>
    [AsyncMethodBuilder(typeof(ShardTaskMethodBuilder<>))]
    private async ValueTask<AnswerReason> InterceptAsync()
    {
        var status = _context.CurrentAttempt.Status;
        NoteAttemptEnd(_upstream!);
        await SettlePumpAsync();
        ReleaseUpstream();
        return TurnToErrorPage(status, AnswerReason.BackendErrorReplaced);
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
