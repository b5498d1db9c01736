using Portico.Model;
using Portico.Model.Policies;
using Portico.Proxy.Answers;
using Portico.Proxy.Balancing;
using Portico.Proxy.Requests;

namespace Portico.Proxy.Policies;

/// <summary>
/// Which errors an error backend answers instead of the backend or the gateway, and which backend that is. What it answers is passed on as it
/// is: its errors are not replaced again (nginx: recursive_error_pages off). Immutable, shared by all shards.
/// </summary>
internal sealed class ErrorPageFilter
{
    private const int Lowest = 300;
    private const int Highest = 599;

    private readonly bool[] _replaced = new bool[Highest - Lowest + 1];

    public ErrorPageFilter(ErrorPagePolicy policy, UpstreamPolicy upstream)
    {
        InterceptsBackend = policy.InterceptsBackend;
        foreach (var status in policy.Statuses.Statuses)
        {
            if (status is >= Lowest and <= Highest)
            {
                _replaced[status - Lowest] = true;
            }
        }

        // Error backends are spoken to in plain HTTP/1.1, whatever the route's own backend speaks.
        Upstream = new UpstreamPolicy
        {
            ConnectTimeout = upstream.ConnectTimeout,
            SendTimeout = upstream.SendTimeout,
            ReadTimeout = upstream.ReadTimeout,
        };
    }

    /// <summary>Whether errors of backends are looked at, besides those of the gateway.</summary>
    public bool InterceptsBackend { get; }

    /// <summary>How the error backend is spoken to.</summary>
    public UpstreamPolicy Upstream { get; }

    public bool Replaces(int status) => status is >= Lowest and <= Highest && _replaced[status - Lowest];

    /// <summary>Whether a response of the backend is thrown away for a page.</summary>
    public bool Intercepts(RequestContext context, int status) => InterceptsBackend && !context.IsErrorPage && Replaces(status);

    /// <summary>Turns the request into the question for the page of an answer that is replaced.</summary>
    /// <returns>The backend to ask; null when the answer is not replaced, or nobody is there to ask.</returns>
    public BackendState? Turn(RequestContext context, int status, AnswerReason reason)
    {
        if (context.IsErrorPage || reason == AnswerReason.ClientClosed || !Replaces(status))
        {
            return null;
        }

        var backend = context.Route?.Substitute is { Current.Endpoints.Length: > 0 } own ? own : context.Table?.DefaultBackend;
        if (backend is not { Current.Endpoints.Length: > 0 })
        {
            return null;
        }

        // A body that is refused, broken or does not come is not read for the page's sake.
        context.BeginErrorPage(status, omitBody: reason is AnswerReason.BodyTooLarge or AnswerReason.BadRequest or AnswerReason.ClientTimeout);
        context.Backend = backend;
        return backend;
    }

    /// <summary>Without anybody to ask, the built-in default backend makes the page: 404, whatever the error was.</summary>
    public OwnAnswer WithoutBackend(RequestContext context, OwnAnswer answer) =>
        !context.IsErrorPage && answer.Reason != AnswerReason.ClientClosed && Replaces(answer.Status)
            ? answer with { Status = 404, Body = AnswerBody.StockPage }
            : answer;
}
