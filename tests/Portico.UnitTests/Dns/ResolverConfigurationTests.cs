using System.Net;
using Portico.Net.Dns;
using Xunit;

namespace Portico.UnitTests.Dns;

public class ResolverConfigurationTests
{
    [Fact]
    public void A_pods_file_is_read()
    {
        var configuration = ResolverConfiguration.Parse(
            "# made by kubelet\nsearch shop.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\nnameserver fd00::10\noptions ndots:5 timeout:2 attempts:3 rotate edns0\n");
        Assert.Equal([IPAddress.Parse("10.96.0.10"), IPAddress.Parse("fd00::10")], configuration.NameServers);
        Assert.Equal(["shop.svc.cluster.local", "svc.cluster.local", "cluster.local"], configuration.Search);
        Assert.Equal((5, TimeSpan.FromSeconds(2), 3, true), (configuration.Dots, configuration.Timeout, configuration.Attempts, configuration.Rotate));
    }

    [Fact]
    public void An_empty_file_means_this_machine_and_glibcs_defaults()
    {
        var configuration = ResolverConfiguration.Parse("");
        Assert.Equal([IPAddress.Loopback], configuration.NameServers);
        Assert.Equal((1, TimeSpan.FromSeconds(5), 2, false), (configuration.Dots, configuration.Timeout, configuration.Attempts, configuration.Rotate));
    }

    [Fact]
    public void Nonsense_is_skipped_and_numbers_are_limited()
    {
        var configuration = ResolverConfiguration.Parse(
            ";x\r\nnameserver\nnameserver not-an-address\nnameserver 10.0.0.1\r\nnameserver 10.0.0.2\nnameserver 10.0.0.3\nnameserver 10.0.0.4\noptions ndots:99 timeout:0 attempts:1000\noptions ndots: timeout:x\ndomain a.test\nsearch\nsearch b.test c.test\n");
        Assert.Equal(3, configuration.NameServers.Length);
        Assert.Equal((15, TimeSpan.FromSeconds(1), 5), (configuration.Dots, configuration.Timeout, configuration.Attempts));
        Assert.Equal(["b.test", "c.test"], configuration.Search);
    }

    [Theory]
    [InlineData("web", 1, "web.a.test. web.b.test. web.")]
    [InlineData("web.shop", 1, "web.shop. web.shop.a.test. web.shop.b.test.")]
    [InlineData("web.shop", 2, "web.shop.a.test. web.shop.b.test. web.shop.")]
    [InlineData("web.shop.", 5, "web.shop.")]
    [InlineData("web", 0, "web. web.a.test. web.b.test.")]
    [InlineData("not a name", 1, "")]
    [InlineData(".", 1, "")]
    public void The_search_list_goes_before_or_behind_by_the_number_of_dots(string name, int dots, string expected)
    {
        var configuration = ResolverConfiguration.Parse($"search a.test b.test. not..good\noptions ndots:{dots}");
        Assert.Equal(expected, string.Join(' ', configuration.Candidates(name)));
    }

    [Fact]
    public void The_hosts_file_is_read()
    {
        var hosts = HostsFile.Parse("127.0.0.1 localhost\n::1 localhost ip6-localhost # comment\nbad line\n10.0.0.9\tWEB.test web\r\n#10.0.0.8 web\n10.0.0.9 web\n");
        Assert.Equal(["127.0.0.1", "::1"], Find("localhost"));
        Assert.Equal(["10.0.0.9"], Find("web.TEST"));
        Assert.Equal(["10.0.0.9"], Find("web"));
        Assert.Empty(Find("comment"));

        IEnumerable<string> Find(string text) => hosts.Find(DnsName.TryParse(text, out var name) ? name : default).Select(address => address.ToString());
    }
}
