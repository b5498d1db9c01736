using System.Globalization;
using Xunit;

namespace Portico.NetworkTests;

/// <summary>What others do to elements of our tables is seen, whatever kind of set they are in.</summary>
public sealed class ComparisonTests(OneNode net) : IClassFixture<OneNode>
{
    [Fact]
    public void One_element_of_each_set_that_goes_or_is_another_one_is_noticed_and_mended()
    {
        using var program = net.StartLive(WritingTests.Everything);
        var before = WritingTests.Table(net, "ip") + WritingTests.Table(net, "ip6");
        var (four, six) = (FirstElements("ip"), FirstElements("ip6"));
        File.WriteAllLines(
            net.FileNamed("broken.nft"),
            [
                .. four.Select(e => $"delete element ip portico {e.Set} {{ {e.Element} }}"),
                .. six.Select(e => $"delete element ip6 portico {e.Set} {{ {e.Element} }}"),
                "add element ip portico cluster-ips { 10.96.9.9 }",
                "delete element ip6 portico service-ways { fd00:96::11 . udp . 53 }",
                "add element ip6 portico service-ways { fd00:96::11 . udp . 53 : 0x80001234 }",
            ]);
        Assert.Equal((0, ""), net.Nft("-f", net.FileNamed("broken.nft")));
        program.WaitFor(string.Create(CultureInfo.InvariantCulture, $"the IPv4 table was written again: {four.Length + 1} element(s) were not as they should be"));
        program.WaitFor(string.Create(CultureInfo.InvariantCulture, $"the IPv6 table was written again: {six.Length + 1} element(s) were not as they should be"));
        Assert.Equal(before, WritingTests.Table(net, "ip") + WritingTests.Table(net, "ip6"));
    }

    /// <summary>One of each set, as nft lists them.</summary>
    private (string Set, string Element)[] FirstElements(string family)
    {
        var parts = WritingTests.Table(net, family).Split("elements = { ");
        return [.. parts.Zip(parts.Skip(1), (before, after) => (SetAtTheEndOf(before), after[..after.IndexOfAny([',', '}'])].Trim()))];
    }

    private static string SetAtTheEndOf(string listed) => listed[..listed.LastIndexOf(" {", StringComparison.Ordinal)].Split(' ')[^1];
}
