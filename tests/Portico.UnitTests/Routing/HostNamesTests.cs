using System.Text;
using Portico.Proxy.Routing;
using Xunit;

namespace Portico.UnitTests.Routing;

public class HostNamesTests
{
    [Theory]
    [InlineData("example.com", "example.com")]
    [InlineData("EXAMPLE.Com", "example.com")]
    [InlineData("example.com:80", "example.com")]
    [InlineData("Example.COM:8443", "example.com")]
    [InlineData("example.com:", "example.com")]
    [InlineData("example.com.", "example.com")]
    [InlineData("example.com.:80", "example.com")]
    [InlineData("localhost", "localhost")]
    [InlineData("a_b.test", "a_b.test")]
    [InlineData("1.2.3.4:80", "1.2.3.4")]
    [InlineData("[::1]", "[::1]")]
    [InlineData("[2001:DB8::1]:443", "[2001:db8::1]")]
    [InlineData("[::ffff:1.2.3.4]", "[::ffff:1.2.3.4]")]
    [InlineData(".example.com", ".example.com")]
    public void Case_port_and_one_trailing_dot_do_not_matter(string text, string host) => Assert.Equal(host, Normalize(text));

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData(":80")]
    [InlineData("example.com..")]
    [InlineData("a..b")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData("a@b")]
    [InlineData("a\u0000b")]
    [InlineData("a\tb")]
    [InlineData("a\u007F")]
    [InlineData("\u00E4.test")]
    [InlineData("a\"b")]
    [InlineData("<a>")]
    [InlineData("a:b")]
    [InlineData("a:80:80")]
    [InlineData("a:-1")]
    [InlineData("[]")]
    [InlineData("[::1")]
    [InlineData("[::1]x")]
    [InlineData("[::1]:x")]
    [InlineData("[a.test]")]
    [InlineData("a[::1]")]
    [InlineData("::1")]
    public void What_is_no_host_is_refused(string text) => Assert.Null(Normalize(text));

    [Fact]
    public void A_host_in_lower_case_is_not_copied()
    {
        var text = "example.com:80"u8;
        Assert.True(HostNames.TryNormalize(text, default, out var host));
        Assert.True(host.SequenceEqual("example.com"u8));
    }

    private static string? Normalize(string text)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        return HostNames.TryNormalize(bytes, new byte[bytes.Length], out var host) ? Encoding.Latin1.GetString(host) : null;
    }
}
