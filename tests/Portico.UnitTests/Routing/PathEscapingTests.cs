using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Portico.Proxy.Routing;
using Xunit;

namespace Portico.UnitTests.Routing;

public class PathEscapingTests
{
    [Theory]
    [InlineData("/foo/bar", "/foo/bar")]
    [InlineData("/a b", "/a%20b")]
    [InlineData("/#%?", "/%23%25%3F")]
    [InlineData("/\"<>\\^`{|}", "/%22%3C%3E%5C%5E%60%7B%7C%7D")]
    [InlineData("/\u0001\u001F\u007F", "/%01%1F%7F")]
    [InlineData("/\u00C3\u00A4", "/%C3%A4")]
    [InlineData("/+&=;,@:", "/+&=;,@:")]
    [InlineData("/!$'()*-._~[]", "/!$'()*-._~[]")]
    [InlineData("", "")]
    public void A_rewritten_path_is_escaped_as_nginx_does(string path, string escaped) => Assert.Equal(escaped, Escape(path));

    [Fact]
    public void An_escaped_path_decodes_to_what_it_was() =>
        Prop.ForAll<byte[]>(bytes => Encoding.Latin1.GetString(bytes) is var path
            && DecodeAll(Escape(path)) == path).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    private static string DecodeAll(string text)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        return Encoding.Latin1.GetString(bytes, 0, PercentEncoding.Decode(bytes, bytes));
    }

    private static string Escape(string path)
    {
        var bytes = Encoding.Latin1.GetBytes(path);
        var escaped = new byte[PathEscaping.EscapedLength(bytes)];
        Assert.Equal(escaped.Length, PathEscaping.Escape(bytes, escaped));
        Assert.Equal(escaped.Length != bytes.Length, PathEscaping.NeedsEscaping(bytes));
        return Encoding.Latin1.GetString(escaped);
    }
}
