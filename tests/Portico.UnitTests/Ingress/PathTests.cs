using Portico.Model;
using Portico.Model.Policies;
using Xunit;
using static Portico.UnitTests.IngressTranslation.TestCluster;

namespace Portico.UnitTests.IngressTranslation;

public class PathTests
{
    private readonly TestCluster _cluster = new();

    [Fact]
    public void Longest_path_comes_first_and_exact_comes_before_prefix_of_the_same_text()
    {
        _cluster.Add(IngressOf("i", [Rule("h.test", Path("/a"), Path("/a/b/c"), Path("/a/b", "Exact"), Path("/a/b", service: "echo-b"))])).Apply();
        Assert.Equal(
            ["Prefix /a/b/c -> echo-a", "Exact /a/b -> echo-a", "Prefix /a/b -> echo-b", "Prefix /a -> echo-a", "Prefix / -> 404"],
            _cluster.Routes("h.test"));
    }

    [Fact]
    public void An_empty_path_is_the_root_and_unknown_types_are_prefixes()
    {
        _cluster.Add(IngressOf("i", [Rule("h.test", Path("", null), Path("/x", "Whatever"), Path("/y", "ImplementationSpecific"))])).Apply();
        Assert.Equal(["Prefix /y -> echo-a", "Prefix /x -> echo-a", "Prefix / -> echo-a"], _cluster.Routes("h.test"));
    }

    [Fact]
    public void Exact_root_leaves_other_paths_to_the_implicit_root()
    {
        _cluster.Add(IngressOf("i", [Rule("h.test", Path("/", "Exact"))])).Apply();
        Assert.Equal(["Exact / -> echo-a", "Prefix / -> 404"], _cluster.Routes("h.test"));
    }

    [Theory]
    [InlineData("Prefix")]
    [InlineData("Exact")]
    public void The_text_without_slash_is_redirected_when_only_the_path_with_slash_exists(string type)
    {
        _cluster.Add(IngressOf("i", [Rule("h.test", Path("/foo/", type))])).Apply();
        Assert.Equal([$"{type} /foo/ -> echo-a", "Exact /foo -> 301 /foo/", "Prefix / -> 404"], _cluster.Routes("h.test"));
        var redirect = ((RouteAction.Redirect)_cluster.Route("h.test", "/foo").Action).Policy;
        Assert.True(redirect.KeepQuery);
        Assert.False(redirect.Relative);
        Assert.Equal(RedirectHost.NameOnly, redirect.Host);
    }

    [Theory]
    [InlineData("Exact")]
    [InlineData("Prefix")]
    public void The_slash_redirect_gives_way_to_an_owner_of_the_text(string type)
    {
        _cluster.Add(IngressOf("i", [Rule("h.test", Path("/foo", type, "echo-b"), Path("/foo/", "Exact"))])).Apply();
        Assert.DoesNotContain(_cluster.Routes("h.test"), r => r.Contains("301"));
    }

    [Fact]
    public void Relative_redirects_of_the_ConfigMap_reach_the_slash_redirect()
    {
        _cluster.Config(("relative-redirects", "true")).Add(IngressOf("i", [Rule("h.test", Path("/foo/"))])).Apply();
        Assert.True(((RouteAction.Redirect)_cluster.Route("h.test", "/foo").Action).Policy.Relative);
    }

    [Theory]
    [InlineData(0, 1, "Prefix /foo -> echo-a")]
    [InlineData(1, 0, "Prefix /foo/ -> echo-b,Prefix /foo -> echo-a")]
    public void Of_two_prefixes_that_differ_by_a_slash_the_older_serves_what_lies_below(int withoutSlash, int withSlash, string routes)
    {
        _cluster.Add(Aged(IngressOf("a", [Rule("h.test", Path("/foo"))]), withoutSlash));
        _cluster.Add(Aged(IngressOf("b", [Rule("h.test", Path("/foo/", service: "echo-b"))]), withSlash)).Apply();
        Assert.Equal([.. routes.Split(','), "Prefix / -> 404"], _cluster.Routes("h.test"));
        Assert.Equal(withoutSlash < withSlash, _cluster.FindingsOf("Ingress", "b").Any(f => f.Reason == "PathTaken"));
    }

    [Fact]
    public void Acme_challenges_are_not_redirected_to_https()
    {
        _cluster.Add(IngressOf("i", [Rule("h.test", Path("/"), Path("/.well-known/acme-challenge/token", "ImplementationSpecific"))], ("force-ssl-redirect", "true"))).Apply();
        Assert.Null(_cluster.Route("h.test", "/.well-known/acme-challenge/token").HttpsRedirect);
        Assert.True(_cluster.Route("h.test", "/").HttpsRedirect!.Always);
    }

    [Fact]
    public void An_exempt_location_that_ends_in_a_slash_splits_the_path_in_two()
    {
        _cluster.Config(("no-tls-redirect-locations", "/foo/")).Add(IngressOf("i", [Rule("h.test", Path("/foo"))], ("force-ssl-redirect", "true"))).Apply();
        Assert.Equal(["Exact /foo -> echo-a", "Prefix /foo -> echo-a", "Prefix / -> 404"], _cluster.Routes("h.test"));
        Assert.NotNull(_cluster.Host("h.test").Routes[0].HttpsRedirect);
        Assert.Null(_cluster.Host("h.test").Routes[1].HttpsRedirect);
    }

    [Fact]
    public void A_resource_backend_is_left_to_the_default_backend()
    {
        var path = Path("/x") with { Backend = new() { Resource = new() { Kind = "Bucket" } } };
        _cluster.Add(IngressOf("i", [Rule("h.test", path, Path("/y") with { Backend = null })])).Apply();
        Assert.Equal(["Prefix / -> 404"], _cluster.Routes("h.test"));
        Assert.Equal(2, _cluster.FindingsOf("Ingress", "i").Count(f => f.Reason == "NoServiceBackend"));
    }

    [Fact]
    public void A_path_without_leading_slash_matches_nothing_and_is_reported()
    {
        _cluster.Add(IngressOf("i", [Rule("h.test", Path("foo"))])).Apply();
        Assert.Equal(["Prefix / -> 404"], _cluster.Routes("h.test"));
        Assert.Contains(_cluster.FindingsOf("Ingress", "i"), f => f.Reason == "InvalidPath");
    }
}
