using Portico.Model;
using Xunit;
using static Portico.UnitTests.IngressTranslation.TestCluster;

namespace Portico.UnitTests.IngressTranslation;

public class RegexPathTests
{
    private readonly TestCluster _cluster = new();

    [Fact]
    public void One_regex_turns_all_paths_of_the_host_into_expressions_but_not_other_hosts()
    {
        _cluster.Add(IngressOf("plain", [Rule("h.test", Path("/exact", "Exact")), Rule("p.test", Path("/plain"))]));
        _cluster.Add(IngressOf("regex", [Rule("h.test", Path("/id/[0-9]+", service: "echo-b"))], ("use-regex", "true"))).Apply();
        Assert.Equal(["Regex /id/[0-9]+ -> echo-b", "Regex /exact -> echo-a", "Regex / -> 404"], _cluster.Routes("h.test"));
        Assert.All(_cluster.Host("h.test").Routes, r => Assert.True(r.Match.Path.IgnoreCase));
        Assert.Equal(["Prefix /plain -> echo-a", "Prefix / -> 404"], _cluster.Routes("p.test"));
        Assert.Contains(_cluster.FindingsOf("Ingress", "plain"), f => f.Reason == "RegexByOtherIngress" && f.Message.Contains("default/regex"));
    }

    [Fact]
    public void Longer_texts_come_first_and_equal_lengths_in_reverse_order()
    {
        _cluster.Add(IngressOf("i", [Rule("h.test", Path("/b"), Path("/c"), Path("/foo.+"))], ("use-regex", "true"))).Apply();
        Assert.Equal(["Regex /foo.+ -> echo-a", "Regex /c -> echo-a", "Regex /b -> echo-a", "Regex / -> 404"], _cluster.Routes("h.test"));
    }

    [Fact]
    public void A_rewrite_target_switches_expressions_on()
    {
        _cluster.Add(IngressOf("i", [Rule("h.test", Path("/something(/|$)(.*)", "ImplementationSpecific"))], ("rewrite-target", "/$2"), ("x-forwarded-prefix", "/p"))).Apply();
        var route = _cluster.Host("h.test").Routes[0];
        Assert.Equal(PathMatchKind.Regex, route.Match.Path.Kind);
        Assert.Equal("/something(/|$)(.*)", route.Rewrite!.Pattern);
        Assert.Equal("/$2", route.Rewrite.Target.Source);
        Assert.Equal("/p", route.Rewrite.ForwardedPrefix!.Source);
        Assert.NotNull(_cluster.Host("h.test").Routes[^1].Rewrite);
    }

    [Fact]
    public void The_root_with_the_target_root_is_no_rewrite()
    {
        _cluster.Add(IngressOf("i", [Rule("h.test", Path("/"))], ("rewrite-target", "/"))).Apply();
        Assert.Equal(["Prefix / -> echo-a"], _cluster.Routes("h.test"));
        Assert.Null(_cluster.Host("h.test").Routes[0].Rewrite);
    }

    [Fact]
    public void A_target_equal_to_a_prefix_rewrites_only_what_lies_below()
    {
        _cluster.Add(IngressOf("i", [Rule("h.test", Path("/api"))], ("rewrite-target", "/api"))).Apply();
        Assert.Equal(["Regex /api/ -> echo-a", "Regex /api -> echo-a", "Regex / -> 404"], _cluster.Routes("h.test"));
        Assert.Equal("/api/", _cluster.Host("h.test").Routes[0].Rewrite!.Pattern);
        Assert.Null(_cluster.Host("h.test").Routes[1].Rewrite);
    }

    [Fact]
    public void A_target_with_forbidden_characters_is_ignored()
    {
        _cluster.Add(IngressOf("i", [Rule("h.test", Path("/foo"))], ("rewrite-target", "/x{4}"))).Apply();
        Assert.Equal(["Prefix /foo -> echo-a", "Prefix / -> 404"], _cluster.Routes("h.test"));
    }

    [Fact]
    public void An_expression_beats_the_health_path_and_the_default_backend_does_not()
    {
        _cluster.Add(IngressOf("i", [Rule("", Path("/x.*"))], ("use-regex", "true"))).Apply();
        Assert.Equal(["Regex /x.* -> echo-a", "Prefix /healthz -> health", "Prefix /nginx_status -> status", "Regex / -> 404"], _cluster.Routes("_"));
    }

    [Theory]
    [InlineData("/a(b")]
    [InlineData("/(?!api).*")]
    [InlineData("/(?P<rest>.*)")]
    public void Expressions_go_on_as_they_are_written_for_the_routing_table_to_judge(string path)
    {
        _cluster.Add(IngressOf("i", [Rule("h.test", Path(path), Path("/good"))], ("use-regex", "true"))).Apply();
        Assert.Contains(_cluster.Host("h.test").Routes, r => r.Match.Path.Value == path);
    }

    [Fact]
    public void A_prefix_beside_an_exact_path_keeps_only_what_lies_below()
    {
        _cluster.Add(IngressOf("i", [Rule("h.test", Path("/foo"), Path("/foo", "Exact", "echo-b"))]));
        _cluster.Add(IngressOf("r", [Rule("h.test", Path("/long/.*"))], ("use-regex", "true"))).Apply();
        Assert.Equal(["Regex /long/.* -> echo-a", "Regex /foo/ -> echo-a", "Regex /foo -> echo-b", "Regex / -> 404"], _cluster.Routes("h.test"));
    }
}
