using System.Text;
using Portico.Http.Messages;
using Portico.Model;
using Portico.Proxy.Balancing;
using Portico.Proxy.Routing;
using Xunit;

namespace Portico.UnitTests.Routing;

public class PathMatchingTests
{
    [Theory]
    [InlineData("/foo", "/foo")]
    [InlineData("/foo/", "/foo")]
    [InlineData("/foo/bar", "/foo")]
    [InlineData("/foobar", "/")]
    [InlineData("/FOO", "/")]
    [InlineData("/fo", "/")]
    [InlineData("/foo/../bar", "/")]
    [InlineData("/x/../foo", "/foo")]
    [InlineData("/foo%2Fbar", "/foo")]
    [InlineData("/f%6Fo", "/foo")]
    [InlineData("//foo", "/foo")]
    [InlineData("/", "/")]
    [InlineData("/foo?x=/bar", "/foo")]
    public void A_prefix_takes_itself_and_what_lies_below_it_by_element(string target, string path) =>
        Assert.Equal(path, MatchedPath(target, Models.Route(PathMatchKind.Prefix, "/foo"), Models.Route(PathMatchKind.Prefix, "/")));

    [Theory]
    [InlineData("/foo", null)]
    [InlineData("/foo/", "/foo/")]
    [InlineData("/foo/bar", "/foo/")]
    [InlineData("/foobar", null)]
    public void A_prefix_that_ends_in_a_slash_takes_only_what_lies_below(string target, string? path) =>
        Assert.Equal(path, MatchedPath(target, Models.Route(PathMatchKind.Prefix, "/foo/")));

    [Theory]
    [InlineData("/foo", "/foo")]
    [InlineData("/foo?q=1", "/foo")]
    [InlineData("/foo/", null)]
    [InlineData("/foo/bar", null)]
    public void An_exact_path_takes_only_itself(string target, string? path) =>
        Assert.Equal(path, MatchedPath(target, Models.Route(PathMatchKind.Exact, "/foo")));

    [Fact]
    public void An_empty_prefix_takes_everything() =>
        Assert.Equal("", MatchedPath("/any", Models.Route(PathMatchKind.Prefix, "")));

    [Fact]
    public void The_order_of_the_routes_decides_and_not_the_length()
    {
        Assert.Equal("/", MatchedPath("/foo", Models.Route(PathMatchKind.Prefix, "/"), Models.Route(PathMatchKind.Exact, "/foo")));
        Assert.Equal("/f", MatchedPath("/foo", Models.Route(PathMatchKind.Regex, "/f"), Models.Route(PathMatchKind.Exact, "/foo")));
        Assert.Equal("/foo", MatchedPath("/foo", Models.Route(PathMatchKind.Exact, "/foo"), Models.Route(PathMatchKind.Regex, "/f")));
        Assert.Equal("/fo+", MatchedPath("/foo", Models.Route(PathMatchKind.Regex, "/x"), Models.Route(PathMatchKind.Regex, "/fo+")));
    }

    [Fact]
    public void Routes_of_one_path_are_told_apart_by_method_header_and_query()
    {
        var plain = Models.Route(PathMatchKind.Prefix, "/foo", "plain");
        Route[] routes =
        [
            With(plain, "post", m => m with { Method = "POST" }),
            With(plain, "beta", m => m with { Headers = [new NamedValueMatch("X-Env", ValueMatchKind.Exact, "beta")] }),
            With(plain, "v2", m => m with { Headers = [new NamedValueMatch("x-version", ValueMatchKind.Regex, "2(\\.[0-9]+)?")] }),
            With(plain, "blue", m => m with { QueryParameters = [new NamedValueMatch("color", ValueMatchKind.Exact, "bl ue")] }),
            With(plain, "sized", m => m with { QueryParameters = [new NamedValueMatch("size", ValueMatchKind.Regex, "[0-9]+")] }),
            plain,
        ];
        var host = Compile(routes);
        Assert.Equal("post", Service(host, RequestText.Head("POST", "/foo")));
        Assert.Equal("plain", Service(host, RequestText.Head("post", "/foo")));
        Assert.Equal("beta", Service(host, RequestText.Head("GET", "/foo/x", ("x-env", "alpha"), ("x-env", "beta"))));
        Assert.Equal("plain", Service(host, RequestText.Head("GET", "/foo", ("x-env", "BETA"))));
        Assert.Equal("v2", Service(host, RequestText.Head("GET", "/foo", ("X-Version", "2.15"))));
        Assert.Equal("plain", Service(host, RequestText.Head("GET", "/foo", ("X-Version", "2.15x"))));
        Assert.Equal("blue", Service(host, RequestText.Get("/foo?a&color=bl%20ue")));
        Assert.Equal("plain", Service(host, RequestText.Get("/foo?color=red&color=bl%20ue")));
        Assert.Equal("plain", Service(host, RequestText.Get("/foo?color=bl+ue")));
        Assert.Equal("sized", Service(host, RequestText.Get("/foo?%73ize=%31%32")));
        Assert.Equal("plain", Service(host, RequestText.Get("/foo?size=")));
        Assert.Equal("plain", Service(host, RequestText.Get("/foo?size")));
    }

    [Fact]
    public void A_thousand_paths_and_a_deep_request_are_matched()
    {
        var host = Compile([.. Enumerable.Range(0, 1000).Select(i => Models.Route(PathMatchKind.Prefix, $"/team/{i}", $"s{i}"))]);
        Assert.Equal("s123", Service(host, RequestText.Get("/team/123" + string.Concat(Enumerable.Repeat("/x", 2000)))));
        Assert.Null(Service(host, RequestText.Get(string.Concat(Enumerable.Repeat("/x", 4000)))));
    }

    [Fact]
    public void Matching_allocates_nothing()
    {
        var host = Compile(
            With(Models.Route(PathMatchKind.Exact, "/a/b/c"), "x", m => m with { Method = "POST" }),
            Models.Route(PathMatchKind.Regex, "/z[0-9]+/(.*)$", ignoreCase: true),
            Models.Route(PathMatchKind.Prefix, "/a/b"));
        var head = RequestText.Get("/a/b/c");
        Assert.NotNull(host.Match(head.Path, head));
        Assert.Equal(0, Allocated.AtLeast(() => host.Match(head.Path, head)));
    }

    [Fact]
    public void A_refused_pattern_answers_503_below_its_plain_beginning_and_leaves_the_rest_alone()
    {
        var bad = Models.Route(PathMatchKind.Regex, "/admin/(?!public).*", ignoreCase: true) with
        {
            HttpsRedirect = new Portico.Model.Policies.HttpsRedirectPolicy { Always = true },
        };
        var table = Table(bad, Models.Route(PathMatchKind.Regex, "/(?!x)"), Models.Route(PathMatchKind.Prefix, "/", "rest"));
        var host = table.Find("h.test")!;
        var closed = Match(host, RequestText.Get("/ADMIN/public"))!;
        Assert.Equal(new RouteAction.Respond(503, "bad_regex"), closed.Model.Action);
        Assert.Equal(bad.Origin, closed.Model.Origin);
        Assert.Null(closed.Model.HttpsRedirect);
        Assert.Equal("rest", Service(host, RequestText.Get("/admin")));
        Assert.Equal("rest", Service(host, RequestText.Get("/y")));
        Assert.Equal(2, table.Problems.Length);
        Assert.All(table.Problems, problem => Assert.Equal(RoutingProblem.BadRegex, problem.Reason));
        Assert.Same(bad.Origin, table.Problems[0].Route);
        Assert.Contains("look-around", table.Problems[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_refused_condition_closes_the_route_for_requests_that_carry_the_header()
    {
        var plain = Models.Route(PathMatchKind.Prefix, "/", "plain");
        var host = Compile(With(plain, "bad", m => m with { Headers = [new NamedValueMatch("x", ValueMatchKind.Regex, "(")] }), plain);
        Assert.Equal("plain", Service(host, RequestText.Get("/")));
        Assert.IsType<RouteAction.Respond>(Match(host, RequestText.Head("GET", "/", ("X", "1")))!.Model.Action);
    }

    private static Route With(Route route, string service, Func<RouteMatch, RouteMatch> match) => route with
    {
        Match = match(route.Match),
        Action = RouteAction.Forward.To(Models.Id(service)),
    };

    private static RoutingTable Table(params Route[] routes) =>
        RoutingTable.Compile(Models.Gateway(Models.Host("h.test", routes)), null, new BackendRegistry(1));

    private static CompiledHost Compile(params Route[] routes) => Table(routes).Find("h.test")!;

    private static string? MatchedPath(string target, params Route[] routes) =>
        Match(Compile(routes), RequestText.Get(target))?.Model.Match.Path.Value;

    private static string? Service(CompiledHost host, RequestHead head) => Match(host, head)?.Targets[0].Backend.Id.Service;

    private static CompiledRoute? Match(CompiledHost host, RequestHead head)
    {
        Assert.True(NormalizedPath.TryNormalize(head.Path, new byte[10_000], out var path));
        return host.Match(path, head);
    }
}
