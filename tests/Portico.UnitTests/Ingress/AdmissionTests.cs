using System.Diagnostics;
using Portico.Ingress;
using Portico.Ingress.Admission;
using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Xunit;
using IngressObject = Portico.Kubernetes.Resources.Ingress;

namespace Portico.UnitTests.IngressTranslation;

public class AdmissionTests
{
    private const string Uid = "7c5c1b1e-0d7e-4f3c-9a1b-3d5e7f9a1b2c";

    [Fact]
    public void What_is_in_order_is_let_in_without_a_word()
    {
        var verdict = Review([Other("first", Rule("a.test", "/"))], New("x", Rule("a.test", "/other")));

        Assert.True(verdict.Allowed);
        Assert.Empty(verdict.Warnings);
    }

    [Fact]
    public void A_host_and_path_that_another_Ingress_serves_is_refused() => Refused(
        "host \"a.test\" and path \"/taken\" is already defined in ingress team/first",
        [Other("first", Rule("a.test", "/free", "/taken"), ns: "team")], New("x", Rule("a.test", "/new", "/taken")));

    [Fact]
    public void Without_a_host_it_is_called_by_a_low_line() => Refused(
        "host \"_\" and path \"/\" is already defined in ingress default/first", [Other("first", Rule("", "/"))], New("x", Rule("", "/")));

    [Fact]
    public void An_Ingress_does_not_clash_with_itself() =>
        Assert.True(Review([Other("x", Rule("a.test", "/"))], New("x", Rule("a.test", "/"))).Allowed);

    [Fact]
    public void A_canary_stands_beside_its_main_Ingress() =>
        Assert.True(Review([Other("first", Rule("a.test", "/"))], New("x", Rule("a.test", "/"), ("canary", "true"), ("canary-weight", "10"))).Allowed);

    [Theory]
    [InlineData("Prefix", "Exact", true)]
    [InlineData("Exact", "Prefix", false)]
    [InlineData("Exact", "Exact", false)]
    [InlineData("ImplementationSpecific", "Prefix", false)]
    public void An_Exact_path_may_be_added_beside_a_Prefix(string existing, string added, bool allowed) =>
        Assert.Equal(allowed, Review([Other("first", TestCluster.Rule("a.test", TestCluster.Path("/foo", existing)))], New("x", TestCluster.Rule("a.test", TestCluster.Path("/foo", added)))).Allowed);

    [Fact]
    public void A_default_backend_takes_no_path_from_anybody() =>
        Assert.True(Review([Other("first", []) is var o ? o with { Spec = o.Spec with { DefaultBackend = TestCluster.To("echo-a") } } : o], New("x", Rule("", "/"))).Allowed);

    [Fact]
    public void Text_known_from_attacks_is_refused_whatever_the_class()
    {
        Refused("invalid object: invalid rule in ingress default/x: invalid http path: invalid value found: /etc/nginx", [], New("x", Rule("a.test", "/etc/nginx")));
        var foreign = New("x", Rule("a.test", "/")) with { Spec = New("x", Rule("a.test", "/")).Spec with { IngressClassName = "other", Tls = [new IngressTls { SecretName = "a_by_lua_b" }] } };
        Refused("invalid object: invalid secret in ingress default/x: invalid value found: a_by_lua_b", [], foreign);
    }

    [Fact]
    public void What_is_not_ours_is_let_in()
    {
        var foreign = New("x", Rule("a.test", "/"), ("configuration-snippet", "invalid"));

        Assert.True(Review([], foreign with { Spec = foreign.Spec with { IngressClassName = "other" } }).Allowed);
        Assert.True(Review([], foreign with { Metadata = foreign.Metadata with { DeletionTimestamp = DateTimeOffset.UnixEpoch } }).Allowed);
        Assert.True(Review([], foreign, new IngressOptions { WatchNamespace = "team" }).Allowed);
    }

    [Fact]
    public void A_catch_all_is_refused_where_those_are_off() => Refused(
        "this deployment is trying to create a catch-all ingress while DisableCatchAll flag is set to true. Remove '.spec.defaultBackend' or set DisableCatchAll flag to false",
        [], New("x", []) is var i ? i with { Spec = i.Spec with { DefaultBackend = TestCluster.To("echo-a") } } : i, new IngressOptions { DisableCatchAll = true });

    [Fact]
    public void A_uid_that_is_none_is_refused()
    {
        var ingress = New("x", Rule("a.test", "/"));

        Assert.StartsWith("ingress has invalid UID", Review([], ingress with { Metadata = ingress.Metadata with { Uid = "7" } }).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_that_looks_like_an_expression_needs_its_type()
    {
        var verdict = Review([], New("x", Rule("a.test", "/foo/[a-z]{3}", "/b(ar)")));

        Assert.Equal(
            "ingress contains invalid paths: path /foo/[a-z]{3} cannot be used with pathType Prefix\npath /b(ar) cannot be used with pathType Prefix", verdict.Message);
        Assert.Equal(["path /foo/[a-z]{3} cannot be used with pathType Prefix", "path /b(ar) cannot be used with pathType Prefix"], verdict.Warnings);
        Assert.True(Review([], New("x", TestCluster.Rule("a.test", TestCluster.Path("/foo/[a-z]{3}", "ImplementationSpecific")), ("use-regex", "true"))).Allowed);
    }

    [Fact]
    public void With_the_check_of_paths_off_it_is_a_warning()
    {
        var verdict = Review([], New("x", Rule("a.test", "/foo/[a-z]")), config: [("strict-validate-path-type", "false")]);

        Assert.True(verdict.Allowed);
        Assert.Single(verdict.Warnings);
    }

    [Theory]
    [InlineData("example.org/my-snippet", "x", "example.org/my-snippet annotation cannot be used. Snippet directives are disabled by the Ingress administrator")]
    [InlineData("load-balance", "bogus", "annotation nginx.ingress.kubernetes.io/load-balance contains invalid value")]
    public void Annotations_that_cannot_be_are_refused(string name, string value, string message) => Refused(message, [], New("x", Rule("a.test", "/"), (name, value)));

    [Fact]
    public void Risk_and_words_of_the_installation_count()
    {
        Assert.Equal(
            "annotation group ModSecurity contains risky annotation based on ingress configuration",
            Review([], New("x", Rule("a.test", "/"), ("modsecurity-transaction-id", "bla")), config: [("allow-snippet-annotations", "true"), ("annotations-risk-level", "Medium")]).Message);
        Assert.Equal(
            "nginx.ingress.kubernetes.io/upstream-vhost annotation contains invalid word evil",
            Review([], New("x", Rule("a.test", "/"), ("upstream-vhost", "evil.test")), config: [("annotation-value-word-blocklist", "evil")]).Message);
    }

    [Fact]
    public void Another_prefix_makes_the_usual_one_an_error() => Refused(
        "this deployment has a custom annotation prefix defined. Use 'my.prefix' instead of 'nginx.ingress.kubernetes.io'",
        [], New("x", Rule("a.test", "/"), ("load-balance", "ewma")), new IngressOptions { AnnotationsPrefix = "my.prefix" });

    [Fact]
    public void Annotations_without_effect_are_let_in_with_a_warning()
    {
        var verdict = Review([], New("x", Rule("a.test", "/"), ("enable-influxdb", "true"), ("enable-cor", "true")));

        Assert.True(verdict.Allowed);
        Assert.Equal("annotation nginx.ingress.kubernetes.io/enable-influxdb is deprecated", verdict.Warnings[0]);
        Assert.Contains("did you mean nginx.ingress.kubernetes.io/enable-cors", Assert.Single(verdict.Warnings.Skip(1)), StringComparison.Ordinal);
    }

    [Fact]
    public void At_ten_thousand_Ingresses_a_review_translates_only_its_own()
    {
        var admission = Admission([.. Enumerable.Range(0, 10_000).Select(i => Other($"i-{i}", Rule($"h{i}.test", "/", "/a", "/b")))], new IngressOptions(), []);
        var ingress = New("x", Rule("h77.test", "/new"));
        Assert.True(admission.Review(ingress).Allowed);

        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var began = Stopwatch.GetTimestamp();
        for (var i = 0; i < 20; i++)
        {
            admission.Review(ingress);
        }

        // A translation of everything takes seconds and hundreds of megabytes.
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - allocated < 20 * 1024 * 1024);
        Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(2));
    }

    private static void Refused(string message, IngressObject[] existing, IngressObject ingress, IngressOptions? options = null) =>
        Assert.Equal(message, Review(existing, ingress, options).Message);

    private static AdmissionVerdict Review(IngressObject[] existing, IngressObject ingress, IngressOptions? options = null, (string Key, string Value)[]? config = null) =>
        Admission(existing, options ?? new IngressOptions(), config ?? []).Review(ingress);

    private static IngressAdmission Admission(IngressObject[] existing, IngressOptions options, (string Key, string Value)[] config)
    {
        options = options with { ConfigMap = new NamespacedName("system", "config") };
        var cache = new ResourceCache();
        KubernetesObject[] objects =
        [
            new IngressClass { Metadata = new ObjectMeta { Name = "nginx" }, Spec = new IngressClassSpec { Controller = "k8s.io/ingress-nginx" } },
            TestCluster.Map("system", "config", config),
            .. existing,
        ];
        ResourceChange[] changes = [.. objects.Select(o => new ResourceChange(null, o))];
        cache.Apply(changes);
        var translator = new IngressTranslator(options);
        var result = translator.Apply(changes, cache);
        var admission = new IngressAdmission(options);
        admission.Follow(changes, result.Model, translator);
        return admission;
    }

    private static IngressRule[] Rule(string host, params string[] paths) => [TestCluster.Rule(host, [.. paths.Select(p => TestCluster.Path(p))])];

    private static IngressObject Other(string name, IngressRule[] rules, string ns = "default")
    {
        var ingress = TestCluster.IngressOf(name, rules);
        return ingress with { Metadata = ingress.Metadata with { Namespace = ns, Uid = Guid.NewGuid().ToString() } };
    }

    private static IngressObject Other(string name, IngressRule rule) => Other(name, [rule]);

    private static IngressObject New(string name, IngressRule rule, params (string Name, string Value)[] annotations) => New(name, [rule], annotations);

    private static IngressObject New(string name, IngressRule[] rules, params (string Name, string Value)[] annotations)
    {
        var ingress = TestCluster.IngressOf(name, rules, annotations);
        return ingress with { Metadata = ingress.Metadata with { Uid = Uid } };
    }
}
