using Portico.Ingress.Annotations;
using Portico.Model;
using Xunit;
using static Portico.UnitTests.IngressTranslation.TestCluster;

namespace Portico.UnitTests.IngressTranslation;

public class AuthSnippetTests
{
    private static string Show(string text) => SnippetDirectives.TryRead(text, out var directives, out var problem)
        ? string.Join('\n', directives.Select(d => string.Join('|', d)))
        : "! " + problem;

    [Theory]
    [InlineData("", "")]
    [InlineData("  \n# nothing\n", "")]
    [InlineData("a;", "a")]
    [InlineData("a b  c;\n\td \"e f\";", "a|b|c\nd|e f")]
    [InlineData("a 'b;c' \"d\\\"e\";", "a|b;c|d\"e")]
    [InlineData("a b\\ c;", "a|b c")]
    [InlineData("a ${b}c $d; # e;\nf;", "a|${b}c|$d\nf")]
    [InlineData("a \"\";", "a|")]
    [InlineData("a#b c#d;", "a#b|c#d")]
    [InlineData("a b", "! 'a' does not end with a semicolon")]
    [InlineData(";", "! it has a ';' where no block can stand")]
    [InlineData("if ($a) { return 1; }", "! it has a '{' where no block can stand")]
    [InlineData("}", "! it has a '}' where no block can stand")]
    [InlineData("a \"b;", "! a quote is not closed")]
    [InlineData("a \"b\"c;", "! something stands right behind the quote of 'b'")]
    public void A_snippet_is_taken_apart_as_nginx_does(string text, string expected) => Assert.Equal(expected, Show(text));

    [Fact]
    public void A_snippet_that_is_cut_anywhere_is_read_or_has_a_problem()
    {
        const string whole = "proxy_set_header A \"b \\\" c\"; # d\nproxy_set_header E ${f}'g'; auth_request_set $h $upstream_http_i;";
        for (var length = 0; length <= whole.Length; length++)
        {
            _ = AuthSnippet.TryRead(whole[..length], out var headers, out var problem);
            Assert.True(headers.IsEmpty || problem is null);
        }
    }

    private static TestCluster With(string snippet, bool allowed = true, params (string, string)[] keys) => new TestCluster()
        .Config([("allow-snippet-annotations", allowed ? "true" : "false"), ("annotations-risk-level", "Critical"), .. keys])
        .Add(IngressOf("i", [Rule("a.test")], ("auth-url", "http://auth.default.svc/"), ("auth-snippet", snippet)));

    [Fact]
    public void Headers_go_to_the_question_and_the_last_of_a_name_counts()
    {
        var cluster = With("proxy_set_header X-A \"$http_host b\";\nproxy_set_header Host other.test;\nauth_request_set $x $upstream_http_y;");
        cluster.Apply();
        Assert.Equal(["X-A=$http_host b", "Host=other.test"], cluster.Route("a.test", "/").ExternalAuth!.RequestHeaders.Select(h => $"{h.Name}={h.Value.Source}"));
        Assert.Empty(cluster.FindingsOf("Ingress", "i"));
    }

    [Theory]
    [InlineData("deny all;")]
    [InlineData("proxy_set_header X-A;")]
    [InlineData("proxy_set_header \"X A\" b;")]
    [InlineData("proxy_set_header X-A b")]
    [InlineData("if ($x) { return 403; }")]
    public void Anything_else_closes_the_paths(string snippet)
    {
        var cluster = With(snippet);
        cluster.Apply();
        Assert.NotNull(cluster.Route("a.test", "/").Denial);
        Assert.Contains(cluster.FindingsOf("Ingress", "i"), f => f.Severity == FindingSeverity.Error && f.Field.EndsWith("auth-snippet", StringComparison.Ordinal));
    }

    [Fact]
    public void Without_permission_it_is_left_out_and_the_question_is_asked_all_the_same()
    {
        var cluster = With("proxy_set_header X-A b;", allowed: false);
        cluster.Apply();
        Assert.Empty(cluster.Route("a.test", "/").ExternalAuth!.RequestHeaders);
        Assert.Contains(cluster.FindingsOf("Ingress", "i"), f => f.Reason == "SnippetNotAllowed");
    }

    [Fact]
    public void The_key_for_the_whole_installation_needs_no_permission_and_closes_what_it_cannot_guard()
    {
        var cluster = new TestCluster().Config(("global-auth-url", "http://auth.default.svc/"), ("global-auth-snippet", "proxy_set_header X-A b;")).Add(IngressOf("i", [Rule("a.test")]));
        cluster.Apply();
        Assert.Equal("X-A", Assert.Single(cluster.Route("a.test", "/").ExternalAuth!.RequestHeaders).Name);

        cluster.Config(("global-auth-url", "http://auth.default.svc/"), ("global-auth-snippet", "allow 10.0.0.0/8; deny all;")).Apply();
        Assert.NotNull(cluster.Route("a.test", "/").Denial);
        Assert.Contains(cluster.FindingsOf("ConfigMap", "config", "system"), f => f is { Severity: FindingSeverity.Error, Field: "global-auth-snippet" });
    }
}
