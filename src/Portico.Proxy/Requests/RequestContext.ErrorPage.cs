using Portico.Proxy.Headers;

namespace Portico.Proxy.Requests;

/// <summary>What becomes of a request whose answer somebody else makes: an error page, or the substitute of a backend without endpoints.</summary>
internal sealed partial class RequestContext
{
    /// <summary>The status that an error backend or a substitute stands in for (X-Code); 0 when none does.</summary>
    public int ReplacedStatus { get; private set; }

    /// <summary>
    /// Whether the request is the question for an error page: its path is the root, its head that of
    /// <see cref="ErrorPageRequestHeaders"/>, and response headers of the route are not set on the answer.
    /// </summary>
    public bool IsErrorPage { get; private set; }

    /// <summary>Whether the error page is asked for without the request's body.</summary>
    public bool OmitsBody { get; private set; }

    /// <summary>How many attempts came before the error page was asked for; -1 when none was.</summary>
    public int AttemptsBeforeErrorPage { get; private set; }

    /// <summary>The headers that the client's response gets: those of the route, or the installation's alone on an error page.</summary>
    public ResponseHeaderPlan ResponseHeaders => IsErrorPage ? Settings.ResponseHeaders : Policies.ResponseHeaders;

    public void BeginErrorPage(int status, bool omitBody)
    {
        ReplacedStatus = status;
        IsErrorPage = true;
        OmitsBody = omitBody;
        AttemptsBeforeErrorPage = _attemptCount;
        var (path, target) = BeginRewrite();
        path.Append((byte)'/');
        target.Append((byte)'/');
        if (Query is { Length: > 0 } query)
        {
            target.Append((byte)'?');
            target.Append(query);
        }

        CompleteRewrite();
    }

    /// <summary>The route's substitute takes the request as it is.</summary>
    public void BeginSubstitute() => ReplacedStatus = 503;

    private void EndErrorPage()
    {
        ReplacedStatus = 0;
        IsErrorPage = false;
        OmitsBody = false;
        AttemptsBeforeErrorPage = -1;
    }
}
