using FsCheck;
using FsCheck.Fluent;
using Portico.Kubernetes.Manifests;
using Portico.Kubernetes.Resources;
using Xunit;
using static Portico.UnitTests.Kubernetes.Manifests.ManifestText;

namespace Portico.UnitTests.Kubernetes.Manifests;

public class BrokenDocumentTests
{
    [Fact]
    public void A_broken_document_does_not_harm_its_neighbours()
    {
        var content = Read(ConfigMap("a") + "---\nthis: [is\nbroken: {\n---\n" + ConfigMap("b") + "...\nx: y: z\n---\n" + ConfigMap("c"));
        Assert.Equal(["a", "b", "c"], content.Objects.Select(found => found.Object.Metadata.Name));
        Assert.Equal(2, content.Errors.Count);
        Assert.All(content.Errors, error => Assert.True(error.Unidentified));
        Assert.Equal([6, 14], content.Errors.Select(error => error.Line));
    }

    [Theory]
    [InlineData("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: x\ndata:\n  k: 'open\n", "x", "a")]
    [InlineData("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  k: v\n v: k\n", "default", "a")]
    [InlineData("kind: ConfigMap\nmetadata: {name: a}\ndata: {k: v\n", "default", "a")]
    [InlineData("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: v, k: w}\n", "default", "a")]
    [InlineData("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: *nowhere}\n", "default", "a")]
    [InlineData("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n  labels: [\n", "", "a")]
    public void An_object_is_named_by_what_stands_before_the_error(string text, string ns, string name)
    {
        var error = Error(text);
        Assert.Equal((ns, name), (error.Key?.Namespace, error.Key?.Name));
        Assert.False(error.Unidentified);
    }

    [Theory]
    [InlineData("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels: {\n")]
    [InlineData("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  labels: {a: b}\n  name: 'a\n")]
    [InlineData("apiVersion: v1\nmetadata: {name: a}\ndata: {\n")]
    [InlineData("apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n- {\n")]
    [InlineData("apiVersion: v1\nkind: ConfigMap\ndata: {a: b}\n")]
    public void An_object_whose_name_may_not_be_the_whole_truth_stays_unnamed(string text)
    {
        var error = Error(text);
        Assert.Null(error.Key);
        Assert.True(error.Unidentified);
    }

    [Fact]
    public void A_broken_document_of_another_kind_is_told_but_concerns_no_object()
    {
        var error = Error("apiVersion: apps/v1\nkind: Deployment\nspec: {\n");
        Assert.Null(error.Key);
        Assert.False(error.Unidentified);
    }

    [Fact]
    public void A_key_that_comes_twice_is_an_error_at_its_second_place()
    {
        var error = Error("apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\nspec:\n  rules:\n  - host: a.test\n    http: {}\n    host: b.test\n");
        Assert.Equal((8, "spec.rules[0].host: given twice in one mapping (first 2 lines above)"), (error.Line, error.Message));
    }

    [Fact]
    public void Aliases_and_merge_keys_are_followed()
    {
        var content = Read("""
            apiVersion: v1
            kind: List
            items:
            - &base
              apiVersion: v1
              kind: ConfigMap
              metadata: &meta {name: a, labels: &labels {app: x, tier: web}}
              data: {k: base}
            - <<: *base
              metadata: {<<: *meta, name: b}
            - <<: [{data: {k: first}}, *base]
              metadata:
                name: c
                labels: {<<: *labels, tier: db}
            """);

        Assert.Empty(content.Errors);
        var maps = content.Objects.Select(found => (ConfigMap)found.Object).ToArray();
        Assert.Equal(["a", "b", "c"], maps.Select(map => map.Metadata.Name));
        Assert.Equal(["base", "base", "first"], maps.Select(map => map.Data["k"]));
        Assert.Equal("web", maps[1].Metadata.Labels["tier"]);
        Assert.Equal(("x", "db"), (maps[2].Metadata.Labels["app"], maps[2].Metadata.Labels["tier"]));
    }

    [Theory]
    [InlineData("a: &x [*x]", "alias *x refers to no anchor before it")]
    [InlineData("a: *x", "alias *x refers to no anchor before it")]
    [InlineData("<<: 5", "a merge key (<<) needs a mapping")]
    [InlineData("? [a]\n: b", "a key must be a string")]
    [InlineData("~: b", "a key must not be empty")]
    public void What_has_no_json_form_is_an_error(string text, string cause) =>
        Assert.Contains(cause, Error(text + "\n").Message, StringComparison.Ordinal);

    [Fact]
    public void Keys_are_strings_as_kubectl_writes_them()
    {
        var data = One<ConfigMap>("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {8080: port, 0x10: hex, on: x, \"no\": y}\n").Data;
        Assert.Equal(["16", "8080", "no", "true"], data.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_bomb_of_aliases_is_refused()
    {
        var text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bomb}\nx0: &x0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
        for (var i = 1; i < 12; i++)
        {
            text += $"x{i}: &x{i} [{string.Join(", ", Enumerable.Repeat($"*x{i - 1}", 10))}]\n";
        }

        Assert.Equal("aliases make the object too large", Error(text).Message);
    }

    [Fact]
    public void A_bomb_of_merge_keys_is_refused()
    {
        var wide = string.Join(", ", Enumerable.Range(0, 2000).Select(i => $"k{i}: v"));
        var many = string.Join(", ", Enumerable.Repeat("*w", 2000));
        Assert.Contains("merge keys copy more than", Error($"w: &w {{{wide}}}\nx: {{<<: [{many}]}}\n").Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{a: ")]
    [InlineData("- ")]
    public void Deep_nesting_is_refused(string opening) =>
        Assert.Contains("nested deeper than", Error("a: " + (opening == "- " ? "\n" : "") + string.Concat(Enumerable.Repeat(opening, 5000))).Message, StringComparison.Ordinal);

    [Fact]
    public void No_text_throws()
    {
        string[] words =
        [
            "---", "...", "\n", "\n  ", ": ", "- ", "[", "]", "{", "}", ",", "&a ", "*a", "<<: ", "'", "\"", "|", ">", "#", "%YAML 1.2", "!!str ", "!x ", "? ",
            "apiVersion: v1", "kind: ConfigMap", "kind: List", "metadata: {name: a}", "items:", "data:", "\t", "\0", "\r", "\u0085", "\uFEFF", "\"\\ud83d\"", "\"\\U0011FFFF\"",
            "\"\\x\"", "~", "0x", "1e999", ".inf", "-", "+", ".", "0b2", "1__0", "@", "`", "é", "\"\\uDC00\"",
        ];
        var text = Gen.OneOf(Gen.Elements(words), ArbMap.Default.GeneratorFor<NonNull<string>>().Select(any => any.Get)).ListOf().Select(string.Concat);
        Prop.ForAll(text.ToArbitrary(), any =>
        {
            ManifestReader.Read(System.Text.Encoding.UTF8.GetBytes(any));
            Read("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  " + any);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Fact]
    public void No_bytes_throw() =>
        Prop.ForAll<byte[]>(any => { ManifestReader.Read(any); }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
}
