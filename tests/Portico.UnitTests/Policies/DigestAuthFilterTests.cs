using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Portico.Model.Policies;
using Portico.Proxy.Answers;
using Portico.Proxy.Policies;
using Portico.UnitTests.Requests;
using Xunit;

namespace Portico.UnitTests.Policies;

public class DigestAuthFilterTests
{
    private const long Now = 1_000_000;
    private const string Realm = "cafe";

    private readonly DigestAuthFilter _filter = Filter(new PolicyState());

    private static DigestAuthFilter Filter(PolicyState state, string realm = Realm) => new(
        new BasicAuthPolicy { Realm = realm, Digest = true, Users = [new PasswordEntry("alice", $"{Realm}:{Md5($"alice:{Realm}:secret")}"), new PasswordEntry("bob", "other:" + Md5("bob:other:secret"))] },
        state);

    [Fact]
    public void A_right_response_to_a_nonce_of_ours_is_let_through() => Assert.Equal(AnswerReason.None, Try(new Response(Nonce())));

    [Fact]
    public void Without_credentials_a_nonce_is_offered_that_is_not_stale()
    {
        var (reason, challenge) = Ask("", Now);
        Assert.Equal(AnswerReason.AuthDenied, reason);
        Assert.Matches("^Digest algorithm=\"MD5\", qop=\"auth\", realm=\"cafe\", nonce=\"[0-9a-f]{48}\"$", challenge);
    }

    [Fact]
    public void Every_count_of_a_nonce_is_good_once()
    {
        var nonce = Nonce();
        Assert.Equal(AnswerReason.None, Try(new Response(nonce)));
        AssertStale(new Response(nonce));
        Assert.Equal(AnswerReason.None, Try(new Response(nonce) { Count = 2 }));
        AssertStale(new Response(nonce) { Count = 2 });
        AssertStale(new Response(nonce));
    }

    [Fact]
    public void Counts_may_come_out_of_order_within_a_window()
    {
        var nonce = Nonce();
        foreach (var count in (uint[])[5, 3, 4, 1, 70, 20, 69])
        {
            Assert.Equal(AnswerReason.None, Try(new Response(nonce) { Count = count }));
        }

        // Six and less are out of the window by now, whether they were used or not.
        foreach (var count in (uint[])[2, 5, 6, 20, 69, 70, 0])
        {
            Assert.Equal(AnswerReason.AuthDenied, Try(new Response(nonce) { Count = count }));
        }
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(59_999, true)]
    [InlineData(60_000, false)]
    [InlineData(10_000_000, false)]
    [InlineData(-1, false)]
    public void A_nonce_is_good_for_a_minute_and_stale_afterwards(long later, bool good)
    {
        var (reason, challenge) = Ask(new Response(Nonce()).Header, Now + later);
        Assert.Equal((good, !good), (reason == AnswerReason.None, challenge.EndsWith("stale=\"true\"", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_nonce_of_another_process_or_realm_or_a_made_up_one_is_stale()
    {
        AssertStale(new Response(Filter(new PolicyState()).Nonce(Now)));
        var state = new PolicyState();
        var header = new Response(Filter(state, "other").Nonce(Now)).Header;
        Assert.Equal(AnswerReason.AuthDenied, Filter(state).Check(TestRequest.Read($"GET /p?x=1 HTTP/1.1\nHost: h.test\n{header}"), Now));
        AssertStale(new Response(new string('0', 48)));
        AssertStale(new Response("short"));
        var changed = Nonce();
        AssertStale(new Response(changed[..^1] + (changed[^1] == '0' ? '1' : '0')));
    }

    public static TheoryData<string, string> Wrong { get; } = new()
    {
        { "uri=\"/p?x=1\"", "uri=\"/other\"" },
        { "uri=\"/p?x=1\"", "uri=\"/p\"" },
        { "username=\"alice\"", "username=\"mallory\"" },
        { "username=\"alice\"", "username=\"bob\"" },
        { "realm=\"cafe\"", "realm=\"other\"" },
        { "qop=auth", "qop=auth-int" },
        { "qop=auth, ", "" },
        { "cnonce=\"c\"", "cnonce=\"d\"" },
        { "nc=00000001", "nc=00000002" },
        { "nc=00000001, ", "" },
        { "response=\"", "response=\"0" },
        { "Digest ", "Basic " },
        { "Digest ", "Digest username=\"alice\", " },
        { "\"c\"", "\"c" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void One_wrong_word_is_refused_without_being_stale(string word, string wrong)
    {
        var header = new Response(Nonce()).Header;
        Assert.Contains(word, header, StringComparison.Ordinal);
        var (reason, challenge) = Ask(header.Replace(word, wrong, StringComparison.Ordinal), Now);
        Assert.Equal(AnswerReason.AuthDenied, reason);
        Assert.DoesNotContain("stale", challenge, StringComparison.Ordinal);
    }

    [Fact]
    public void A_response_for_one_method_or_target_is_none_for_another()
    {
        var nonce = Nonce();
        Assert.Equal(AnswerReason.AuthDenied, Try(new Response(nonce) { Method = "POST" }));
        Assert.Equal(AnswerReason.AuthDenied, Try(new Response(nonce) { Uri = "/q" }));
        Assert.Equal(AnswerReason.None, Try(new Response(nonce)));
    }

    [Fact]
    public void A_header_that_is_cut_anywhere_lets_nobody_through()
    {
        var header = new Response(Nonce()).Header;
        for (var length = 0; length < header.Length - 1; length++)
        {
            Assert.Equal((length, AnswerReason.AuthDenied), (length, Ask(header[..length], Now).Reason));
        }
    }

    private string Nonce() => _filter.Nonce(Now);

    private AnswerReason Try(Response response) => Ask(response.Header, Now).Reason;

    private void AssertStale(Response response)
    {
        var (reason, challenge) = Ask(response.Header, Now);
        Assert.Equal(AnswerReason.AuthDenied, reason);
        Assert.EndsWith(", stale=\"true\"", challenge, StringComparison.Ordinal);
    }

    private (AnswerReason Reason, string Challenge) Ask(string header, long now)
    {
        var usable = header.StartsWith("Authorization:", StringComparison.Ordinal) && header.TrimEnd().Length == header.Length ? header : "X-Cut: 1";
        var context = TestRequest.Read($"GET /p?x=1 HTTP/1.1\nHost: h.test\n{usable}");
        return (_filter.Check(context, now), context.Challenge is { } challenge ? Encoding.ASCII.GetString(challenge) : "");
    }

    [SuppressMessage("Security", "CA5351", Justification = "The scheme asks for it.")]
    private static string Md5(string text) => Convert.ToHexStringLower(MD5.HashData(Encoding.Latin1.GetBytes(text)));

    private sealed record Response(string Nonce)
    {
        public uint Count { get; init; } = 1;

        public string Method { get; init; } = "GET";

        public string Uri { get; init; } = "/p?x=1";

        public string Header
        {
            get
            {
                var count = Count.ToString("x8", CultureInfo.InvariantCulture);
                var response = Md5($"{Md5($"alice:{Realm}:secret")}:{Nonce}:{count}:c:auth:{Md5($"{Method}:{Uri}")}");
                return $"Authorization: Digest username=\"alice\", realm=\"{Realm}\", nonce=\"{Nonce}\", uri=\"{Uri}\", qop=auth, nc={count}, cnonce=\"c\", response=\"{response}\"";
            }
        }
    }
}
