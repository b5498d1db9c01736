using Portico.Model;
using Portico.Proxy.Balancing;
using Portico.Proxy.Routing;
using Xunit;

namespace Portico.UnitTests.Routing;

public class HostMatchingTests
{
    [Theory]
    [InlineData("a.test", "a.test")]
    [InlineData("b.test", "_")]
    [InlineData("x.w.test", "x.w.test")]
    [InlineData("a.w.test", "*.w.test")]
    [InlineData("a-b_9.w.test", "*.w.test")]
    [InlineData("w.test", "_")]
    [InlineData(".w.test", "_")]
    [InlineData("a.b.w.test", "*.b.w.test")]
    [InlineData("b.w.test", "*.w.test")]
    [InlineData("a.c.w.test", "_")]
    [InlineData("a~b.w.test", "_")]
    [InlineData("[::1]", "_")]
    [InlineData("", "_")]
    public void Exact_beats_wildcard_beats_any_and_a_wildcard_stands_for_one_label(string host, string server)
    {
        var table = Compile(Models.Host("a.test"), Models.Host("*.w.test"), Models.Host("x.w.test"), Models.Host("*.b.w.test"), Models.Host("_"));
        Assert.Equal(server, table.Find(host)?.Model.Name);
    }

    [Theory]
    [InlineData("a.g.test", "*.g.test")]
    [InlineData("a.b.g.test", "*.g.test")]
    [InlineData("g.test", null)]
    [InlineData(".g.test", null)]
    [InlineData("a.sub.g.test", "*.sub.g.test")]
    [InlineData("a.b.sub.g.test", "*.sub.g.test")]
    [InlineData("sub.g.test", "*.g.test")]
    public void A_wildcard_of_any_reach_takes_more_labels_and_the_longest_wins(string host, string? server)
    {
        var table = Compile(
            Models.Host("*.g.test") with { WildcardReach = WildcardReach.AnyLabels },
            Models.Host("*.sub.g.test") with { WildcardReach = WildcardReach.AnyLabels });
        Assert.Equal(server, table.Find(host)?.Model.Name);
    }

    [Theory]
    [InlineData("main.test", "main.test")]
    [InlineData("alias.test", "main.test")]
    [InlineData("a.b.star.test", "main.test")]
    [InlineData("www12.re.test", "main.test")]
    [InlineData("www.re.test", null)]
    [InlineData("other.test", "other.test")]
    public void Aliases_lead_to_their_host_but_never_take_a_name_of_another(string host, string? server)
    {
        var main = Models.Host("main.test") with
        {
            Aliases =
            [
                new HostAlias("Alias.test", HostAliasKind.Exact),
                new HostAlias("other.test", HostAliasKind.Exact),
                new HostAlias("*.star.test", HostAliasKind.Wildcard),
                new HostAlias("^www\\d+\\.re\\.test$", HostAliasKind.Regex),
            ],
        };
        Assert.Equal(server, Compile(main, Models.Host("other.test")).Find(host)?.Model.Name);
    }

    [Fact]
    public void Wildcards_of_one_label_beat_those_of_several_and_both_beat_patterns()
    {
        var table = Compile(
            Models.Host("*.w.test"),
            Models.Host("main.test") with { Aliases = [new HostAlias("*.w.test", HostAliasKind.Wildcard)] },
            Models.Host("re.test") with { Aliases = [new HostAlias("w", HostAliasKind.Regex)] });
        Assert.Equal("*.w.test", table.Find("a.w.test")?.Model.Name);
        Assert.Equal("main.test", table.Find("a.b.w.test")?.Model.Name);
        Assert.Equal("re.test", table.Find("w.test")?.Model.Name);
    }

    [Fact]
    public void An_alias_that_cannot_be_used_is_a_problem_and_left_out()
    {
        var table = Compile(Models.Host("main.test") with
        {
            Aliases = [new HostAlias("(?=a)", HostAliasKind.Regex), new HostAlias("mail.*", HostAliasKind.Wildcard)],
        });
        Assert.Equal("main.test", table.Find("main.test")?.Model.Name);
        Assert.Equal([RoutingProblem.BadHostName, RoutingProblem.BadHostName], table.Problems.Select(problem => problem.Reason));
        Assert.Contains("look-around", table.Problems[0].Message, StringComparison.Ordinal);
        Assert.Contains("mail.*", table.Problems[1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_catch_all_host_an_unknown_name_finds_nothing() => Assert.Null(Compile(Models.Host("a.test")).Find("b.test"));

    [Fact]
    public void Every_one_of_many_hosts_is_found()
    {
        var table = Compile([.. Enumerable.Range(0, 3000).Select(i => Models.Host($"host{i}.test"))]);
        Assert.All(Enumerable.Range(0, 3000), i => Assert.Equal($"host{i}.test", table.Find($"host{i}.test")?.Model.Name));
        Assert.Null(table.Find("host3000.test"));
    }

    private static RoutingTable Compile(params VirtualHost[] hosts) =>
        RoutingTable.Compile(Models.Gateway(hosts), null, new BackendRegistry(1));
}
