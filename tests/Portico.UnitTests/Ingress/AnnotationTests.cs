using System.Net;
using Portico.Ingress;
using Portico.Model;
using Portico.Model.Policies;
using Xunit;
using static Portico.UnitTests.IngressTranslation.TestCluster;

namespace Portico.UnitTests.IngressTranslation;

public class AnnotationTests
{
    private readonly TestCluster _cluster = new();

    private Route RouteWith(params (string, string)[] annotations)
    {
        _cluster.Add(IngressOf("i", [Rule("h.test")], annotations)).Apply();
        return _cluster.Route("h.test", "/");
    }

    private bool IsServed(params (string, string)[] annotations)
    {
        _cluster.Add(IngressOf("i", [Rule("h.test")], annotations)).Apply();
        return _cluster.Hosts.Hosts.ContainsKey("h.test");
    }

    [Fact]
    public void Without_annotations_a_route_has_the_defaults_and_no_findings()
    {
        var route = RouteWith();
        Assert.Null(route.Denial);
        Assert.Null(route.Cors);
        Assert.Null(route.Redirect);
        Assert.Null(route.SourceRanges);
        Assert.Equal(new HttpsRedirectPolicy { Always = false }, route.HttpsRedirect);
        Assert.Equal(UpstreamPolicy.Default, route.Upstream);
        Assert.Equal(1024 * 1024, route.MaxBodyBytes);
        Assert.Empty(_cluster.FindingsOf("Ingress", "i"));
    }

    [Theory]
    [InlineData("connection-proxy-header", "foo")]
    [InlineData("server-alias", "bad;alias")]
    [InlineData("x-forwarded-prefix", "/a{b}")]
    [InlineData("permanent-redirect", "https://other.test$request_uri")]
    [InlineData("relative-redirects", "maybe")]
    [InlineData("default-backend", "Not_A_Name")]
    [InlineData("load-balance", "bogus")]
    [InlineData("upstream-hash-by", "$request_uri.x")]
    [InlineData("custom-http-errors", "abc")]
    [InlineData("auth-type", "xbasic")]
    [InlineData("limit-rps", "many")]
    [InlineData("client-body-buffer-size", "1z")]
    [InlineData("upstream-vhost", "a b;c")]
    public void Values_of_the_dropped_class_refuse_the_Ingress(string name, string value)
    {
        Assert.False(IsServed((name, value)));
        Assert.Contains(_cluster.FindingsOf("Ingress", "i"), f => f.Reason == "Rejected");
    }

    [Theory]
    [InlineData("allowlist-source-range", "not-an-ip")]
    [InlineData("allowlist-source-range", "127.0.0.0/8,")]
    [InlineData("whitelist-source-range", "127.0.0.1/33")]
    [InlineData("denylist-source-range", "300.1.2.3")]
    [InlineData("custom-headers", "default/nothing")]
    [InlineData("auth-type", "basic")]
    [InlineData("auth-url", "auth.test/ok")]
    [InlineData("auth-url", "http://$host/ok")]
    [InlineData("enable-modsecurity", "true")]
    public void What_guards_access_and_cannot_be_honoured_closes_the_paths(string name, string value)
    {
        Assert.NotNull(RouteWith((name, value)).Denial);
        Assert.Contains(_cluster.FindingsOf("Ingress", "i"), f => f.Severity == FindingSeverity.Error);
    }

    [Fact]
    public void Authentication_leaves_out_the_acme_challenge_and_the_paths_of_other_Ingresses()
    {
        _cluster.Add(IngressOf("i", [Rule("h.test", Path("/"), Path("/.well-known/acme-challenge"))], ("auth-url", "http://auth.test/"), ("app-root", "/x")));
        _cluster.Add(IngressOf("a", [Rule("h.test", Path("/free"))])).Apply();
        Assert.Null(_cluster.Route("h.test", "/.well-known/acme-challenge").ExternalAuth);
        Assert.Null(_cluster.Route("h.test", "/free").ExternalAuth);
        Assert.NotNull(_cluster.Host("h.test").Routes[^1].ExternalAuth);
        Assert.Null(_cluster.Host("h.test").Routes[0].ExternalAuth);
    }

    [Fact]
    public void Client_certificates_without_their_Secret_close_the_whole_host()
    {
        _cluster.Add(IngressOf("i", [Rule("h.test")], ("auth-tls-secret", "default/ca"))).Add(IngressOf("a", [Rule("h.test", Path("/free")), Rule("other.test")])).Apply();
        Assert.NotNull(_cluster.Host("h.test").Denial);
        Assert.Null(_cluster.Host("other.test").Denial);
        Assert.Contains(_cluster.FindingsOf("Ingress", "i"), f => f.Severity == FindingSeverity.Error);
    }

    [Fact]
    public void Global_authentication_guards_all_but_those_who_opted_out()
    {
        _cluster.Config(("global-auth-url", "http://auth.test"));
        _cluster.Add(IngressOf("a", [Rule("a.test")])).Add(IngressOf("b", [Rule("b.test")], ("enable-global-auth", "false"))).Apply();
        Assert.NotNull(_cluster.Route("a.test", "/").ExternalAuth);
        Assert.Null(_cluster.Route("b.test", "/").ExternalAuth);
        Assert.Null(_cluster.Route("_", "/").ExternalAuth);
    }

    [Fact]
    public void Annotations_that_are_not_in_effect_are_named_once_and_the_rest_is_served()
    {
        var route = RouteWith(("enable-opentelemetry", "true"), ("opentelemetry-trust-incoming-span", "true"), ("limit-rps", "5"), ("canary", "false"), ("satisfy", "any"));
        Assert.Null(route.Denial);
        Assert.Equal(
            ["enable-opentelemetry"],
            _cluster.FindingsOf("Ingress", "i").Where(f => f.Message.Contains("not in effect yet")).Select(f => f.Field.Split('/')[1]).Order());
    }

    [Fact]
    public void An_unknown_name_is_reported_with_the_closest_known_one()
    {
        Assert.True(IsServed(("rewrite-tarket", "/x"), ("no-such-thing-at-all", "x"), ("example.org/rewrite-target", "/x")));
        var findings = _cluster.FindingsOf("Ingress", "i");
        Assert.Equal(2, findings.Length);
        Assert.Contains(findings, f => f.Message.Contains("nginx.ingress.kubernetes.io/rewrite-target"));
    }

    [Fact]
    public void Another_prefix_takes_the_place_of_the_usual_one()
    {
        var cluster = new TestCluster(new IngressOptions { AnnotationsPrefix = "example.org" });
        cluster.Add(IngressOf("i", [Rule("h.test")], ("example.org/upstream-vhost", "own.test"), ("proxy-body-size", "1k"))).Apply();
        Assert.Equal("own.test", cluster.Route("h.test", "/").Upstream.Host!.Source);
        Assert.Equal(1024 * 1024, cluster.Route("h.test", "/").MaxBodyBytes);
    }

    [Fact]
    public void Empty_values_count_as_absent()
    {
        Assert.True(IsServed(("auth-url", ""), ("server-alias", ""), ("custom-http-errors", ""), ("enable-cors", ""), ("rewrite-target", ""), ("auth-secret", "  ")));
        Assert.Null(_cluster.Route("h.test", "/").Denial);
        Assert.Null(_cluster.Route("h.test", "/").Cors);
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("T", true)]
    [InlineData("1", true)]
    [InlineData("on", false)]
    [InlineData("tRUE", false)]
    [InlineData(" true ", false)]
    public void Booleans_have_exactly_the_spellings_of_Go(string value, bool on) =>
        Assert.Equal(on, RouteWith(("force-ssl-redirect", value)).HttpsRedirect!.Always);

    [Fact]
    public void Https_redirects_take_their_parts_from_annotation_and_ConfigMap()
    {
        _cluster.Config(("http-redirect-code", "301"), ("preserve-trailing-slash", "true"));
        Assert.Equal(
            new HttpsRedirectPolicy { Always = false, Status = 301, PreserveTrailingSlash = false, Port = 443 },
            RouteWith(("preserve-trailing-slash", "false"), ("use-port-in-redirects", "true")).HttpsRedirect);
        Assert.Null(RouteWith(("ssl-redirect", "false")).HttpsRedirect);
    }

    [Theory]
    [InlineData("permanent-redirect=http://x.test", 301, "http://x.test")]
    [InlineData("permanent-redirect=/new;permanent-redirect-code=308", 308, "/new")]
    [InlineData("permanent-redirect=/new;permanent-redirect-code=309", 301, "/new")]
    [InlineData("temporal-redirect=http://x.test;temporal-redirect-code=308", 302, "http://x.test")]
    [InlineData("temporal-redirect=http://t.test;permanent-redirect=http://p.test", 302, "http://t.test")]
    [InlineData("temporal-redirect=/elsewhere;permanent-redirect=http://p.test", 0, "")]
    [InlineData("temporal-redirect=;permanent-redirect=http://p.test", 0, "")]
    [InlineData("permanent-redirect=http://p.test;permanent-redirect-code=", 0, "")]
    [InlineData("relative-redirects=true", 0, "")]
    public void Redirects_follow_the_precedence_of_the_group(string annotations, int status, string location)
    {
        var redirect = RouteWith([.. annotations.Split(';').Select(a => (a.Split('=')[0], a.Split('=')[1]))]).Redirect;
        Assert.Equal(status, redirect?.Status ?? 0);
        Assert.Equal(location, redirect?.Location.Source ?? "");
    }

    [Fact]
    public void A_permanent_redirect_code_that_is_no_number_refuses_the_Ingress() =>
        Assert.False(IsServed(("permanent-redirect", "http://x"), ("permanent-redirect-code", "abc")));

    [Fact]
    public void The_annotation_cannot_switch_global_relative_redirects_off()
    {
        _cluster.Config(("relative-redirects", "true"));
        Assert.True(RouteWith(("permanent-redirect", "/n"), ("relative-redirects", "false")).Redirect!.Relative);
    }

    [Fact]
    public void App_root_comes_first_whoever_owns_the_root_and_the_longest_path_decides()
    {
        _cluster.Add(IngressOf("main", [Rule("h.test", Path("/", service: "echo-b"))]));
        _cluster.Add(IngressOf("a", [Rule("h.test", Path("/app"))], ("app-root", "/short"))).Add(IngressOf("b", [Rule("h.test", Path("/longer"))], ("app-root", "/app/v1/"))).Apply();
        Assert.Equal("Exact / -> 302 /app/v1/", _cluster.Routes("h.test")[0]);
        Assert.Equal(RedirectHost.HeaderAsSent, ((RouteAction.Redirect)_cluster.Host("h.test").Routes[0].Action).Policy.Host);
        Assert.Null(_cluster.Host("h.test").Routes[0].HttpsRedirect);
    }

    [Theory]
    [InlineData("http://x.test/")]
    [InlineData("app")]
    [InlineData("/a b")]
    public void An_app_root_that_is_no_path_is_ignored(string value)
    {
        RouteWith(("app-root", value));
        Assert.Equal(["Prefix / -> echo-a"], _cluster.Routes("h.test"));
        Assert.NotEmpty(_cluster.FindingsOf("Ingress", "i"));
    }

    [Theory]
    [InlineData("1k", 1024L)]
    [InlineData("10", 10L)]
    [InlineData("8M", 8L << 20)]
    [InlineData("0", null)]
    [InlineData("15r", 2048L)]
    [InlineData("1 k", 1L << 20)]
    [InlineData("10b", 1L << 20)]
    [InlineData("99999999999999999999g", 1L << 20)]
    public void Body_sizes_follow_nginx(string value, long? bytes)
    {
        _cluster.Config(("proxy-body-size", "2k"));
        Assert.Equal(bytes, RouteWith(("proxy-body-size", value)).MaxBodyBytes);
    }

    [Fact]
    public void Timeouts_retries_and_buffers_come_from_annotation_then_ConfigMap()
    {
        _cluster.Config(("proxy-read-timeout", "30"), ("proxy-connect-timeout", "2"), ("retry-non-idempotent", "true"), ("proxy-buffer-size", "8k"));
        var upstream = RouteWith(
            ("proxy-connect-timeout", "7"), ("proxy-send-timeout", "-1"), ("proxy-next-upstream", "http_502 timeout"), ("proxy-next-upstream-tries", "0"),
            ("proxy-next-upstream-timeout", "9"), ("proxy-request-buffering", "off"), ("proxy-http-version", "1.0"), ("backend-protocol", "https")).Upstream;
        Assert.Equal(TimeSpan.FromSeconds(7), upstream.ConnectTimeout);
        Assert.Equal(TimeSpan.FromSeconds(30), upstream.ReadTimeout);
        Assert.Equal(TimeSpan.FromSeconds(60), upstream.SendTimeout);
        Assert.Equal(new RetryPolicy { On = RetryOn.Http502 | RetryOn.Timeout | RetryOn.NonIdempotent, Tries = 0, Timeout = TimeSpan.FromSeconds(9) }, upstream.Retry);
        Assert.Equal(8192, upstream.HeadBufferBytes);
        Assert.False(upstream.RequestBuffering);
        Assert.True(upstream.Http10);
        Assert.Equal(UpstreamProtocol.Https, upstream.Protocol);
    }

    [Fact]
    public void The_word_off_switches_retries_off() =>
        Assert.Equal(RetryOn.Off, RouteWith(("proxy-next-upstream", "off")).Upstream.Retry.On);

    [Fact]
    public void Integers_must_be_plain() =>
        Assert.Equal(TimeSpan.FromSeconds(60), RouteWith(("proxy-read-timeout", " 1")).Upstream.ReadTimeout);

    [Theory]
    [InlineData("HTTP", UpstreamProtocol.Http)]
    [InlineData("AUTO_HTTP", UpstreamProtocol.AsClient)]
    [InlineData("GRPC", UpstreamProtocol.Http2)]
    [InlineData("grpcs", UpstreamProtocol.Http2Tls)]
    [InlineData("FCGI", UpstreamProtocol.FastCgi)]
    public void Backend_protocols_are_read_in_either_case(string value, UpstreamProtocol spoken)
    {
        Assert.Equal(spoken, RouteWith(("backend-protocol", value)).Upstream.Protocol);
        Assert.Empty(_cluster.FindingsOf("Ingress", "i"));
    }

    [Fact]
    public void Backend_protocols_that_nobody_speaks_are_reported()
    {
        Assert.Null(RouteWith(("backend-protocol", "FTP")).Upstream.Protocol);
        Assert.NotEmpty(_cluster.FindingsOf("Ingress", "i"));
    }

    [Fact]
    public void Each_source_range_annotation_replaces_only_its_own_default()
    {
        _cluster.Config(("whitelist-source-range", "127.0.0.2/31"), ("denylist-source-range", "10.0.0.0/8"));
        var ranges = RouteWith(("denylist-source-range", "127.0.0.3")).SourceRanges!;
        Assert.Equal([AddressRange.Parse("127.0.0.3")], ranges.Deny);
        Assert.Equal([AddressRange.Parse("127.0.0.2/31")], ranges.Allow);
    }

    [Fact]
    public void The_alias_of_a_name_is_read_when_the_name_is_empty_and_loses_otherwise()
    {
        Assert.Equal([AddressRange.Parse("127.0.0.2")], RouteWith(("allowlist-source-range", ""), ("whitelist-source-range", "127.0.0.2")).SourceRanges!.Allow);
        Assert.Equal([AddressRange.Parse("127.0.0.1")], RouteWith(("allowlist-source-range", "127.0.0.1"), ("whitelist-source-range", "127.0.0.2")).SourceRanges!.Allow);
    }

    [Fact]
    public void Host_bits_are_masked() =>
        Assert.True(RouteWith(("allowlist-source-range", "127.0.0.9/24")).SourceRanges!.Allow[0].Contains(ClientAddress.From(IPAddress.Parse("127.0.0.77"))));

    [Theory]
    [InlineData("http://a.test, https://*.b.test:8080", "http://a.test|https://*.b.test:8080")]
    [InlineData("*", "*")]
    [InlineData("*, http://a.test", "*")]
    [InlineData("      ", "*")]
    [InlineData("a.test,null,http://b.test", "null|http://b.test")]
    [InlineData("http://a.test,  ,http://b.test,", "http://a.test|http://b.test")]
    [InlineData("tauri://localhost:3000", "tauri://localhost:3000")]
    [InlineData("http://a;b", "*")]
    public void Cors_origins_are_split_and_checked(string value, string origins) =>
        Assert.Equal(origins, string.Join('|', RouteWith(("enable-cors", "true"), ("cors-allow-origin", value)).Cors!.AllowOrigins));

    [Fact]
    public void A_list_of_origins_of_which_nothing_is_left_means_no_cors() =>
        Assert.Null(RouteWith(("enable-cors", "true"), ("cors-allow-origin", "a.test")).Cors);

    [Fact]
    public void Bad_cors_values_mean_their_defaults()
    {
        var cors = RouteWith(
            ("enable-cors", "true"), ("cors-allow-methods", "POST,, GET"), ("cors-allow-headers", "*"), ("cors-expose-headers", "X-A, *"),
            ("cors-allow-credentials", "no"), ("cors-max-age", "-1")).Cors!;
        Assert.Equal("GET, PUT, POST, DELETE, PATCH, OPTIONS", cors.AllowMethods);
        Assert.StartsWith("DNT,", cors.AllowHeaders);
        Assert.Equal("X-A, *", cors.ExposeHeaders);
        Assert.True(cors.AllowCredentials);
        Assert.Equal(-1, cors.MaxAgeSeconds);
    }

    [Fact]
    public void Custom_headers_follow_their_ConfigMap()
    {
        _cluster.Config(("global-allowed-response-headers", "X-A, X-B")).Add(Map("default", "h", ("X-A", "1 $x"), ("X-B", "2")));
        var headers = RouteWith(("custom-headers", "default/h")).ResponseHeaders!;
        Assert.Equal(["X-A: 1 $x", "X-B: 2"], headers.Set.Select(h => $"{h.Name}: {h.Value}"));
        Assert.True(headers.Set[0].Value.IsLiteral);
        _cluster.Add(Map("default", "h", ("X-C", "1"))).Apply();
        Assert.NotNull(_cluster.Route("h.test", "/").Denial);
        _cluster.Add(Map("default", "h", ("X-A", "3"))).Apply();
        Assert.Equal("3", _cluster.Route("h.test", "/").ResponseHeaders!.Set[0].Value.Source);
    }

    [Theory]
    [InlineData("my-header", "1", "default/h")]
    [InlineData("Bad.Name", "1", "default/h")]
    [InlineData("My-Header", "", "default/h")]
    [InlineData("My-Header", "a\nb", "default/h")]
    [InlineData("My-Header", "ü", "default/h")]
    [InlineData("My-Header", "1", "h")]
    public void Custom_headers_that_are_not_allowed_close_the_paths(string header, string value, string map)
    {
        _cluster.Config(("global-allowed-response-headers", "My-Header,Bad.Name")).Add(Map("default", "h", (header, value)));
        Assert.NotNull(RouteWith(("custom-headers", map)).Denial);
    }

    [Fact]
    public void Snippets_drop_the_Ingress_by_default_and_are_left_out_when_only_the_risk_is_allowed()
    {
        Assert.False(IsServed(("configuration-snippet", "more_set_headers \"X: 1\";")));
        _cluster.Config(("annotations-risk-level", "critical")).Apply();
        Assert.Null(_cluster.Route("h.test", "/").Denial);
        Assert.Contains(_cluster.FindingsOf("Ingress", "i"), f => f.Reason == "SnippetNotAllowed");
    }

    [Theory]
    [InlineData("more_set_headers \"X: 1\";", false)]
    [InlineData("deny all;", true)]
    public void An_allowed_snippet_that_may_keep_clients_out_closes_the_paths(string snippet, bool closed)
    {
        _cluster.Config(("annotations-risk-level", "Critical"), ("allow-snippet-annotations", "true"));
        Assert.Equal(closed, RouteWith(("configuration-snippet", snippet)).Denial is not null);
    }

    [Theory]
    [InlineData("Medium", "upstream-hash-by", "$request_uri", false)]
    [InlineData("mEdIuM", "rewrite-target", "/x", true)]
    [InlineData("Low", "whitelist-source-range", "127.0.0.0/8", false)]
    [InlineData("Medium", "auth-signin", "https://login.test/", false)]
    [InlineData("nonsense", "proxy-body-size", "", false)]
    public void The_risk_level_refuses_riskier_annotations(string level, string name, string value, bool served)
    {
        _cluster.Config(("annotations-risk-level", level));
        Assert.Equal(served, IsServed((name, value)));
    }

    [Fact]
    public void Forbidden_words_count_only_under_the_prefix()
    {
        _cluster.Config(("annotation-value-word-blocklist", "bad, {"));
        Assert.True(IsServed(("example.org/note", "bad {")));
        Assert.False(IsServedAs("j", ("upstream-vhost", "bad.test")));
    }

    private bool IsServedAs(string name, params (string, string)[] annotations)
    {
        _cluster.Add(IngressOf(name, [Rule(name + ".test")], annotations)).Apply();
        return _cluster.Hosts.Hosts.ContainsKey(name + ".test");
    }

    [Fact]
    public void Validation_can_be_switched_off_but_control_characters_stay_refused()
    {
        var cluster = new TestCluster(new IngressOptions { EnableAnnotationValidation = false });
        cluster.Add(IngressOf("a", [Rule("a.test")], ("permanent-redirect", "https://other.test$request_uri"), ("rewrite-target", "/x"), ("x-forwarded-prefix", "/a,b")));
        cluster.Add(IngressOf("b", [Rule("b.test")], ("permanent-redirect", "https://x\r\nSet-Cookie: a"))).Apply();
        Assert.False(cluster.Route("a.test", "/").Redirect!.Location.IsLiteral);
        Assert.Equal("/a,b", cluster.Route("a.test", "/").Rewrite!.ForwardedPrefix!.Source);
        Assert.False(cluster.Hosts.Hosts.ContainsKey("b.test"));
    }

    [Fact]
    public void Access_log_switch_and_vhost()
    {
        var route = RouteWith(("enable-access-log", "false"), ("upstream-vhost", "$service_name.x"));
        Assert.False(route.AccessLog);
        Assert.Equal("$service_name.x", route.Upstream.Host!.Source);
    }
}
