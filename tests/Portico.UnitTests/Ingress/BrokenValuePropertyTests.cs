using FsCheck;
using FsCheck.Fluent;
using Portico.Ingress.Annotations;
using Portico.Ingress.Configuration;
using Portico.Model;
using Portico.Proxy.Balancing;
using Portico.Proxy.Routing;
using Xunit;
using static Portico.UnitTests.IngressTranslation.TestCluster;

namespace Portico.UnitTests.IngressTranslation;

/// <summary>
/// Whatever stands in an annotation or a key of the ConfigMap, nothing is thrown on the way from the objects to the compiled table, and an
/// annotation of one Ingress changes nothing for the hosts of another.
/// </summary>
public class BrokenValuePropertyTests
{
    /// <summary>What people write, what they write wrong, and what nobody should.</summary>
    private static readonly string[] Values =
    [
        "", " ", "\n", "\0", "true", "TRUE", "yes", "off", "on", "0", "-1", "1", "3", "5", "99999999999999999999", "2147483648", "1.5", "0x10", "NaN", "1k", "8m", "0m", "-1m",
        "1 k", "10b", "5s", "1h", "4 8k", "65535 99999g", "$", "$host", "${", "${host", "$nosuch", "$1", "/", "/x", "//", "/../..", "/$1", "(", "[", "a{99999}", "(a*)*$", "\\",
        "(?<x>a)\\k<x>", "*", "*.test", "~^a", "~*(", "http://", "http://auth.test/x", "https://[::1", "http://a b/", "ftp://x", "10.0.0.0/8", "10.0.0.0/99", "::/0", "300.1.1.1",
        "10.0.0.1,,x", "default/secret", "other/secret", "secret", "default/", "/secret", "a/b/c", "error timeout", "non_idempotent", "http_999", "200 5m, 404", "5m 5m", "200 202 401 5m",
        "HTTP", "GRPCS", "AUTO_HTTP", "fcgi", "cookie", "balanced", "ewma", "Strict", "close", "X-A,X-B", "X A: b", "a\r\nSet-Cookie: b", "é✓", "\ud800", "critical", "500,foo,599,1000", "301",
    ];

    private static readonly Gen<string> Text = Gen.OneOf(
        Gen.Elements(Values),
        Gen.Elements(Values).Two().Select(pair => pair.Item1 + pair.Item2),
        Gen.Elements(Values).Two().Select(pair => pair.Item1 + "," + pair.Item2),
        ArbMap.Default.GeneratorFor<string>().Select(text => text ?? ""));

    private static readonly Gen<(string Name, string Value)> Annotation = Gen.Zip(
        Gen.Elements(AnnotationCatalog.Declarations.Select(d => d.Name).ToArray()), Text).Select(pair => (pair.Item1, pair.Item2));

    private static readonly Gen<(string Key, string Value)> Key = Gen.Zip(
        Gen.Elements(ConfigKeys.All.Select(k => k.Name).ToArray()), Text).Select(pair => (pair.Item1, pair.Item2));

    [Fact]
    public void No_annotation_throws_or_touches_the_host_of_another_Ingress() =>
        Prop.ForAll(Annotation.ArrayOf().Select(Distinct).ToArbitrary(), annotations =>
        {
            var cluster = new TestCluster();
            cluster.Add(Service("echo-a")).Add(Slice("echo-a", "10.0.0.1")).Add(Service("echo-b")).Add(Slice("echo-b", "10.0.0.2"));
            cluster.Add(IngressOf("well", [Rule("well.test", Path("/"), Path("/api", service: "echo-b"))], ("enable-cors", "true"), ("limit-rps", "5")));
            cluster.Apply();
            var before = cluster.Route("well.test", "/");
            var beforeApi = cluster.Route("well.test", "/api");

            cluster.Add(IngressOf("broken", [Rule("broken.test", Path("/"), Path("/x", "ImplementationSpecific"))], annotations)).Apply();
            var table = RoutingTable.Compile(cluster.Model, null, new BackendRegistry(1));

            // A server-alias may name any host that is free, and never this one: it is taken.
            return ReferenceEquals(before, cluster.Route("well.test", "/"))
                && ReferenceEquals(beforeApi, cluster.Route("well.test", "/api"))
                && table.Listeners.Length > 0;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(600));

    [Fact]
    public void Each_annotation_takes_each_value_without_throwing()
    {
        foreach (var declaration in AnnotationCatalog.Declarations)
        {
            var cluster = new TestCluster();
            cluster.Add(Service("echo-a")).Add(Slice("echo-a", "10.0.0.1"));
            for (var i = 0; i < Values.Length; i++)
            {
                cluster.Add(IngressOf($"i{i}", [Rule($"h{i}.test")], (declaration.Name, Values[i])));
            }

            cluster.Apply();
            RoutingTable.Compile(cluster.Model, null, new BackendRegistry(1));
        }
    }

    [Fact]
    public void No_key_of_the_ConfigMap_throws()
    {
        Prop.ForAll(Key.ArrayOf().Select(Distinct).ToArbitrary(), keys => Serves(keys)).Check(Config.QuickThrowOnFailure.WithMaxTest(300));
        foreach (var key in ConfigKeys.All)
        {
            Assert.All(Values, value => Assert.True(Serves([(key.Name, value)])));
        }
    }

    private static bool Serves((string Key, string Value)[] keys)
    {
        var cluster = new TestCluster();
        cluster.Config(keys);
        cluster.Add(Service("echo-a")).Add(Slice("echo-a", "10.0.0.1")).Add(IngressOf("i", [Rule("a.test")])).Apply();
        return RoutingTable.Compile(cluster.Model, null, new BackendRegistry(1)).Listeners.Length > 0;
    }

    private static (string, string)[] Distinct((string Name, string Value)[] pairs) => [.. pairs.DistinctBy(p => p.Name)];
}
