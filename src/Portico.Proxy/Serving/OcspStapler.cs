using System.Collections.Concurrent;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using Portico.Net.Tls;
using Portico.Proxy.Observing.ErrorLog;
using Portico.Proxy.Observing.Metrics;

namespace Portico.Proxy.Serving;

/// <summary>
/// OCSP answers for the certificates of a listener (<c>enable-ocsp</c>), stapled to handshakes (RFC 6066, section 8). A certificate is asked
/// about from the first client on that would have liked an answer, and again ahead of the answer's end, as long as it is served: one
/// task each, on the thread pool. Handshakes never wait, and a responder that fails costs them nothing: the last good answer serves to its
/// end. Shards call <see cref="Want"/>, the control thread everything else.
/// </summary>
#pragma warning disable CA1001 // The semaphore has no wait handle: there is nothing to give back.
internal sealed class OcspStapler(OcspCounters counters, ErrorLogWriter log, TimeProvider time) : ITlsStapling
#pragma warning restore CA1001
{
    private const int QuestionsAtOnce = 4;
    private const int LargestAnswerBytes = 64 * 1024;

    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(10);
    private static readonly RepeatedMessage Failures = new();

    // Where to ask is written in the certificate, by whoever wrote the Secret: no redirect is followed and no proxy is asked.
    private static readonly HttpClient Client = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(1),
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(10),
    })
    {
        Timeout = TimeSpan.FromSeconds(4),
        MaxResponseContentBufferSize = LargestAnswerBytes,
    };

    private readonly ConcurrentDictionary<TlsCertificate, CancellationTokenSource> _kept = new();
    private readonly SemaphoreSlim _room = new(QuestionsAtOnce);
    private volatile HashSet<TlsCertificate> _served = [];

    /// <summary>Certificates that are being kept up to date; for tests.</summary>
    public int Count => _kept.Count;

    /// <summary>Says which certificates are served from now on: the others are not asked about any more.</summary>
    public void Retain(IEnumerable<TlsCertificate> served)
    {
        _served = [.. served];
        foreach (var certificate in _kept.Keys)
        {
            if (!_served.Contains(certificate))
            {
                Forget(certificate);
            }
        }
    }

    public void Want(TlsCertificate certificate)
    {
        if (_kept.ContainsKey(certificate) || !_served.Contains(certificate))
        {
            return;
        }

        var end = new CancellationTokenSource();
        if (!_kept.TryAdd(certificate, end))
        {
            return;
        }

        _ = Task.Run(() => KeepAsync(certificate, end.Token));
        if (!_served.Contains(certificate))
        {
            // It went while this was decided, and whoever took it away may not have seen it.
            Forget(certificate);
        }
    }

    public void Close() => Retain([]);

    /// <summary>Half of what is left, so that a failure leaves time to try again; but revocations shall be known within the hour.</summary>
    internal static TimeSpan PauseAfterSuccess(TimeSpan left) => new(Math.Clamp(left.Ticks / 2, ShortestPause.Ticks, LongestPause.Ticks));

    internal static TimeSpan PauseAfterFailure(int failures) =>
        new(Math.Min(ShortestPause.Ticks << Math.Clamp(failures - 1, 0, 20), LongestPause.Ticks));

    private void Forget(TlsCertificate certificate)
    {
        if (_kept.TryRemove(certificate, out var end))
        {
            end.Cancel();
        }
    }

    private async Task KeepAsync(TlsCertificate certificate, CancellationToken end)
    {
        if (!OcspQuery.TryCreate(certificate, out var query, out var error))
        {
            log.Write(ErrorLogLevel.Notice, $"no OCSP answer is stapled for certificate {certificate.Name}: {error}");
            return;
        }

        var failures = 0;
        while (!end.IsCancellationRequested)
        {
            var judgement = await AskAsync(query, end);
            if (end.IsCancellationRequested)
            {
                return;
            }

            counters.Count(judgement.Verdict);
            failures = judgement.Verdict == OcspVerdict.Good ? 0 : failures + 1;
            var pause = judgement.Staple is { } staple ? PauseAfterSuccess(staple.FreshUntilUtc - DateTime.UtcNow) : PauseAfterFailure(failures);
            Take(certificate, query, judgement, pause);
            await Task.Delay(pause, time, end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Take(TlsCertificate certificate, OcspQuery query, OcspJudgement judgement, TimeSpan pause)
    {
        if (judgement.Verdict == OcspVerdict.Good)
        {
            certificate.Staple = judgement.Staple;
            log.Write(ErrorLogLevel.Info, $"OCSP: certificate {certificate.Name} is good, stapled until {judgement.Staple!.FreshUntilUtc:u}");
            return;
        }

        // What the issuer has said replaces what it said before; silence and nonsense do not.
        if (judgement.Verdict is OcspVerdict.Revoked or OcspVerdict.Unknown)
        {
            certificate.Staple = null;
        }

        var level = judgement.Verdict == OcspVerdict.Revoked ? ErrorLogLevel.Error : ErrorLogLevel.Warn;
        if (log.IsEnabled(level))
        {
            log.Write(
                level, Failures, $"OCSP: {query.Responder} about certificate {certificate.Name}: {judgement.Reason}; asked again in {(int)pause.TotalSeconds} s, {(certificate.Staple is null ? "nothing is stapled" : "the answer before stays")}");
        }
    }

    private async Task<OcspJudgement> AskAsync(OcspQuery query, CancellationToken end)
    {
        try
        {
            await _room.WaitAsync(end);
        }
        catch (OperationCanceledException)
        {
            return OcspJudgement.Failed("the certificate is not served any more");
        }

        try
        {
            using var content = new ByteArrayContent(query.Request);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/ocsp-request");
            using var response = await Client.PostAsync(query.Responder, content, end);
            return response.StatusCode == HttpStatusCode.OK
                ? query.Judge(await response.Content.ReadAsByteArrayAsync(end))
                : OcspJudgement.Failed($"the responder answers with status {(int)response.StatusCode}");
        }
        catch (OperationCanceledException)
        {
            return OcspJudgement.Failed("no answer in time");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return OcspJudgement.Failed(e.Message);
        }
        finally
        {
            _room.Release();
        }
    }
}
