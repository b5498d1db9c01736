using Portico.Ingress;
using Portico.Ingress.Selection;
using Portico.Kubernetes.Resources;
using Xunit;
using static Portico.UnitTests.IngressTranslation.TestCluster;

namespace Portico.UnitTests.IngressTranslation;

public class SelectionTests
{
    private static bool IsServed(IngressOptions options, string? field, string? annotation)
    {
        var cluster = new TestCluster(options);
        cluster.Add(new IngressClass { Metadata = new ObjectMeta { Name = "other" }, Spec = new IngressClassSpec { Controller = "k8s.io/other" } });
        var ingress = annotation is null ? IngressOf("i", [Rule("h.test")]) : IngressOf("i", [Rule("h.test")], ("kubernetes.io/ingress.class", annotation));
        cluster.Add(ingress with { Spec = ingress.Spec with { IngressClassName = field } }).Apply();
        return cluster.Hosts.Hosts.ContainsKey("h.test");
    }

    [Theory]
    [InlineData("nginx", null, true)]
    [InlineData("other", null, false)]
    [InlineData("ghost", null, false)]
    [InlineData("nginx", "other", true)]
    [InlineData("other", "nginx", false)]
    [InlineData(null, "nginx", true)]
    [InlineData(null, "testclass", false)]
    [InlineData(null, "", false)]
    [InlineData(null, null, false)]
    public void Field_before_annotation_before_nothing(string? field, string? annotation, bool served) =>
        Assert.Equal(served, IsServed(new IngressOptions(), field, annotation));

    [Fact]
    public void Without_class_only_on_request_and_never_with_an_empty_one()
    {
        var options = new IngressOptions { WatchIngressWithoutClass = true };
        Assert.True(IsServed(options, null, null));
        Assert.False(IsServed(options, null, ""));
        Assert.False(IsServed(options, "ghost", null));
    }

    [Fact]
    public void A_class_counts_by_name_on_request()
    {
        var options = new IngressOptions { IngressClass = "other", IngressClassByName = true };
        Assert.True(IsServed(options, "other", null));
        Assert.True(IsServed(options, "nginx", null));
    }

    [Fact]
    public void A_class_that_comes_later_is_seen_when_the_Ingress_changes()
    {
        var cluster = new TestCluster();
        var ingress = IngressOf("i", [Rule("h.test")]) with { Spec = new IngressSpec { IngressClassName = "late", Rules = [Rule("h.test")] } };
        cluster.Add(ingress).Apply();
        Assert.Contains(cluster.FindingsOf("Ingress", "i"), f => f.Reason == "ClassMissing");
        cluster.Add(new IngressClass { Metadata = new ObjectMeta { Name = "late" }, Spec = new IngressClassSpec { Controller = "k8s.io/ingress-nginx" } }).Apply();
        Assert.False(cluster.Hosts.Hosts.ContainsKey("h.test"));
        cluster.Add(ingress with { Metadata = ingress.Metadata with { ResourceVersion = "2" } }).Apply();
        Assert.True(cluster.Hosts.Hosts.ContainsKey("h.test"));
        Assert.Empty(cluster.FindingsOf("Ingress", "i"));
    }

    [Fact]
    public void An_Ingress_whose_class_goes_away_is_removed()
    {
        var cluster = new TestCluster();
        var ingress = IngressOf("i", [Rule("h.test")]);
        cluster.Add(ingress).Apply();
        cluster.Add(ingress with { Spec = ingress.Spec with { IngressClassName = null } }).Apply();
        Assert.False(cluster.Hosts.Hosts.ContainsKey("h.test"));
        Assert.Empty(cluster.Model.Backends);
    }

    [Fact]
    public void Namespaces_are_chosen_by_name_or_by_labels_as_they_are()
    {
        var byName = new TestCluster(new IngressOptions { WatchNamespace = "team-a" });
        byName.Add(IngressOf("i", [Rule("h.test")])).Apply();
        Assert.False(byName.Hosts.Hosts.ContainsKey("h.test"));

        Assert.True(LabelSelector.TryParse("tier in (gold, silver)", out var selector, out _));
        var byLabel = new TestCluster(new IngressOptions { WatchNamespaceSelector = selector });
        byLabel.Add(IngressOf("i", [Rule("h.test")])).Apply();
        Assert.False(byLabel.Hosts.Hosts.ContainsKey("h.test"));
        byLabel.Add(new Namespace { Metadata = new ObjectMeta { Name = "default", Labels = new Dictionary<string, string> { ["tier"] = "gold" } } }).Apply();
        Assert.True(byLabel.Hosts.Hosts.ContainsKey("h.test"));
        byLabel.Add(new Namespace { Metadata = new ObjectMeta { Name = "default" } }).Apply();
        Assert.False(byLabel.Hosts.Hosts.ContainsKey("h.test"));
    }

    [Fact]
    public void Disable_catch_all_ignores_every_Ingress_with_a_default_backend_and_leaves_hostless_rules()
    {
        var cluster = new TestCluster(new IngressOptions { DisableCatchAll = true });
        var ingress = IngressOf("i", [Rule("h.test")]);
        cluster.Add(ingress with { Spec = ingress.Spec with { DefaultBackend = To("x") } }).Add(IngressOf("n", [Rule("")])).Apply();
        Assert.False(cluster.Hosts.Hosts.ContainsKey("h.test"));
        Assert.Equal(["Prefix /healthz -> health", "Prefix /nginx_status -> status", "Prefix / -> echo-a"], cluster.Routes("_"));
        Assert.Contains(cluster.FindingsOf("Ingress", "i"), f => f.Reason == "CatchAllDisabled");
    }

    [Theory]
    [InlineData("/bla{alias /var/run/secrets/;}location ~* ^/abcd")]
    [InlineData("/etc/nginx")]
    [InlineData("/x root /;")]
    [InlineData("/content_by_lua_block")]
    public void Deep_inspection_refuses_dangerous_paths_unless_switched_off(string path)
    {
        var cluster = new TestCluster();
        cluster.Add(IngressOf("bad", [Rule("h.test", Path(path))])).Add(IngressOf("good", [Rule("h.test", Path("/good"))])).Apply();
        Assert.Equal(["Prefix /good -> echo-a", "Prefix / -> 404"], cluster.Routes("h.test"));
        var open = new TestCluster(new IngressOptions { DeepInspect = false });
        open.Add(IngressOf("bad", [Rule("h.test", Path(path))])).Apply();
        Assert.True(open.Hosts.Hosts.ContainsKey("h.test"));
    }

    [Theory]
    [InlineData("a=1", "a=1", true)]
    [InlineData("a==1,b!=2", "a=1", true)]
    [InlineData("a!=1", "a=1", false)]
    [InlineData("a in (1, 2)", "a=2", true)]
    [InlineData("a notin (1,2)", "a=2", false)]
    [InlineData("a notin (1,2)", "b=2", true)]
    [InlineData("a", "a=", true)]
    [InlineData("!a", "a=1", false)]
    [InlineData("a in (1),!b", "a=1", true)]
    [InlineData("", "x=1", true)]
    public void Label_selectors_match(string text, string label, bool matches)
    {
        Assert.True(LabelSelector.TryParse(text, out var selector, out _));
        Assert.Equal(matches, selector.Matches(new Dictionary<string, string> { [label.Split('=')[0]] = label.Split('=')[1] }));
    }

    [Theory]
    [InlineData("a in 1")]
    [InlineData("=1")]
    [InlineData("a,,b")]
    [InlineData("a like (1)")]
    [InlineData("a=b=c d")]
    public void Broken_label_selectors_are_refused(string text)
    {
        Assert.False(LabelSelector.TryParse(text, out _, out var error));
        Assert.NotEmpty(error);
    }
}
