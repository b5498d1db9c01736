using Portico.Ingress;
using Portico.Kubernetes.Resources;
using Portico.Model;
using Portico.Model.Policies;
using Xunit;
using static Portico.UnitTests.IngressTranslation.TestCluster;

namespace Portico.UnitTests.IngressTranslation;

public class MergeTests
{
    private readonly TestCluster _cluster = new();

    [Fact]
    public void The_older_Ingress_keeps_a_path_and_the_younger_one_is_told()
    {
        _cluster.Add(Aged(IngressOf("a", [Rule("h.test", Path("/", service: "young"))]), 2));
        _cluster.Add(Aged(IngressOf("z", [Rule("h.test", Path("/", service: "old"))]), 1)).Apply();
        Assert.Equal(["Prefix / -> old"], _cluster.Routes("h.test"));
        Assert.Contains(_cluster.FindingsOf("Ingress", "a"), f => f.Reason == "PathTaken" && f.Message.Contains("default/z"));
    }

    [Fact]
    public void Of_the_same_age_the_later_name_wins()
    {
        _cluster.Add(IngressOf("aaa", [Rule("h.test", Path("/", service: "a"))])).Add(IngressOf("zzz", [Rule("h.test", Path("/", service: "z"))])).Apply();
        Assert.Equal(["Prefix / -> z"], _cluster.Routes("h.test"));
    }

    [Fact]
    public void A_third_claim_on_a_path_is_a_duplicate_as_well()
    {
        _cluster.Add(Aged(IngressOf("a", [Rule("h.test", Path("/p"))]), 0));
        _cluster.Add(Aged(IngressOf("b", [Rule("h.test", Path("/p", "Exact", "echo-b"))]), 1));
        _cluster.Add(Aged(IngressOf("c", [Rule("h.test", Path("/p", "Exact", "echo-c"))]), 2)).Apply();
        Assert.Equal(["Exact /p -> echo-b", "Prefix /p -> echo-a", "Prefix / -> 404"], _cluster.Routes("h.test"));
    }

    [Fact]
    public void Unmatched_paths_carry_the_annotations_of_the_first_Ingress_until_somebody_owns_the_root()
    {
        _cluster.Add(Aged(IngressOf("first", [Rule("h.test", Path("/a"))], ("permanent-redirect", "http://x.test")), 0)).Apply();
        Assert.Equal(301, _cluster.Route("h.test", "/").Redirect!.Status);
        _cluster.Add(Aged(IngressOf("second", [Rule("h.test", Path("/", service: "echo-b"))]), 1)).Apply();
        Assert.Null(_cluster.Route("h.test", "/").Redirect);
        Assert.NotNull(_cluster.Route("h.test", "/a").Redirect);
    }

    [Fact]
    public void A_default_backend_with_rules_serves_the_unmatched_paths_of_its_hosts_only()
    {
        var ingress = IngressOf("i", [Rule("h.test", Path("/a")), new IngressRule { Host = "bare.test" }], ("upstream-vhost", "inner.test"), ("backend-protocol", "HTTPS"));
        _cluster.Add(ingress with { Spec = ingress.Spec with { DefaultBackend = To("echo-b") } }).Apply();
        Assert.Equal(["Prefix /a -> echo-a", "Prefix / -> echo-b"], _cluster.Routes("h.test"));
        Assert.Equal(["Prefix / -> echo-b"], _cluster.Routes("bare.test"));
        Assert.Equal("inner.test", _cluster.Route("bare.test", "/").Upstream.Host!.Source);
        Assert.Equal(UpstreamProtocol.Https, _cluster.Route("bare.test", "/").Upstream.Protocol);
        Assert.Equal(["Prefix /healthz -> health", "Prefix /nginx_status -> status", "Prefix / -> 404"], _cluster.Routes("_"));
        Assert.Equal("echo-b", _cluster.Route("bare.test", "/").Origin.Service);
    }

    [Fact]
    public void A_catch_all_Ingress_takes_the_root_of_unknown_hosts_from_older_rules()
    {
        var catchAll = IngressOf("young", [], ("rewrite-target", "/x"), ("force-ssl-redirect", "true"), ("denylist-source-range", "10.0.0.0/8"));
        _cluster.Add(Aged(catchAll with { Spec = catchAll.Spec with { DefaultBackend = To("echo-b") } }, 5));
        _cluster.Add(Aged(IngressOf("old", [Rule("", Path("/"), Path("/other"))]), 0)).Apply();
        Assert.Equal(["Prefix /healthz -> health", "Prefix /nginx_status -> status", "Prefix /other -> echo-a", "Prefix / -> echo-b"], _cluster.Routes("_"));
        var root = _cluster.Route("_", "/");
        Assert.Null(root.Rewrite);
        Assert.Null(root.HttpsRedirect);
        Assert.NotNull(root.SourceRanges);
        Assert.False(ReferenceEquals(root.Origin, null));
    }

    [Fact]
    public void The_catch_all_host_exists_without_any_Ingress()
    {
        _cluster.Apply();
        Assert.Equal(["Prefix /healthz -> health", "Prefix /nginx_status -> status", "Prefix / -> 404"], _cluster.Routes("_"));
        Assert.False(_cluster.Route("_", "/").AccessLog);
        Assert.Equal("", _cluster.Route("_", "/").Origin.Namespace);
    }

    [Fact]
    public void The_default_backend_service_serves_unknown_hosts_and_unmatched_paths_while_it_has_endpoints()
    {
        var cluster = new TestCluster(new IngressOptions { DefaultBackendService = new NamespacedName("default", "fallback") });
        cluster.Config(("whitelist-source-range", "10.0.0.0/8"));
        cluster.Add(IngressOf("i", [Rule("h.test", Path("/a"))], ("backend-protocol", "HTTPS"))).Apply();
        Assert.Equal(["Prefix /a -> echo-a", "Prefix / -> 404"], cluster.Routes("h.test"));

        cluster.Add(Service("fallback")).Add(Slice("fallback", "10.0.0.1")).Apply();
        Assert.Equal(["Prefix /a -> echo-a", "Prefix / -> fallback"], cluster.Routes("h.test"));
        Assert.Equal(["Prefix /healthz -> health", "Prefix /nginx_status -> status", "Prefix / -> fallback"], cluster.Routes("_"));
        Assert.Equal(UpstreamProtocol.Http, cluster.Route("h.test", "/").Upstream.Protocol);
        Assert.Null(cluster.Route("_", "/").SourceRanges);
        Assert.NotNull(cluster.Route("h.test", "/").SourceRanges);
        Assert.Equal("upstream-default-backend", cluster.Model.Backends[cluster.Model.Settings.DefaultBackend!.Value].Name);

        cluster.Add(Slice("fallback")).Apply();
        Assert.Equal(["Prefix /a -> echo-a", "Prefix / -> 404"], cluster.Routes("h.test"));
        Assert.Null(cluster.Model.Settings.DefaultBackend);
    }

    [Fact]
    public void Hostless_rules_are_redirected_to_https_by_force_only()
    {
        _cluster.Add(IngressOf("a", [Rule("", Path("/a"))], ("ssl-redirect", "true"))).Add(IngressOf("b", [Rule("", Path("/b"))], ("force-ssl-redirect", "true"))).Apply();
        Assert.Null(_cluster.Route("_", "/a").HttpsRedirect);
        Assert.True(_cluster.Route("_", "/b").HttpsRedirect!.Always);
    }

    [Fact]
    public void A_canary_serves_nothing_of_its_own()
    {
        _cluster.Add(IngressOf("main", [Rule("h.test")]));
        _cluster.Add(IngressOf("zzz", [Rule("h.test", Path("/", service: "canary")), Rule("only.test")], ("canary", "true"), ("canary-weight", "50"))).Apply();
        Assert.Equal(["Prefix / -> echo-a"], _cluster.Routes("h.test"));
        Assert.False(_cluster.Hosts.Hosts.ContainsKey("only.test"));
        Assert.Equal(["spec.rules[1].http.paths[0]"], _cluster.FindingsOf("Ingress", "zzz").Select(f => f.Field));
    }

    [Theory]
    [InlineData("*")]
    [InlineData("_")]
    [InlineData("bad host")]
    [InlineData("ümlaut.test")]
    [InlineData("a;b")]
    public void A_rule_with_an_impossible_host_is_left_out(string host)
    {
        _cluster.Add(IngressOf("i", [Rule(host), Rule("good.test")])).Apply();
        Assert.Equal(2, _cluster.Hosts.Hosts.Count);
        Assert.Contains(_cluster.FindingsOf("Ingress", "i"), f => f.Reason == "InvalidHost");
    }

    [Fact]
    public void Hosts_are_lower_case_and_shared_by_both_listeners()
    {
        _cluster.Add(IngressOf("i", [Rule("H.Test"), Rule("*.W.test")])).Apply();
        Assert.True(_cluster.Hosts.Hosts.ContainsKey("h.test"));
        Assert.True(_cluster.Hosts.Hosts.ContainsKey("*.w.test"));
        Assert.Same(_cluster.Model.Listeners[0].Hosts, _cluster.Model.Listeners[1].Hosts);
    }

    [Fact]
    public void Routes_name_where_they_come_from()
    {
        _cluster.Add(IngressOf("i", [Rule("h.test", Path("/p", service: "svc", port: 81))])).Apply();
        Assert.Equal(
            new RouteOrigin { Namespace = "default", Name = "i", Host = "h.test", Path = "/p", Service = "svc", ServicePort = "81" },
            _cluster.Route("h.test", "/p").Origin);
    }
}
