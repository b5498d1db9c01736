using Portico.Kubernetes.Resources;
using Portico.Model;
using Xunit;
using static Portico.UnitTests.IngressTranslation.TestCluster;

namespace Portico.UnitTests.IngressTranslation;

public class AliasTests
{
    private readonly TestCluster _cluster = new();

    [Fact]
    public void Lists_are_split_and_sorted_without_repeats()
    {
        _cluster.Add(IngressOf("i", [Rule("h.test")], ("server-alias", "two.test, One.test ,, two.test,*.w.test,~^www\\d+\\.re\\.test$,.both.test,mail.*"))).Apply();
        Assert.Equal(
            [
                new HostAlias("*.w.test", HostAliasKind.Wildcard), new HostAlias("both.test", HostAliasKind.Exact), new HostAlias("*.both.test", HostAliasKind.Wildcard),
                new HostAlias("one.test", HostAliasKind.Exact), new HostAlias("^mail\\..+$", HostAliasKind.Regex), new HostAlias("two.test", HostAliasKind.Exact),
                new HostAlias("^www\\d+\\.re\\.test$", HostAliasKind.Regex),
            ],
            _cluster.Host("h.test").Aliases);
    }

    [Fact]
    public void An_alias_gives_way_to_a_host_and_comes_back_when_the_host_goes()
    {
        _cluster.Add(IngressOf("a", [Rule("first.test")], ("server-alias", "second.test,third.test,first.test"))).Apply();
        Assert.Equal(2, _cluster.Host("first.test").Aliases.Length);

        var other = IngressOf("b", [Rule("second.test")]);
        _cluster.Add(other).Apply();
        Assert.Equal([new HostAlias("third.test", HostAliasKind.Exact)], _cluster.Host("first.test").Aliases);
        Assert.Contains(_cluster.FindingsOf("Ingress", "a"), f => f.Reason == "AliasTaken");

        _cluster.Delete(other).Apply();
        Assert.Equal(2, _cluster.Host("first.test").Aliases.Length);
        Assert.Empty(_cluster.FindingsOf("Ingress", "a"));
    }

    [Fact]
    public void Of_two_claimants_the_first_host_by_name_has_the_alias()
    {
        var first = IngressOf("x", [Rule("a.test")], ("server-alias", "shared.test"));
        _cluster.Add(IngressOf("y", [Rule("b.test")], ("server-alias", "shared.test"))).Apply();
        Assert.Single(_cluster.Host("b.test").Aliases);
        _cluster.Add(first).Apply();
        Assert.Empty(_cluster.Host("b.test").Aliases);
        Assert.Single(_cluster.Host("a.test").Aliases);
        _cluster.Delete(first).Apply();
        Assert.Single(_cluster.Host("b.test").Aliases);
    }

    [Fact]
    public void The_first_Ingress_with_a_list_decides_and_later_lists_are_ignored()
    {
        _cluster.Add(Aged(IngressOf("a", [Rule("h.test", Path("/a"))]), 0));
        _cluster.Add(Aged(IngressOf("b", [Rule("h.test", Path("/b"))], ("server-alias", "one.test")), 1));
        _cluster.Add(Aged(IngressOf("c", [Rule("h.test", Path("/c"))], ("server-alias", "two.test")), 2)).Apply();
        Assert.Equal([new HostAlias("one.test", HostAliasKind.Exact)], _cluster.Host("h.test").Aliases);
    }

    [Fact]
    public void An_alias_counts_as_a_TLS_host_only_when_the_certificate_covers_it()
    {
        var secret = TlsSecret("tls", ["h.test", "*.covered.test"]);
        _cluster.Add(secret).Add(WithTls(
            IngressOf("i", [Rule("h.test")], ("server-alias", "a.covered.test,other.test")),
            new IngressTls { Hosts = ["h.test"], SecretName = "tls" })).Apply();
        Assert.Equal(["a.covered.test", "h.test"], _cluster.Certificates.ByServerName.Keys.Order());
    }
}
