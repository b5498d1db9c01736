using Portico.Cli;
using Portico.LoadBalancer.Controlling;
using Xunit;

namespace Portico.UnitTests.LoadBalancer;

public class FlagPoolTests
{
    [Fact]
    public void A_pool_is_a_name_and_ranges_of_both_families()
    {
        var pool = Assert.Single(FlagPool.ParseAll(["main=192.0.2.10-192.0.2.50, 2001:db8::/120"]));
        Assert.Equal("main", pool.Metadata.Name);
        Assert.Equal(["192.0.2.10-192.0.2.50", "2001:db8::/120"], pool.Addresses);
    }

    [Theory]
    [InlineData("--pool: 'main' is no pool", "main")]
    [InlineData("--pool: '=192.0.2.1/32' is no pool", "=192.0.2.1/32")]
    [InlineData("--pool: pool main: addresses: '192.0.2.1' is neither a CIDR", "main=192.0.2.1")]
    [InlineData("--pool: pool main: addresses: '192.0.2.9-192.0.2.1' ends before it begins", "main=192.0.2.9-192.0.2.1")]
    [InlineData("--pool: pool b: addresses: 192.0.2.8-192.0.2.15 overlaps", "a=192.0.2.0/28", "b=192.0.2.8/29")]
    [InlineData("--pool: pool a: there is another pool of this name", "a=192.0.2.0/28", "a=192.0.3.8/29")]
    public async Task A_flag_that_cannot_be_used_ends_the_program_with_its_name(string message, params string[] flags)
    {
        Assert.StartsWith(message, Assert.Throws<FormatException>(() => FlagPool.ParseAll(flags)).Message, StringComparison.Ordinal);

        string[] arguments = ["loadbalancer", "--once", "--manifests", AppContext.BaseDirectory, .. flags.SelectMany(f => (string[])["--pool", f])];
        Assert.Equal(ExitCode.Usage, await CommandLine.RunAsync(arguments));
    }

    [Fact]
    public async Task Once_needs_manifests()
    {
        Assert.Equal(ExitCode.Usage, await CommandLine.RunAsync(["loadbalancer", "--once"]));
    }
}
