using Portico.Model.Policies;
using Portico.Proxy.Balancing;
using Portico.Proxy.Policies;
using Portico.UnitTests.Requests;
using Portico.UnitTests.Routing;
using Xunit;

namespace Portico.UnitTests.Policies;

public class SessionAffinityFilterTests
{
    private const string Start = "INGRESSCOOKIE=key|";

    private static readonly DateTime Now = new(2024, 5, 6, 7, 8, 9, DateTimeKind.Utc);

    private static readonly SessionAffinity Affinity = SessionAffinity.For(Models.Backend("a") with { Affinity = new SessionAffinityPolicy() })!;

    [Fact]
    public void A_plain_cookie_is_for_the_session_and_hidden_from_scripts() =>
        Assert.Equal("; Path=/app; HttpOnly", Attributes(new SessionCookiePolicy("/app")));

    [Fact]
    public void Attributes_stand_in_the_order_of_ingress_nginx()
    {
        var policy = new SessionCookiePolicy("/")
        {
            Expires = 86400, MaxAge = -1, Domain = "a.test", AlwaysSecure = true, SameSite = "Lax",
        };
        Assert.Equal("; Expires=Tue, 07-May-24 07:08:09 GMT; Max-Age=-1; Domain=a.test; Path=/; Secure; HttpOnly; SameSite=Lax", Attributes(policy));
    }

    [Theory]
    [InlineData(0, "Mon, 06-May-24 07:08:09 GMT")]
    [InlineData(-10, "Mon, 06-May-24 07:07:59 GMT")]
    [InlineData(20L * 366 * 86400, "Sat, 21-May-2044 07:08:09 GMT")]
    [InlineData(9000L * 366 * 86400, "Fri, 31-Dec-9999 23:59:59 GMT")]
    public void Expires_counts_from_now_and_has_four_digits_of_the_year_after_2037(long seconds, string date) =>
        Assert.Contains($"; Expires={date};", Attributes(new SessionCookiePolicy("/") { Expires = seconds }));

    [Fact]
    public void Over_tls_the_cookie_is_secure_whatever_is_configured() =>
        Assert.Equal("; Path=/; Secure; HttpOnly", Attributes(new SessionCookiePolicy("/"), tls: true));

    [Theory]
    [InlineData("Mozilla/5.0 (X11) Chrome/49.0", false)]
    [InlineData("Mozilla/5.0 (X11) Chrome/66.0", false)]
    [InlineData("Mozilla/5.0 (X11) Chrome/80.0", true)]
    [InlineData("Mozilla/5.0 (iPhone; CPU iPhone OS 12_1 like Mac OS X)", false)]
    [InlineData("Mozilla/5.0 (iPad; CPU OS 12_1 like Mac OS X)", false)]
    [InlineData("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_14_3) Version/12.0 Safari/605", false)]
    [InlineData("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_14_3) Chrome/90.0 Safari/605", true)]
    [InlineData("", true)]
    public void Same_site_none_is_left_out_for_browsers_that_misread_it(string agent, bool sent)
    {
        var policy = new SessionCookiePolicy("/") { SameSite = "None", ConditionalSameSiteNone = true };
        Assert.Equal(sent, Attributes(policy, agent: agent).EndsWith("; SameSite=None", StringComparison.Ordinal));
        Assert.EndsWith("; SameSite=None", Attributes(policy with { ConditionalSameSiteNone = false }, agent: agent));
        Assert.EndsWith("; SameSite=Lax", Attributes(policy with { SameSite = "Lax" }, agent: agent));
    }

    [Fact]
    public void A_path_that_would_break_the_header_is_left_out() =>
        Assert.Equal("; HttpOnly", Attributes(new SessionCookiePolicy("/a\r\nX-Evil: 1")));

    [Fact]
    public void Several_lines_become_several_headers()
    {
        var written = new WrittenHeaders();
        SessionAffinityFilter.Write("a=1\nb=2"u8, written);
        Assert.Equal([("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")], written.All);
    }

    [Theory]
    [InlineData("Cookie: INGRESSCOOKIE=k|b", "k")]
    [InlineData("Cookie: a=1; INGRESSCOOKIE=k; b=2", "k")]
    [InlineData("Cookie: INGRESSCOOKIE=first; INGRESSCOOKIE=last|x", "last")]
    [InlineData("Cookie: ingresscookie=k", "")]
    [InlineData("Cookie: XINGRESSCOOKIE=k", "")]
    [InlineData("Cookie: INGRESSCOOKIE=", "")]
    [InlineData("Cookie: INGRESSCOOKIE", "")]
    [InlineData("X-None: 1", "")]
    public void The_key_is_found_among_cookies(string header, string key) =>
        Assert.Equal(key, TestRequest.Ascii(Affinity.KeyIn(TestRequest.Read(TestRequest.Get("/", header)).Head.Headers)));

    private static string Attributes(SessionCookiePolicy policy, bool tls = false, string agent = "")
    {
        var context = TestRequest.Read(
            TestRequest.Get("/", agent.Length > 0 ? "User-Agent: " + agent : "X-No: agent"), connection: TestRequest.Connection(tls: tls));
        new SessionAffinityFilter(policy).Add(context, Affinity, "key"u8, Now.Ticks);
        var line = TestRequest.Ascii(context.SessionCookies.Written);
        var start = Start + TestRequest.Ascii(Affinity.BackendKey);
        Assert.StartsWith(start, line);
        return line[start.Length..];
    }
}
