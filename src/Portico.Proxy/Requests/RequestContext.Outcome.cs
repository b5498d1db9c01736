using System.Diagnostics;
using Portico.Http.Messages;
using Portico.Proxy.Answers;
using Portico.Proxy.Grpc;

namespace Portico.Proxy.Requests;

/// <summary>What an exchange that became a tunnel keeps of its outcome.</summary>
internal readonly record struct OutcomeSoFar(long StartedTimestamp, UpstreamAttempt[] Attempts, int AttemptsBeforeErrorPage);

/// <summary>What became of the request: filled by forwarding, read by the access log and the metrics.</summary>
internal sealed partial class RequestContext
{
    private UpstreamAttempt[] _attempts = new UpstreamAttempt[2];
    private int _attemptCount;
    private bool _keepsUpstreamHeaders;
    private HeaderBlock? _keptUpstreamHeaders;

    /// <summary>The moment of the first byte, in units of <see cref="Stopwatch"/>.</summary>
    public long StartedTimestamp { get; private set; }

    /// <summary>The moment of the last byte to the client, the same units; 0 while the exchange runs.</summary>
    public long FinishedTimestamp { get; private set; }

    /// <summary>The wall clock at the end, <see cref="DateTime.Ticks"/> in UTC; 0 while the exchange runs.</summary>
    public long FinishedUtcTicks { get; private set; }

    /// <summary>The status that the client got; 0 when it got none.</summary>
    public int Status { get; set; }

    /// <summary>How the answer of a call is told to a client of gRPC-Web; None where nothing is translated.</summary>
    public GrpcWebForm GrpcWeb { get; set; }

    /// <summary>Bytes sent to the client, head included.</summary>
    public long BytesSent { get; set; }

    public long BodyBytesSent { get; set; }

    /// <summary>Bytes received: request line, headers and body.</summary>
    public long RequestLength { get; set; }

    /// <summary>Why the gateway answered by itself; <see cref="AnswerReason.None"/> when the backend's response was passed on.</summary>
    public AnswerReason Reason { get; set; }

    /// <summary>
    /// The headers of the backend's response, for variables; null before it came and when the gateway answers itself.
    /// Whoever gives their buffer back calls <see cref="EndUpstreamHeaders"/> before.
    /// </summary>
    public HeaderBlock? UpstreamHeaders { get; set; }

    public ReadOnlySpan<UpstreamAttempt> Attempts => _attempts.AsSpan(0, _attemptCount);

    /// <summary>The attempt in progress; only after <see cref="AddAttempt"/>.</summary>
    public ref UpstreamAttempt CurrentAttempt => ref _attempts[_attemptCount - 1];

    /// <summary>Microseconds since the first byte, up to the end or to now.</summary>
    public long ElapsedMicroseconds
    {
        get
        {
            var end = FinishedTimestamp != 0 ? FinishedTimestamp : Stopwatch.GetTimestamp();
            return Math.Max(0, Stopwatch.GetElapsedTime(StartedTimestamp, end).Ticks / TimeSpan.TicksPerMicrosecond);
        }
    }

    /// <summary>The wall clock at the end, or now.</summary>
    public long UtcTicks => FinishedUtcTicks != 0 ? FinishedUtcTicks : DateTime.UtcNow.Ticks;

    /// <summary>Opens the record of the next attempt; <paramref name="endpoint"/> is its <c>address:port</c>.</summary>
    public ref UpstreamAttempt AddAttempt(byte[] endpoint)
    {
        if (_attemptCount == _attempts.Length)
        {
            Array.Resize(ref _attempts, _attemptCount * 2);
        }

        ref var attempt = ref _attempts[_attemptCount++];
        attempt = new UpstreamAttempt
        {
            Endpoint = endpoint,
            ConnectMicroseconds = UpstreamAttempt.Unset,
            HeaderMicroseconds = UpstreamAttempt.Unset,
            ResponseMicroseconds = UpstreamAttempt.Unset,
        };
        return ref attempt;
    }

    /// <summary>Fixes the end of the exchange before it is logged and counted.</summary>
    public void Finish(long timestamp, long utcTicks)
    {
        FinishedTimestamp = timestamp;
        FinishedUtcTicks = utcTicks;
    }

    /// <summary>The outcome of an exchange that goes on without its request.</summary>
    public OutcomeSoFar SaveOutcome() => new(StartedTimestamp, Attempts.ToArray(), AttemptsBeforeErrorPage);

    /// <summary>Makes this the context of an exchange of which only the outcome is left: all else belongs to whoever used it before.</summary>
    public void RestoreOutcome(in OutcomeSoFar saved)
    {
        BeginOutcome(saved.StartedTimestamp);
        foreach (ref readonly var attempt in saved.Attempts.AsSpan())
        {
            AddAttempt(attempt.Endpoint) = attempt;
        }

        AttemptsBeforeErrorPage = saved.AttemptsBeforeErrorPage;
    }

    /// <summary>The bytes of the backend's head go back now: a copy stays for an access log that tells of them.</summary>
    public void EndUpstreamHeaders()
    {
        if (UpstreamHeaders is null || ReferenceEquals(UpstreamHeaders, _keptUpstreamHeaders))
        {
            return;
        }

        if (_keepsUpstreamHeaders)
        {
            _keptUpstreamHeaders ??= new HeaderBlock();
            _keptUpstreamHeaders.CopyFrom(UpstreamHeaders);
            UpstreamHeaders = _keptUpstreamHeaders;
        }
        else
        {
            UpstreamHeaders = null;
        }
    }

    private void BeginOutcome(long startedTimestamp)
    {
        StartedTimestamp = startedTimestamp;
        FinishedTimestamp = 0;
        FinishedUtcTicks = 0;
        Status = 0;
        GrpcWeb = GrpcWebForm.None;
        BytesSent = 0;
        BodyBytesSent = 0;
        RequestLength = 0;
        Reason = AnswerReason.None;
        UpstreamHeaders = null;
        // Endpoint arrays of removed endpoints must not be kept alive by an idle request object.
        _attempts.AsSpan(0, _attemptCount).Clear();
        _attemptCount = 0;
    }
}
