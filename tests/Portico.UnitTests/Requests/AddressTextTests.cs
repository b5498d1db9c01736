using System.Net;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Portico.Model;
using Portico.Proxy.Requests;
using Xunit;

namespace Portico.UnitTests.Requests;

public class AddressTextTests
{
    [Theory]
    [InlineData("1.2.3.4", "1.2.3.4", 0)]
    [InlineData("1.2.3.4:567", "1.2.3.4", 567)]
    [InlineData("::1", "::1", 0)]
    [InlineData("[::1]", "::1", 0)]
    [InlineData("[::1]:5", "::1", 5)]
    [InlineData("2001:db8::5", "2001:db8::5", 0)]
    [InlineData("2001:DB8:0:0:0:0:0:5", "2001:db8::5", 0)]
    [InlineData("::", "::", 0)]
    [InlineData("1::", "1::", 0)]
    [InlineData("::ffff:1.2.3.4", "1.2.3.4", 0)]
    [InlineData("64:ff9b::1.2.3.4", "64:ff9b::102:304", 0)]
    [InlineData("[2001:db8::1]:65535", "2001:db8::1", 65535)]
    public void An_address_is_read_with_or_without_a_port(string text, string address, int port)
    {
        Assert.True(AddressText.TryParseWithPort(Encoding.ASCII.GetBytes(text), out var parsed, out var parsedPort));
        Assert.Equal(ClientAddress.From(IPAddress.Parse(address)), parsed);
        Assert.Equal(port, parsedPort);
    }

    [Theory]
    [InlineData("")]
    [InlineData("garbage")]
    [InlineData("unknown")]
    [InlineData("1.2.3")]
    [InlineData("1.2.3.4.5")]
    [InlineData("1.2.3.256")]
    [InlineData("1.2.3.")]
    [InlineData("1..2.3")]
    [InlineData("0x7f.1.1.1")]
    [InlineData("1.2.3.4 ")]
    [InlineData("+1.2.3.4")]
    [InlineData("1.2.3.4:")]
    [InlineData("1.2.3.4:0")]
    [InlineData("1.2.3.4:65536")]
    [InlineData("1.2.3.4:x")]
    [InlineData("[1.2.3.4]")]
    [InlineData("[::1")]
    [InlineData("[::1]5")]
    [InlineData("[]")]
    [InlineData(":")]
    [InlineData(":::")]
    [InlineData(":1")]
    [InlineData("1:")]
    [InlineData("1:2:3:4:5:6:7")]
    [InlineData("1:2:3:4:5:6:7:8:9")]
    [InlineData("1::2::3")]
    [InlineData("1:2:3:4::5:6:7:8")]
    [InlineData("12345::")]
    [InlineData("fe80::1%eth0")]
    [InlineData("g::1")]
    [InlineData("::1.2.3.4:5")]
    public void What_is_no_address_is_refused(string text) =>
        Assert.False(AddressText.TryParseWithPort(Encoding.ASCII.GetBytes(text), out _, out _));

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("255.255.255.255")]
    [InlineData("10.0.200.7")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("1::")]
    [InlineData("2001:db8::1:0:0:1")]
    [InlineData("2001:db8:0:1:1:1:1:1")]
    [InlineData("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")]
    public void An_address_is_written_in_its_usual_form(string text) => Assert.Equal(text, Format(ClientAddress.From(IPAddress.Parse(text))));

    [Fact]
    public void What_is_written_is_read_again() => Prop.ForAll(Addresses(), address =>
    {
        var text = Format(address);
        return AddressText.TryParse(Encoding.ASCII.GetBytes(text), out var again) && again == address
            && IPAddress.Parse(text).Equals(address.ToIPAddress());
    }).QuickCheckThrowOnFailure();

    private static Arbitrary<ClientAddress> Addresses()
    {
        // Zero groups are common, so that the short form is met.
        var group = Gen.OneOf(Gen.Constant(0), Gen.Choose(0, 0xFFFF));
        var ipv6 = Gen.ArrayOf(group, 8).Select(groups => ClientAddress.FromBytes([.. groups.SelectMany(g => new[] { (byte)(g >> 8), (byte)g })]));
        var ipv4 = Gen.ArrayOf(Gen.Choose(0, 255), 4).Select(octets => ClientAddress.FromBytes([.. octets.Select(o => (byte)o)]));
        return Gen.OneOf(ipv4, ipv6).ToArbitrary();
    }

    private static string Format(ClientAddress address)
    {
        Span<byte> text = stackalloc byte[AddressText.LongestText];
        return Encoding.ASCII.GetString(text[..AddressText.Format(in address, text)]);
    }
}
