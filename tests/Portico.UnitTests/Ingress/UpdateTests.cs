using System.Diagnostics;
using FsCheck;
using FsCheck.Fluent;
using Portico.Ingress.Annotations;
using Portico.Ingress.Configuration;
using Portico.Kubernetes.Resources;
using Portico.Model;
using Xunit;
using static Portico.UnitTests.IngressTranslation.TestCluster;

namespace Portico.UnitTests.IngressTranslation;

public class UpdateTests
{
    private readonly TestCluster _cluster = new();

    [Fact]
    public void The_last_valid_version_stays_in_force_until_a_valid_one_comes()
    {
        _cluster.Add(IngressOf("i", [Rule("h.test")])).Apply();
        _cluster.Add(IngressOf("i", [Rule("new.test", Path("/", service: "echo-b"))], ("load-balance", "bogus"))).Apply();
        Assert.Equal(["Prefix / -> echo-a"], _cluster.Routes("h.test"));
        Assert.False(_cluster.Hosts.Hosts.ContainsKey("new.test"));
        Assert.Contains(_cluster.FindingsOf("Ingress", "i"), f => f.Message.Contains("last valid version"));

        _cluster.Config(("http-redirect-code", "301")).Apply();
        Assert.Equal(301, _cluster.Route("h.test", "/").HttpsRedirect!.Status);

        _cluster.Add(IngressOf("i", [Rule("new.test")])).Apply();
        Assert.False(_cluster.Hosts.Hosts.ContainsKey("h.test"));
        Assert.Empty(_cluster.FindingsOf("Ingress", "i"));
    }

    [Fact]
    public void A_stricter_risk_level_keeps_what_was_accepted()
    {
        _cluster.Add(IngressOf("i", [Rule("h.test")], ("rewrite-target", "/x"))).Apply();
        _cluster.Config(("annotations-risk-level", "Low")).Apply();
        Assert.NotNull(_cluster.Route("h.test", "/").Rewrite);
        Assert.Contains(_cluster.FindingsOf("Ingress", "i"), f => f.Reason == "Rejected");
    }

    [Fact]
    public void A_changed_Ingress_rebuilds_only_its_hosts()
    {
        _cluster.Add(IngressOf("a", [Rule("a.test")])).Add(IngressOf("b", [Rule("b.test")])).Apply();
        var untouched = _cluster.Host("b.test");
        _cluster.Add(IngressOf("a", [Rule("c.test")])).Apply();
        Assert.Same(untouched, _cluster.Host("b.test"));
        Assert.False(_cluster.Hosts.Hosts.ContainsKey("a.test"));
        Assert.True(_cluster.Hosts.Hosts.ContainsKey("c.test"));
    }

    [Fact]
    public void Nothing_to_do_gives_the_same_model_and_no_changed_findings()
    {
        _cluster.Add(IngressOf("a", [Rule("a.test")], ("affinity", "cookie"))).Apply();
        Assert.NotEmpty(_cluster.Result.Changed);
        var model = _cluster.Model;
        Assert.Empty(_cluster.Apply().Changed);
        Assert.Same(model, _cluster.Model);
    }

    [Fact]
    public void A_status_write_builds_nothing()
    {
        var ingress = IngressOf("a", [Rule("a.test")]);
        ingress = ingress with { Metadata = ingress.Metadata with { Generation = 1 } };
        _cluster.Add(ingress).Apply();
        var model = _cluster.Model;
        _cluster.Add(ingress with { Metadata = ingress.Metadata with { ResourceVersion = "7" } }).Apply();
        Assert.Same(model, _cluster.Model);
    }

    [Fact]
    public void Findings_of_an_object_are_replaced_as_a_whole()
    {
        _cluster.Add(IngressOf("a", [Rule("a.test")], ("affinity", "cookie"))).Apply();
        _cluster.Add(IngressOf("a", [Rule("a.test")], ("mirror-target", "x"))).Apply();
        Assert.Equal("mirror-target", Assert.Single(_cluster.FindingsOf("Ingress", "a")).Field.Split('/')[1]);
        _cluster.Add(IngressOf("a", [Rule("a.test")])).Apply();
        Assert.Contains(new ObjectReference("Ingress", "default", "a"), _cluster.Result.Changed);
        Assert.Empty(_cluster.FindingsOf("Ingress", "a"));
    }

    [Fact]
    public void Equal_settings_of_different_Ingresses_are_one_object()
    {
        _cluster.Add(IngressOf("a", [Rule("a.test")], ("proxy-read-timeout", "9"), ("enable-cors", "true"), ("allowlist-source-range", "10.0.0.0/8")));
        _cluster.Add(IngressOf("b", [Rule("b.test")], ("proxy-read-timeout", "9"), ("enable-cors", "true"), ("allowlist-source-range", "10.0.0.0/8"))).Apply();
        var (a, b) = (_cluster.Route("a.test", "/"), _cluster.Route("b.test", "/"));
        Assert.Same(a.Upstream, b.Upstream);
        Assert.Same(a.Cors, b.Cors);
        Assert.Same(a.SourceRanges, b.SourceRanges);
        Assert.Same(a.HttpsRedirect, b.HttpsRedirect);
        Assert.Same(a.Match, b.Match);
    }

    [Fact]
    public void The_order_in_which_objects_come_does_not_matter()
    {
        KubernetesObject[] objects =
        [
            Aged(IngressOf("a", [Rule("h.test", Path("/x")), Rule("b.test")], ("server-alias", "c.test")), 3), Aged(IngressOf("b", [Rule("h.test", Path("/x", service: "s"))]), 1),
            Aged(IngressOf("c", [Rule("c.test"), Rule("h.test")], ("use-regex", "true")), 2), Service("echo-a"), Slice("echo-a", "10.0.0.1"), Map("system", "config", ("http-redirect-code", "301")),
        ];
        string Picture(IEnumerable<KubernetesObject> order, bool oneByOne)
        {
            var cluster = new TestCluster();
            foreach (var added in order)
            {
                cluster.Add(added);
                if (oneByOne)
                {
                    cluster.Apply();
                }
            }

            cluster.Apply();
            var hosts = cluster.Hosts.Hosts.Values.OrderBy(h => h.Name).Select(h =>
                $"{h.Name} {string.Join('+', h.Aliases)}: {string.Join("; ", cluster.Routes(h.Name))} {string.Join(',', h.Routes.Select(r => r.HttpsRedirect?.Status))}");
            var backends = cluster.Model.Backends.Values.OrderBy(b => b.Name).Select(b => $"{b.Name}={string.Join(',', b.Endpoints)}");
            var findings = cluster.Result.Findings.Values.SelectMany(f => f).Select(f => f.ToString()).Order();
            return string.Join('\n', hosts.Concat(backends).Concat(findings));
        }

        var expected = Picture(objects, false);
        Prop.ForAll(Gen.Shuffle(objects).ToArbitrary(), order => Picture(order, true) == expected).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void No_annotation_value_throws_or_changes_another_Ingress_host()
    {
        var pieces = Gen.Elements(
            "", " ", "\n", "\r\n", "\0", "true", "-1", "0", "99999999999999999999", "$", "${", "(", "[", "*", "/", "//", "~", "~(", "http://", "a,b,,", "::1", "/33", "é", "\uD800", ";", "{", "default/x", "on", "1k", "(?<", ".*", "*.");
        var values = Gen.Select(Gen.ListOf(pieces), parts => string.Concat(parts));
        var names = Gen.Elements<AnnotationDeclaration>([.. AnnotationCatalog.Declarations]);
        var annotations = Gen.ArrayOf(Gen.Zip(Gen.Select(names, n => n.Name), values));
        var good = IngressOf("good", [Rule("good.test", Path("/"), Path("/a/", "Exact"))]);
        Prop.ForAll(annotations.ToArbitrary(), Gen.Zip(values, values).ToArbitrary(), (given, texts) =>
        {
            var cluster = new TestCluster();
            cluster.Config(("annotations-risk-level", "Critical"), ("allow-snippet-annotations", "true")).Add(good).Apply();
            var before = cluster.Host("good.test");
            var distinct = given.DistinctBy(a => a.Item1).Select(a => (a.Item1, a.Item2)).ToArray();
            cluster.Add(IngressOf("bad", [Rule("bad.test", Path(texts.Item1), Path("/x", texts.Item2)), Rule(texts.Item2 == "good.test" ? "" : texts.Item2)], distinct)).Apply();
            cluster.Apply();
            return ReferenceEquals(before, cluster.Host("good.test"));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void No_ConfigMap_value_throws()
    {
        var values = Gen.Select(Gen.ListOf(Gen.Elements("", " ", "\n", "\0", "true", "-1", "0x", "08", "1_", "99999999999999", "4 8k", "1h", "h", "/", "a/b", ",", "::/0", "$x", "é", "off", "TLSv1.3")), parts => string.Concat(parts));
        var keys = Gen.Elements([.. ConfigKeys.All.Select(k => k.Name), "unknown"]);
        Prop.ForAll(Gen.ArrayOf(Gen.Zip(keys, values)).ToArbitrary(), given =>
        {
            var cluster = new TestCluster();
            cluster.Add(IngressOf("i", [Rule("h.test")])).Config([.. given.DistinctBy(g => g.Item1).Select(g => (g.Item1, g.Item2))]).Apply();
            return cluster.Hosts.Hosts.ContainsKey("h.test");
        }).QuickCheckThrowOnFailure();
    }
}
