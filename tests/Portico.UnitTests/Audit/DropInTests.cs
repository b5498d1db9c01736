using System.Reflection;
using System.Text;
using Microsoft.AspNetCore.Http;
using Portico.Admin.Pages;
using Portico.Flags;
using Portico.Ingress.Annotations;
using Portico.Ingress.Configuration;
using Portico.UnitTests.IngressTranslation;
using Xunit;

namespace Portico.UnitTests.Audit;

/// <summary>
/// That every name of ingress-nginx 1.15 is known here with the same default, risk, scope and effect of invalid values, and that nothing is without
/// effect without a reason. The table is <c>ingress-nginx-1.15.tsv</c>, beside this file.
/// </summary>
public class DropInTests
{
    private const int AnnotationNames = 138;

    private static readonly string[][] Table = ReadTable();

    private static IEnumerable<string[]> Rows(string kind) => Table.Where(row => row[0] == kind);

    [Fact]
    public void Every_annotation_is_declared_and_no_other()
    {
        var expected = Rows("annotation").SelectMany(r => r[7].Length == 0 ? [r[1]] : new[] { r[1], r[7] }).Order(StringComparer.Ordinal).ToArray();
        var declared = AnnotationCatalog.Declarations.Where(d => !d.IsOwn)
            .SelectMany(d => d.Alias is { } alias ? [d.Suffix, alias[(alias.IndexOf('/') + 1)..]] : new[] { d.Suffix }).Order(StringComparer.Ordinal);

        Assert.Equal(AnnotationNames, expected.Length);
        Assert.Equal(expected, declared);
        Assert.All(expected, name => Assert.NotNull(new AnnotationCatalog("nginx.ingress.kubernetes.io").Find("nginx.ingress.kubernetes.io/" + name)));
    }

    [Fact]
    public void Annotations_have_the_same_default_risk_scope_and_key_and_do_the_same_with_invalid_values() => Assert.All(Rows("annotation"), row =>
    {
        var declared = AnnotationCatalog.Declarations.Single(d => d.Suffix == row[1]);
        Assert.Equal(
            (row[2], row[3], row[4], row[5], row[6]),
            (declared.Default.Length == 0 ? "none" : declared.Default, declared.Risk.ToString(), declared.Scope.ToString().ToLowerInvariant(), Word(declared.OnInvalid), declared.ConfigKey ?? ""));
    });

    [Fact]
    public void The_key_of_an_annotation_s_default_exists() =>
        Assert.All(AnnotationCatalog.Declarations.Where(d => d.ConfigKey is not null), d => Assert.Contains(d.ConfigKey!, ConfigKeys.ByName.Keys));

    [Fact]
    public void Annotations_have_a_meaning_and_what_has_no_effect_has_a_reason() => Assert.All(AnnotationCatalog.Declarations, declared =>
    {
        Assert.EndsWith(".", declared.Doc, StringComparison.Ordinal);
        Assert.Equal(declared.Effect != AnnotationEffect.InEffect, declared.Because.Length > 0);
    });

    [Fact]
    public void Every_key_is_declared_with_its_default_and_no_other() => Assert.Equal(
        Rows("key").Select(r => (r[1], r[2])).Order(),
        ConfigKeys.All.Select(k => (k.Name, k.Default)).Order());

    [Fact]
    public void Keys_have_a_meaning_and_what_has_no_effect_has_a_reason() => Assert.All(ConfigKeys.All, key =>
    {
        Assert.EndsWith(".", key.Doc, StringComparison.Ordinal);
        Assert.Equal(key.Take is null, key.Remark.Length > 0);
    });

    [Fact]
    public async Task A_key_that_is_set_to_its_default_changes_nothing_and_is_not_talked_about()
    {
        var usual = await ShowAsync(new TestCluster().Config());
        foreach (var row in Rows("key").Where(r => r[2].Length > 0 && r[1] != "log-format-stream"))
        {
            var cluster = new TestCluster().Config((row[1], row[2]));
            Assert.Equal((row[1], usual), (row[1], await ShowAsync(cluster)));
            Assert.Empty(cluster.FindingsOf("ConfigMap", "config", "system"));
        }
    }

    [Fact]
    public void Every_flag_is_declared_with_its_default() => Assert.All(Rows("flag"), row =>
    {
        Assert.True(ServeFlags.TryFind(row[1], out var flag), row[1]);
        // What has no effect has no default either, and a default that is a text says what stands for nothing.
        if (flag.Effect != FlagEffect.Ignored)
        {
            Assert.Equal((row[1], flag.DefaultText is null && row[2] != "false" ? row[2] : ""), (row[1], flag.DefaultText is null ? flag.DefaultInHelp : ""));
        }
    });

    [Fact]
    public void Flags_have_a_meaning_and_what_has_no_effect_has_a_reason() => Assert.All(ServeFlags.All, flag =>
    {
        Assert.NotEmpty(flag.Doc);
        Assert.Equal((flag.Name, flag.Effect != FlagEffect.Implemented), (flag.Name, flag.Because.Length > 0));
    });

    private static string Word(InvalidValue invalid) => invalid switch
    {
        InvalidValue.DropsIngress => "drops",
        InvalidValue.ClosesLocation => "closes",
        InvalidValue.NotChecked => "unchecked",
        _ => "default",
    };

    private static async Task<string> ShowAsync(TestCluster cluster)
    {
        cluster.Add(TestCluster.Service("echo-a")).Add(TestCluster.Slice("echo-a", "10.0.0.1")).Add(TestCluster.IngressOf("i", [TestCluster.Rule("a.test")])).Apply();
        using var body = new MemoryStream();
        await ConfigurationPage.WriteAsync(new DefaultHttpContext { Response = { Body = body } }.Response, cluster.Model, CancellationToken.None);
        return Encoding.UTF8.GetString(body.ToArray());
    }

    private static string[][] ReadTable()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("ingress-nginx-1.15.tsv")!;
        using var reader = new StreamReader(stream);
        return [.. reader.ReadToEnd().Split('\n').Where(l => l.Length > 0 && l[0] != '#').Select(l => l.Split('\t').Select(c => c == "-" ? "" : c).ToArray())];
    }
}
