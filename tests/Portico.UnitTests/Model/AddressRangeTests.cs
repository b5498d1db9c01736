using System.Net;
using Portico.Model;
using Xunit;

namespace Portico.UnitTests.Model;

public class AddressRangeTests
{
    [Theory]
    [InlineData("10.0.0.0/8", "10.255.1.2", true)]
    [InlineData("10.1.2.3/8", "10.9.9.9", true)]
    [InlineData("10.0.0.0/8", "11.0.0.1", false)]
    [InlineData("0.0.0.0/0", "1.2.3.4", true)]
    [InlineData("0.0.0.0/0", "::1", false)]
    [InlineData("2.2.2.2", "2.2.2.2", true)]
    [InlineData("2001:db8::/32", "2001:db8:1::5", true)]
    [InlineData("2001:db8::/32", "2001:db9::5", false)]
    [InlineData("10.0.0.0/8", "::ffff:10.1.1.1", true)]
    public void A_block_contains_exactly_the_addresses_that_share_its_prefix(string block, string address, bool inside) =>
        Assert.Equal(inside, AddressRange.Parse(block).Contains(ClientAddress.From(IPAddress.Parse(address))));

    [Theory]
    [InlineData("")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.0/-1")]
    [InlineData("10.0.0.0/")]
    [InlineData("host/8")]
    [InlineData("127.1")]
    [InlineData("127.000.0.1")]
    [InlineData("0x7f.0.0.1")]
    [InlineData("2130706433")]
    [InlineData("[::1]")]
    [InlineData("[::1]:80")]
    [InlineData("fe80::1%eth0")]
    public void What_is_no_block_is_refused(string text) => Assert.False(AddressRange.TryParse(text, out _));
}
