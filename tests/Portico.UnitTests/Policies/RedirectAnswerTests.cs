using Portico.Model.Policies;
using Portico.Proxy.Answers;
using Portico.Proxy.Policies;
using Portico.UnitTests.Requests;
using Xunit;

namespace Portico.UnitTests.Policies;

public class RedirectAnswerTests
{
    [Theory]
    [InlineData("http://redirect.example.com", "http://redirect.example.com")]
    [InlineData("/new", "http://h.test/new")]
    [InlineData("new", "new")]
    [InlineData("https://other.test$request_uri", "https://other.test/some/x?y=1")]
    public void A_place_that_starts_with_a_slash_is_completed(string location, string expected) =>
        Assert.Equal(expected, Location(TestRequest.RedirectTo(location)));

    [Fact]
    public void The_made_up_host_has_no_port_and_is_lower_case() =>
        Assert.Equal("http://redirect.test/new", Location(TestRequest.RedirectTo("/new"), "GET / HTTP/1.1\nHost: REDIRECT.test:8080"));

    [Fact]
    public void App_root_keeps_the_host_as_sent() =>
        Assert.Equal(
            "http://REDIRECT.test:8080/new",
            Location(TestRequest.RedirectTo("/new") with { Host = RedirectHost.HeaderAsSent }, "GET / HTTP/1.1\nHost: REDIRECT.test:8080"));

    [Fact]
    public void The_made_up_scheme_follows_the_connection()
    {
        var context = TestRequest.Read(TestRequest.Get("/", "X-Forwarded-Proto: http"), connection: TestRequest.Connection(tls: true));
        new RedirectAnswer(TestRequest.RedirectTo("/new")).Answer(context);
        Assert.Equal("https://h.test/new", TestRequest.Ascii(context.Location.Written));
    }

    [Fact]
    public void Relative_places_can_stay_relative() =>
        Assert.Equal("/new", Location(TestRequest.RedirectTo("/new") with { Relative = true }));

    [Fact]
    public void Without_a_host_the_place_stays_relative() => Assert.Equal("/new", Location(TestRequest.RedirectTo("/new"), "GET / HTTP/1.0"));

    [Fact]
    public void The_query_is_added_only_when_wanted() =>
        Assert.Equal("http://h.test/new/?y=1", Location(TestRequest.RedirectTo("/new/") with { KeepQuery = true }));

    [Fact]
    public void A_variable_cannot_start_another_header_line() =>
        Assert.Equal("http://x.test/a  Set-Cookie: x=1", Location(TestRequest.RedirectTo("http://x.test$uri"), TestRequest.Get("/a%0d%0aSet-Cookie:%20x=1")));

    [Theory]
    [InlineData(301, true, "301 Moved")]
    [InlineData(302, true, "302 Found")]
    [InlineData(303, true, "303 See")]
    [InlineData(307, true, "307 Temp")]
    [InlineData(308, true, "308 Perm")]
    [InlineData(300, false, "http://x.test")]
    [InlineData(305, false, "http://x.test")]
    [InlineData(306, false, "http://x.test")]
    [InlineData(304, false, "")]
    public void The_status_decides_about_header_and_body(int status, bool header, string body)
    {
        var context = TestRequest.Read(TestRequest.Get());
        var answer = new RedirectAnswer(TestRequest.RedirectTo("http://x.test", status)).Answer(context);
        Assert.Equal((status, AnswerReason.Redirect, header), (answer.Status, answer.Reason, answer.SendsLocation));
        var text = TestRequest.Ascii(StockPages.BodyOf(in answer, context));
        Assert.Contains(body, text, StringComparison.Ordinal);
        Assert.Equal(body.Length == 0, text.Length == 0);
    }

    private static string Location(RedirectPolicy policy, string? head = null)
    {
        var context = TestRequest.Read(head ?? TestRequest.Get("/some/x?y=1"));
        new RedirectAnswer(policy).Answer(context);
        return TestRequest.Ascii(context.Location.Written);
    }
}
