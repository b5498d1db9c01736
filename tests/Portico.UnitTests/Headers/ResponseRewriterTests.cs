using Portico.Http.Messages;
using Portico.Model.Policies;
using Portico.Proxy.Headers;
using Portico.UnitTests.Requests;
using Xunit;

namespace Portico.UnitTests.Headers;

public class ResponseRewriterTests
{
    [Theory]
    [InlineData("/old/x", "http://h.test/new/x")]
    [InlineData("/Old/x", "/Old/x")]
    [InlineData("x/old/", "x/old/")]
    [InlineData("/old/", "http://h.test/new/")]
    [InlineData("", "")]
    public void A_location_that_begins_with_the_text_is_replaced_and_completed(string sent, string expected) =>
        Assert.Equal(expected, Rewrite(HeaderId.Location, sent, new ResponseRewritePolicy { Redirect = new("/old/", "/new/") }));

    [Fact]
    public void A_replaced_location_may_stay_relative() =>
        Assert.Equal("/new/x", Rewrite(HeaderId.Location, "/old/x", new ResponseRewritePolicy { Redirect = new("/old/", "/new/"), Relative = true }));

    [Theory]
    [InlineData("5; url=/old/x", "5; url=/new/x")]
    [InlineData("5; URL=/old/x", "5; URL=/new/x")]
    [InlineData("5;url=/x/old/", "5;url=/x/old/")]
    [InlineData("5", "5")]
    public void Of_a_refresh_only_the_place_is_replaced(string sent, string expected) =>
        Assert.Equal(expected, Rewrite(HeaderId.Refresh, sent, new ResponseRewritePolicy { Redirect = new("/old/", "/new/") }));

    [Theory]
    [InlineData("a=1; Domain=in.test", "a=1; Domain=out.test")]
    [InlineData("a=1; domain=.IN.test", "a=1; domain=.out.test")]
    [InlineData("a=1; Domain=x.in.test", "a=1; Domain=x.in.test")]
    [InlineData("a=1;Path=/p/q;HttpOnly", "a=1; Path=/z/q; HttpOnly")]
    [InlineData("a=1;Path=/P/q;HttpOnly", "a=1;Path=/P/q;HttpOnly")]
    [InlineData("path=/p/; Secure", "path=/p/; Secure")]
    [InlineData("a=1; Path", "a=1; Path")]
    [InlineData("a=1; Path=", "a=1; Path=")]
    [InlineData("a=1;;Path=/p/", "a=1; ; Path=/z/")]
    public void Of_a_cookie_only_attributes_are_replaced(string sent, string expected) =>
        Assert.Equal(
            expected,
            Rewrite(HeaderId.SetCookie, sent, new ResponseRewritePolicy { CookieDomain = new(".in.test", "out.test"), CookiePath = new("/p/", "/z/") }));

    [Fact]
    public void Headers_that_no_rule_is_about_are_not_looked_at()
    {
        var rewriter = new ResponseRewriter(new ResponseRewritePolicy { CookiePath = new("/p", "/z") });

        Assert.False(rewriter.Looks(HeaderId.Location));
        Assert.False(rewriter.Looks(HeaderId.Other));
        Assert.True(rewriter.Looks(HeaderId.SetCookie));
    }

    private static string Rewrite(HeaderId id, string value, ResponseRewritePolicy policy)
    {
        var context = TestRequest.Read(TestRequest.Get(), route: TestRequest.PlainRoute);
        return TestRequest.Ascii(new ResponseRewriter(policy).Rewrite(context, id, System.Text.Encoding.Latin1.GetBytes(value)));
    }
}
