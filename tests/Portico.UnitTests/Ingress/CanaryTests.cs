using Portico.Model;
using Portico.Model.Policies;
using Xunit;
using static Portico.UnitTests.IngressTranslation.TestCluster;

namespace Portico.UnitTests.IngressTranslation;

public class CanaryTests
{
    private static readonly BackendId Main = new("default", "echo-a", "80");
    private static readonly BackendId Other = new("default", "echo-b", "80");

    private readonly TestCluster _cluster = new TestCluster()
        .Add(Service("echo-a")).Add(Slice("echo-a", "10.0.0.1")).Add(Service("echo-b")).Add(Slice("echo-b", "10.0.0.2")).Add(Service("echo-c"));

    [Fact]
    public void A_canary_hangs_on_the_backend_of_the_same_host_path_and_type()
    {
        _cluster.Add(IngressOf("main", [Rule("h.test", Path("/a"))])).Add(Canary("c", 1, Rule("h.test", Path("/a", service: "echo-b")))).Apply();
        var canary = _cluster.Model.Backends[Main].Canary!;
        Assert.Equal((Other, 30, 100), (canary.Alternative, canary.Weight, canary.WeightTotal));
        Assert.Equal("10.0.0.2", Assert.Single(_cluster.Model.Backends[Other].Endpoints).Address);
    }

    [Theory]
    [InlineData("h.test", "/b", "Prefix")]
    [InlineData("h.test", "/a", "Exact")]
    [InlineData("h.test", "/A", "Prefix")]
    [InlineData("other.test", "/a", "Prefix")]
    public void A_canary_that_matches_nothing_does_nothing_and_says_so(string host, string path, string type)
    {
        _cluster.Add(IngressOf("main", [Rule("h.test", Path("/a"))])).Add(Canary("c", 1, Rule(host, Path(path, type, "echo-b")))).Apply();
        Assert.Null(_cluster.Model.Backends[Main].Canary);
        Assert.Equal(["CanaryWithoutMain"], _cluster.FindingsOf("Ingress", "c").Select(f => f.Reason));
        Assert.False(_cluster.Hosts.Hosts.ContainsKey("other.test"));
    }

    [Fact]
    public void Implementation_specific_counts_as_prefix()
    {
        _cluster.Add(IngressOf("main", [Rule("h.test", Path("/a"))])).Add(Canary("c", 1, Rule("h.test", Path("/a", "ImplementationSpecific", "echo-b")))).Apply();
        Assert.NotNull(_cluster.Model.Backends[Main].Canary);
    }

    [Fact]
    public void The_oldest_of_several_canaries_is_the_only_one()
    {
        _cluster.Add(IngressOf("main", [Rule("h.test")])).Add(Canary("young", 5, Rule("h.test", Path("/", service: "echo-c"))))
            .Add(Canary("old", 2, Rule("h.test", Path("/", service: "echo-b")))).Apply();
        Assert.Equal(Other, _cluster.Model.Backends[Main].Canary!.Alternative);
        Assert.Equal(["CanaryTaken"], _cluster.FindingsOf("Ingress", "young").Select(f => f.Reason));

        _cluster.Delete(Canary("old", 2)).Apply();
        Assert.Equal("echo-c", _cluster.Model.Backends[Main].Canary!.Alternative.Service);
        Assert.Empty(_cluster.FindingsOf("Ingress", "young"));
    }

    [Fact]
    public void A_canary_of_the_same_backend_is_left_out()
    {
        _cluster.Add(IngressOf("main", [Rule("h.test")])).Add(Canary("c", 1, Rule("h.test"))).Apply();
        Assert.Null(_cluster.Model.Backends[Main].Canary);
        Assert.Equal(["CanaryEqualsMain"], _cluster.FindingsOf("Ingress", "c").Select(f => f.Reason));
    }

    [Fact]
    public void A_canary_that_is_only_a_default_backend_hangs_on_every_backend_of_the_catch_all_host()
    {
        var catchAll = Canary("c", 1);
        _cluster.Add(IngressOf("main", [Rule("", Path("/a"), Path("/b", service: "echo-c"))]))
            .Add(catchAll with { Spec = catchAll.Spec with { DefaultBackend = To("echo-b") } }).Apply();
        Assert.NotNull(_cluster.Model.Backends[Main].Canary);
        Assert.NotNull(_cluster.Model.Backends[new BackendId("default", "echo-c", "80")].Canary);
    }

    [Fact]
    public void A_canary_comes_and_goes_with_its_ingress_and_with_the_main_one()
    {
        var main = IngressOf("main", [Rule("h.test")]);
        var canary = Canary("c", 1, Rule("h.test", Path("/", service: "echo-b")));
        _cluster.Add(main).Apply();
        _cluster.Add(canary).Apply();
        Assert.NotNull(_cluster.Model.Backends[Main].Canary);
        _cluster.Delete(canary).Apply();
        Assert.Null(_cluster.Model.Backends[Main].Canary);
        Assert.False(_cluster.Model.Backends.ContainsKey(Other));
        _cluster.Add(canary).Apply();
        _cluster.Delete(main).Apply();
        Assert.False(_cluster.Model.Backends.ContainsKey(Main));
        _cluster.Add(main).Apply();
        Assert.NotNull(_cluster.Model.Backends[Main].Canary);
    }

    [Fact]
    public void Routes_stay_the_same_objects_when_a_canary_changes()
    {
        _cluster.Add(IngressOf("main", [Rule("h.test")])).Apply();
        var host = _cluster.Host("h.test");
        _cluster.Add(Canary("c", 1, Rule("h.test", Path("/", service: "echo-b")))).Apply();
        Assert.Same(host, _cluster.Host("h.test"));
    }

    [Fact]
    public void A_canary_takes_the_sessions_of_the_main_backend_over_unless_it_is_legacy()
    {
        var rule = Rule("h.test", Path("/", service: "echo-b"));
        _cluster.Add(IngressOf("main", [Rule("h.test")], ("affinity", "cookie"), ("session-cookie-name", "S"))).Add(Canary("c", 1, rule)).Apply();
        Assert.Equal("S", _cluster.Model.Backends[Other].Affinity!.CookieName);
        _cluster.Add(IngressOf("main", [Rule("h.test")], ("affinity", "cookie"), ("session-cookie-name", "T"))).Apply();
        Assert.Equal("T", _cluster.Model.Backends[Other].Affinity!.CookieName);

        var legacy = IngressOf("c", [rule], ("canary", "true"), ("affinity-canary-behavior", "legacy"), ("affinity", "cookie"));
        _cluster.Add(legacy).Apply();
        Assert.Null(_cluster.Model.Backends[Other].Affinity);
        Assert.NotNull(_cluster.Model.Backends[Main].Affinity);
    }

    [Fact]
    public void Affinity_belongs_to_the_service_and_the_cookie_to_the_rules_of_the_ingress()
    {
        _cluster.Add(IngressOf("a", [Rule("a.test", Path("/x"))], ("affinity", "cookie"), ("affinity-mode", "persistent"), ("session-cookie-max-age", "5")))
            .Add(IngressOf("b", [Rule("b.test")])).Apply();
        Assert.Equal(AffinityMode.Persistent, _cluster.Model.Backends[Main].Affinity!.Mode);
        Assert.Equal(new SessionCookiePolicy("/x") { MaxAge = 5 }, _cluster.Route("a.test", "/x").SessionCookie);
        Assert.Null(_cluster.Route("a.test", "/").SessionCookie);
        Assert.Null(_cluster.Route("b.test", "/").SessionCookie);
    }

    private static Portico.Kubernetes.Resources.Ingress Canary(string name, int days, params Portico.Kubernetes.Resources.IngressRule[] rules) =>
        Aged(IngressOf(name, rules, ("canary", "true"), ("canary-weight", "30")), days);
}
