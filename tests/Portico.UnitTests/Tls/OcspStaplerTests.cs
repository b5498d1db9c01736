using System.Globalization;
using Portico.Net.Tls;
using Portico.Proxy.Observing.ErrorLog;
using Portico.Proxy.Observing.Metrics;
using Portico.Proxy.Serving;
using Portico.TestKit.Backends;
using Portico.TestKit.Wire;
using Xunit;

namespace Portico.UnitTests.Tls;

/// <summary>When responders are asked, and what stays stapled meanwhile. The clock stands still.</summary>
public sealed class OcspStaplerTests : IAsyncDisposable
{
    private readonly TestAuthority _authority = new("stapler-root");
    private readonly PausedTime _time = new();
    private readonly OcspCounters _counters = new();
    private readonly OcspStapler _stapler;
    private readonly ScriptedBackend _responder;
    private readonly TlsCertificate _certificate;

    public OcspStaplerTests()
    {
        _stapler = new OcspStapler(_counters, new ErrorLogWriter("", TimeProvider.System), _time);
        _responder = new ScriptedBackend(Scripts.Body("nothing"), "responder");
        _certificate = _authority.Issue("shop.test", responder: $"http://{_responder.EndPoint}/").Certificate;
        _stapler.Retain([_certificate]);
    }

    public async ValueTask DisposeAsync()
    {
        _stapler.Close();
        await _responder.DisposeAsync();
    }

    [Fact]
    public async Task An_answer_is_renewed_when_half_of_its_time_is_over_and_every_hour()
    {
        _responder.Script = Says(TestAuthority.Status.Good, TimeSpan.FromMinutes(40));
        _stapler.Want(_certificate);
        _stapler.Want(_certificate);
        OcspStaple? first = null;
        var pause = await PauseAsync(() =>
        {
            first = _certificate.Staple;
            _responder.Script = Says(TestAuthority.Status.Good, TimeSpan.FromDays(7));
        });
        Assert.InRange(pause, TimeSpan.FromMinutes(18), TimeSpan.FromMinutes(20));
        Assert.True(first!.IsFresh);

        await Eventually.TrueAsync(() => _counters[OcspVerdict.Good] == 2, "it was asked again");
        Assert.Equal(2, _responder.Requests.Count);
        await Eventually.TrueAsync(() => !ReferenceEquals(first, _certificate.Staple), "the staple is renewed");
    }

    [Fact]
    public async Task After_failures_it_asks_ever_more_rarely_and_the_answer_before_stays()
    {
        _responder.Script = Says(TestAuthority.Status.Good, TimeSpan.FromHours(20));
        _stapler.Want(_certificate);
        Assert.Equal(TimeSpan.FromHours(1), await PauseAsync(() => _responder.Script = Scripts.Body("garbage")));
        foreach (var seconds in new[] { 10, 20, 40, 80 })
        {
            Assert.Equal(TimeSpan.FromSeconds(seconds), await PauseAsync());
        }

        Assert.True(_certificate.Staple!.IsFresh);
        Assert.Equal(TimeSpan.FromHours(1), OcspStapler.PauseAfterFailure(1000));
    }

    [Theory]
    [InlineData(OcspVerdict.Revoked)]
    [InlineData(OcspVerdict.Unknown)]
    public async Task What_the_issuer_takes_back_is_stapled_no_longer(OcspVerdict verdict)
    {
        _responder.Script = Says(TestAuthority.Status.Good, TimeSpan.FromHours(20));
        _stapler.Want(_certificate);
        await PauseAsync(() => _responder.Script = Says(
            verdict == OcspVerdict.Revoked ? TestAuthority.Status.Revoked : TestAuthority.Status.Unknown, TimeSpan.FromHours(20)));
        await Eventually.TrueAsync(() => _counters[verdict] >= 1 && _certificate.Staple is null, "it is taken back");
    }

    [Fact]
    public async Task Certificates_that_are_not_served_are_not_asked_about()
    {
        var (stranger, _) = _authority.Issue("other.test", responder: $"http://{_responder.EndPoint}/");
        _stapler.Want(stranger);
        Assert.Equal(0, _stapler.Count);

        _responder.Script = Says(TestAuthority.Status.Good, TimeSpan.FromHours(20));
        _stapler.Want(_certificate);
        await PauseAsync(() => _stapler.Retain([stranger]));
        Assert.Equal(0, _stapler.Count);
        _stapler.Want(_certificate);
        Assert.Equal(0, _stapler.Count);

        // Served again, it is asked about anew: the one question more that is seen.
        _stapler.Retain([_certificate]);
        _stapler.Want(_certificate);
        await Eventually.TrueAsync(() => _counters[OcspVerdict.Good] == 2, "it is asked about again");
        Assert.Equal(2, _responder.Requests.Count);
    }

    [Fact]
    public void A_client_that_does_not_ask_makes_nobody_ask()
    {
        var wanted = new List<TlsCertificate>();
        Assert.True(TlsServerContext.TryCreate(
            new TlsServerOptions(), new TlsServerNames(_certificate), out var context, out var error, stapling: new Recorder(wanted)), error);
        using (new TlsPair(context, TlsPair.ClientContext(), "shop.test").Established())
        {
            Assert.Empty(wanted);
        }
    }

    // Ends the pause that comes next, after a preparation, and says how long it would have been.
    private async Task<TimeSpan> PauseAsync(Action? prepare = null)
    {
        await Eventually.TrueAsync(() => _time.Waiting > 0, "a pause begins");
        prepare?.Invoke();
        return await _time.ElapseNextAsync(TestContext.Current.CancellationToken);
    }

    private BackendScript Says(TestAuthority.Status status, TimeSpan valid) => async connection =>
    {
        var request = await connection.ReadRequestAsync();
        var answer = _authority.AnswerOcsp(request.Body, status, DateTimeOffset.UtcNow + valid);
        await connection.SendAsync(string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 200 OK\r\nContent-Length: {answer.Length}\r\n\r\n"));
        await connection.SendAsync(answer);
    };

    private sealed class Recorder(List<TlsCertificate> wanted) : ITlsStapling
    {
        public void Want(TlsCertificate certificate) => wanted.Add(certificate);
    }
}
