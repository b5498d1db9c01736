using System.Diagnostics;

namespace Portico.Proxy.Requests;

/// <summary>The question to an authentication service, for a line of its own in the access log (<c>enable-auth-access-log</c>).</summary>
internal sealed partial class RequestContext
{
    private UpstreamAttempt _authAttempt;
    private long _authStartedTimestamp;
    private long _authFinishedTimestamp;

    /// <summary>Whether a service was asked about this request, rather than an answer that was kept.</summary>
    public bool AskedAuthService { get; private set; }

    /// <summary>Notes what became of the question.</summary>
    /// <param name="endpoint">The endpoint that was asked last; empty when there is none.</param>
    /// <param name="status">The answer's status, or the one that the failure stands for.</param>
    /// <param name="startedTimestamp">In units of <see cref="Stopwatch"/>, like <paramref name="finishedTimestamp"/>.</param>
    public void NoteAuthQuestion(byte[] endpoint, int status, long startedTimestamp, long finishedTimestamp)
    {
        AskedAuthService = true;
        _authStartedTimestamp = startedTimestamp;
        _authFinishedTimestamp = finishedTimestamp;
        var microseconds = (long)Stopwatch.GetElapsedTime(startedTimestamp, finishedTimestamp).TotalMicroseconds;
        _authAttempt = new UpstreamAttempt
        {
            Endpoint = endpoint,
            Status = status,
            ConnectMicroseconds = UpstreamAttempt.Unset,
            HeaderMicroseconds = microseconds,
            ResponseMicroseconds = microseconds,
        };
    }

    /// <summary>
    /// Shows the question instead of the request, as nginx logs the one request below another: the same request line and client; its own
    /// endpoint, status and time; no bytes from or to the client. A second call shows the request again.
    /// </summary>
    public void ExchangeWithAuthQuestion(ref AuthQuestionOutcome kept)
    {
        (kept, var shown) = (Outcome(), kept.IsSet ? kept : QuestionOutcome());
        _attempts = shown.Attempts;
        _attemptCount = shown.AttemptCount;
        StartedTimestamp = shown.Started;
        FinishedTimestamp = shown.Finished;
        Status = shown.Status;
        BytesSent = shown.BytesSent;
        BodyBytesSent = shown.BodyBytesSent;
        RequestLength = shown.RequestLength;
    }

    private void BeginAuthQuestion()
    {
        AskedAuthService = false;
        _authAttempt = default;
    }

    private AuthQuestionOutcome Outcome() =>
        new(true, _attempts, _attemptCount, StartedTimestamp, FinishedTimestamp, Status, BytesSent, BodyBytesSent, RequestLength);

    private AuthQuestionOutcome QuestionOutcome() =>
        new(true, [_authAttempt], _authAttempt.Endpoint.Length > 0 ? 1 : 0, _authStartedTimestamp, _authFinishedTimestamp, _authAttempt.Status, 0, 0, 0);
}

/// <summary>What a log line says about an outcome, set aside while another one is shown.</summary>
internal readonly record struct AuthQuestionOutcome(
    bool IsSet, UpstreamAttempt[] Attempts, int AttemptCount, long Started, long Finished, int Status, long BytesSent, long BodyBytesSent, long RequestLength);
