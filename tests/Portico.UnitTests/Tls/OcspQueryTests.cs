using System.Security.Cryptography;
using Portico.Net.Tls;
using Xunit;

namespace Portico.UnitTests.Tls;

public class OcspQueryTests
{
    private const string Responder = "http://127.0.0.9:8080/ocsp";

    private static readonly TestAuthority Authority = new("ocsp-root");
    private static readonly DateTimeOffset Tomorrow = DateTimeOffset.UtcNow.AddDays(1);

    [Fact]
    public void The_certificate_says_whom_to_ask()
    {
        var query = Query();
        Assert.Equal(new Uri(Responder), query.Responder);
        Assert.NotEmpty(query.Request);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("https://127.0.0.9/")]
    [InlineData("ldap://127.0.0.9/")]
    [InlineData("not a place")]
    public void A_certificate_without_a_responder_that_can_be_asked_is_not_asked_about(string? responder)
    {
        Assert.False(OcspQuery.TryCreate(Authority.Issue("shop.test", responder: responder).Certificate, out _, out var error));
        Assert.Contains("no OCSP responder", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_the_issuer_no_answer_can_be_verified()
    {
        var (certificate, _) = Authority.Issue("shop.test", responder: Responder, withIssuer: false);
        Assert.False(OcspQuery.TryCreate(certificate, out _, out var error));
        Assert.Contains("does not hold the issuer", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_good_answer_becomes_a_staple_until_its_next_update()
    {
        var query = Query();
        var judgement = query.Judge(Authority.AnswerOcsp(query.Request, TestAuthority.Status.Good, Tomorrow));
        Assert.Equal((OcspVerdict.Good, ""), (judgement.Verdict, judgement.Reason));
        Assert.True(judgement.Staple!.IsFresh);
        Assert.InRange(judgement.Staple.FreshUntilUtc, Tomorrow.UtcDateTime.AddMinutes(-5), Tomorrow.UtcDateTime.AddMinutes(5));
    }

    [Fact]
    public void An_answer_without_an_end_serves_for_an_hour()
    {
        var query = Query();
        var judgement = query.Judge(Authority.AnswerOcsp(query.Request, TestAuthority.Status.Good, null));
        Assert.InRange(judgement.Staple!.FreshUntilUtc, DateTime.UtcNow.AddMinutes(30), DateTime.UtcNow.AddMinutes(61));
    }

    [Fact]
    public void Who_may_sign_is_the_issuer_or_whom_it_made_a_responder()
    {
        var query = Query();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.Equal(OcspVerdict.Good, query.Judge(Authority.AnswerOcsp(query.Request, TestAuthority.Status.Good, Tomorrow, signer: key)).Verdict);
        Assert.Equal(OcspVerdict.Failed, query.Judge(Authority.AnswerOcsp(query.Request, TestAuthority.Status.Good, Tomorrow, signer: key, delegated: false)).Verdict);

        // Another authority of the same name, also through a responder of its own.
        var forger = new TestAuthority("ocsp-root");
        Assert.Equal(OcspVerdict.Failed, query.Judge(forger.AnswerOcsp(query.Request, TestAuthority.Status.Good, Tomorrow)).Verdict);
        Assert.Equal(OcspVerdict.Failed, query.Judge(forger.AnswerOcsp(query.Request, TestAuthority.Status.Good, Tomorrow, signer: key)).Verdict);
    }

    [Theory]
    [InlineData(OcspVerdict.Revoked)]
    [InlineData(OcspVerdict.Unknown)]
    public void What_is_not_good_is_no_staple(OcspVerdict verdict)
    {
        var status = verdict == OcspVerdict.Revoked ? TestAuthority.Status.Revoked : TestAuthority.Status.Unknown;
        var query = Query();
        var judgement = query.Judge(Authority.AnswerOcsp(query.Request, status, Tomorrow));
        Assert.Equal(verdict, judgement.Verdict);
        Assert.Null(judgement.Staple);
        Assert.NotEmpty(judgement.Reason);
    }

    [Fact]
    public void An_answer_about_another_certificate_is_refused()
    {
        var other = Query();
        Assert.Equal(OcspVerdict.Failed, Query().Judge(Authority.AnswerOcsp(other.Request, TestAuthority.Status.Good, Tomorrow)).Verdict);
    }

    [Theory]
    [InlineData(-20, -10)]
    [InlineData(10, 20)]
    public void An_answer_of_another_time_is_refused(int fromDays, int toDays)
    {
        var query = Query();
        var now = DateTimeOffset.UtcNow;
        Assert.Equal(
            OcspVerdict.Failed, query.Judge(Authority.AnswerOcsp(query.Request, TestAuthority.Status.Good, now.AddDays(toDays), now.AddDays(fromDays))).Verdict);
    }

    [Fact]
    public void A_refusal_is_told_in_words()
    {
        var judgement = Query().Judge(TestAuthority.RefuseOcsp(3));
        Assert.Equal((OcspVerdict.Failed, "the responder says trylater"), (judgement.Verdict, judgement.Reason));
    }

    [Fact]
    public void A_part_of_an_answer_and_more_than_an_answer_are_refused()
    {
        var query = Query();
        var answer = Authority.AnswerOcsp(query.Request, TestAuthority.Status.Good, Tomorrow);
        for (var length = 0; length < answer.Length; length++)
        {
            Assert.Equal(OcspVerdict.Failed, query.Judge(answer[..length]).Verdict);
        }

        Assert.Equal(OcspVerdict.Failed, query.Judge([.. answer, 0]).Verdict);
    }

    [Fact]
    public void No_changed_byte_passes()
    {
        var query = Query();
        var answer = Authority.AnswerOcsp(query.Request, TestAuthority.Status.Revoked, Tomorrow);
        for (var at = 0; at < answer.Length; at++)
        {
            var changed = (byte[])answer.Clone();
            changed[at] ^= 1;
            Assert.NotEqual(OcspVerdict.Good, query.Judge(changed).Verdict);
        }
    }

    private static OcspQuery Query()
    {
        Assert.True(OcspQuery.TryCreate(Authority.Issue("shop.test", responder: Responder).Certificate, out var query, out var error), error);
        return query;
    }
}
