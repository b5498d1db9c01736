using Portico.LoadBalancer.Allocation;
using Xunit;

namespace Portico.UnitTests.LoadBalancer;

public class AddressRangeTests
{
    [Theory]
    [InlineData("192.0.2.0/24", "192.0.2.0", "192.0.2.255", 256)]
    [InlineData("192.0.2.77/30", "192.0.2.76", "192.0.2.79", 4)]
    [InlineData("192.0.2.10-192.0.2.50", "192.0.2.10", "192.0.2.50", 41)]
    [InlineData("192.0.2.10 - 192.0.2.10", "192.0.2.10", "192.0.2.10", 1)]
    [InlineData("2001:db8::/120", "2001:db8::", "2001:db8::ff", 256)]
    [InlineData("2001:db8::5-2001:db8::6", "2001:db8::5", "2001:db8::6", 2)]
    [InlineData("0.0.0.0/0", "0.0.0.0", "255.255.255.255", 4294967296)]
    public void A_network_or_a_range_has_a_first_and_a_last_address(string text, string first, string last, long count)
    {
        var range = AddressRange.TryParse(text, out var problem);

        Assert.Equal(("", first, last), (problem, range!.Value.First.ToString(), range.Value.Last.ToString()));
        Assert.Equal((UInt128)(ulong)count, range.Value.Count(avoidBuggy: false));
    }

    [Theory]
    [InlineData("")]
    [InlineData("192.0.2.1")]
    [InlineData("192.0.2.1/33")]
    [InlineData("192.0.2.1/-1")]
    [InlineData("192.0.2.1/+1")]
    [InlineData("192.0.02.1/24")]
    [InlineData("192.0.2/24")]
    [InlineData("192.0.2.9-192.0.2.8")]
    [InlineData("192.0.2.9-2001:db8::1")]
    [InlineData("192.0.2.9-")]
    [InlineData("::ffff:192.0.2.1/120")]
    [InlineData("fe80::1%eth0/64")]
    [InlineData("2001:db8::/129")]
    [InlineData("a-b-c")]
    public void Anything_else_is_refused_with_the_text_in_the_message(string text)
    {
        Assert.Null(AddressRange.TryParse(text, out var problem));
        Assert.Contains($"'{text}'", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10.0.0.0/24", 254)]
    [InlineData("10.0.0.1-10.0.0.254", 254)]
    [InlineData("10.0.0.255-10.0.1.0", 0)]
    [InlineData("10.0.0.0/23", 508)]
    [InlineData("10.0.0.200-10.0.3.7", 570)]
    public void Buggy_addresses_are_not_counted_where_they_are_avoided(string text, int count)
    {
        var range = AddressRange.TryParse(text, out _)!.Value;
        var slow = 0;
        for (var value = range.First.Value; value <= range.Last.Value; value++)
        {
            slow += (byte)value is 0 or 255 ? 0 : 1;
        }

        Assert.Equal((count, count), ((int)range.Count(avoidBuggy: true), slow));
    }

    [Fact]
    public void All_of_IPv6_is_a_range_as_well()
    {
        var all = AddressRange.TryParse("::/0", out _)!.Value;

        Assert.True(all.Contains(new Address(true, UInt128.MaxValue)));
        Assert.False(all.Contains(new Address(false, 1)));
        Assert.Equal(UInt128.MaxValue, all.Count(avoidBuggy: false));
    }
}
