using Portico.Model;
using Portico.Model.Policies;
using Portico.Proxy.Answers;
using Portico.Proxy.Policies;
using Portico.Proxy.Requests;
using Portico.UnitTests.Requests;
using Xunit;

namespace Portico.UnitTests.Policies;

public class RewriteFilterTests
{
    [Theory]
    [InlineData("/something(/|$)(.*)", "/$2", "/something", "/")]
    [InlineData("/something(/|$)(.*)", "/$2", "/something/new/deep/?x=1", "/new/deep/?x=1")]
    [InlineData("/something", "/", "/something", "/")]
    // The whole path is replaced, not the part that matched.
    [InlineData("/api", "/v2", "/api/items/1?x=1", "/v2?x=1")]
    // The expression is not anchored, and takes letters in either case.
    [InlineData("/b/(.*)", "/$1", "/A/B/c", "/c")]
    [InlineData("/other", "/new", "/path?q", "/path?q")]
    [InlineData("/u/([^/]+)/(.*)", "/$2/by/$1", "/u/alice/posts/7", "/posts/7/by/alice")]
    [InlineData("/v(?<ver>[0-9]+)/(?<rest>.*)", "/$rest/$ver", "/v12/items", "/items/12")]
    // Named groups count among the others, from left to right.
    [InlineData("/(?<first>a)/(b)/(?<Third>c)", "/$3$2$1/$third", "/a/b/c", "/cba/c")]
    [InlineData("/x(y)?", "/a$1b$7", "/x", "/ab")]
    [InlineData("/m/(.*)", "/$request_method/$host/$1", "/m/z", "/GET/h.test/z")]
    [InlineData("/app/(.*)", "/$1", "/app/a%20b", "/a%20b")]
    [InlineData("/app/(.*)", "/$1", "/app/%c3%a9", "/%C3%A9")]
    [InlineData("/app/(.*)", "/$1", "/app/a%3Fb%23c%25d", "/a%3Fb%23c%25d")]
    [InlineData("/app/(.*)", "/$1", "/app/a+b&c=d;e,f@g:h", "/a+b&c=d;e,f@g:h")]
    [InlineData("/app/(.*)", "/$1", "/app/a%2Fb", "/a/b")]
    [InlineData("/app/(.*)", "/$1", "/app/%22%3C%3E%5C%5E%60%7B%7C%7D%0d", "/%22%3C%3E%5C%5E%60%7B%7C%7D%0D")]
    // A dot does not match a line feed; a class does.
    [InlineData("/app/(.*)", "/$1", "/app/a%0Ab", "/a")]
    [InlineData("/app/([^x]*)", "/$1", "/app/a%0Ab", "/a%0Ab")]
    // A question mark in the target begins arguments; one at its end drops the query of the request.
    [InlineData("/app/(.*)", "/x?p=$1", "/app/a%20b%23c?q=1", "/x?p=a%20b%23c&q=1")]
    [InlineData("/app/(.*)", "/$1?", "/app/a?q=1", "/a")]
    // nginx would send a malformed request line here.
    [InlineData("/app/(.*)", "$1", "/app/x", "/x")]
    public void The_path_becomes_the_target_and_the_query_stays(string pattern, string target, string request, string forwarded)
    {
        var context = Apply(pattern, target, request, out var decision);
        Assert.False(decision.IsAnswer);
        Assert.Equal(forwarded, TestRequest.Ascii(context.ForwardedTarget));
    }

    [Fact]
    public void An_empty_result_is_an_error()
    {
        var context = Apply("/x(y)?", "$1", "/x", out var decision);
        Assert.Equal((500, AnswerReason.RewriteFailed), (decision.Answer.Status, decision.Answer.Reason));
        Assert.False(context.IsRewritten);
    }

    [Theory]
    [InlineData("https://new.test/$1", "/old/a?x=1", "https://new.test/a?x=1")]
    [InlineData("http://new.test/", "/old/a", "http://new.test/")]
    [InlineData("$scheme://new.test/$1", "/old/a%20b", "http://new.test/a%20b")]
    [InlineData("https://new.test/$1", "/old/a%0dSet-Cookie:%20x%3fy", "https://new.test/a%0DSet-Cookie:%20x%3Fy")]
    [InlineData("https://new.test/?p=$1", "/old/a?x=1", "https://new.test/?p=a&x=1")]
    public void A_target_on_another_site_is_a_redirect(string target, string request, string location)
    {
        var context = Apply("/old/(.*)", target, request, out var decision);
        Assert.Equal((302, AnswerReason.Redirect, true), (decision.Answer.Status, decision.Answer.Reason, decision.Answer.SendsLocation));
        Assert.Equal(location, TestRequest.Ascii(context.Location.Written));
        Assert.False(context.IsRewritten);
    }

    [Fact]
    public void A_group_that_begins_like_a_site_does_not_redirect() =>
        Assert.Equal("/http:/x", TestRequest.Ascii(Apply("/old/(.*)", "/$1", "/old/http:%2F%2Fx", out _).ForwardedTarget));

    [Fact]
    public void The_prefix_for_the_backend_is_filled_with_the_same_match()
    {
        var route = TestRequest.PlainRoute with { Rewrite = new RewritePolicy("/(api)/(.*)", TestRequest.Text("/$2"), TestRequest.Text("/$1\r\nX: $2")) };
        var context = TestRequest.Read(TestRequest.Get("/API/z%0d"), route: route);
        PolicyPipeline.BeforeEndpoints(context);
        Assert.True(context.HasForwardedPrefix);
        Assert.Equal("/API  X: z ", TestRequest.Ascii(context.ForwardedPrefix.Written));
    }

    [Theory]
    [InlineData("/(unclosed")]
    [InlineData("/(?<=look)behind")]
    [InlineData(@"/(a)\1")]
    public void An_expression_that_cannot_be_used_closes_the_route(string pattern)
    {
        var route = TestRequest.PlainRoute with { Rewrite = new RewritePolicy(pattern, TestRequest.Text("/x")) };
        var policies = RoutePolicies.Compile(route, new GlobalSettings());
        Assert.Contains(pattern, Assert.Single(policies.Problems), StringComparison.Ordinal);
        var decision = PolicyPipeline.BeforeEndpoints(TestRequest.Read(TestRequest.Get(), route: route));
        Assert.Equal((503, AnswerReason.BadRegex), (decision.Answer.Status, decision.Answer.Reason));
    }

    [Fact]
    public void Groups_of_the_rewrite_reach_the_upstream_host()
    {
        var route = TestRequest.PlainRoute with
        {
            Rewrite = new RewritePolicy("/(?<tenant>[a-z]+)/.*", TestRequest.Text("/")),
            Upstream = new UpstreamPolicy { Host = TestRequest.Text("$tenant-$1.test") },
        };
        var context = TestRequest.Read(TestRequest.Get("/acme/x"), route: route);
        PolicyPipeline.BeforeEndpoints(context);
        var headers = new WrittenHeaders();
        context.Settings.RequestHeaders.Write(context, headers);
        Assert.Equal("acme-acme.test", headers["Host"]);
    }

    private static RequestContext Apply(string pattern, string target, string request, out PolicyDecision decision)
    {
        Assert.True(RewriteFilter.TryCompile(new RewritePolicy(pattern, TestRequest.Text(target)), out var filter, out var error), error);
        var context = TestRequest.Read(TestRequest.Get(request));
        decision = filter.Apply(context);
        return context;
    }
}
