using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Portico.Proxy.Routing;
using Portico.TestKit.SecondParsers;
using Xunit;

namespace Portico.UnitTests.Routing;

public class NormalizedPathTests
{
    [Theory]
    [InlineData("/", "/")]
    [InlineData("", "/")]
    [InlineData("/foo", "/foo")]
    [InlineData("/foo/", "/foo/")]
    [InlineData("/Foo", "/Foo")]
    [InlineData("/foo.bar/a..b", "/foo.bar/a..b")]
    [InlineData("//", "/")]
    [InlineData("//foo///bar//", "/foo/bar/")]
    [InlineData("/.", "/")]
    [InlineData("/./", "/")]
    [InlineData("/foo/.", "/foo/")]
    [InlineData("/foo/./bar", "/foo/bar")]
    [InlineData("/foo/..", "/")]
    [InlineData("/foo/../", "/")]
    [InlineData("/foo/../bar", "/bar")]
    [InlineData("/foo/bar/..", "/foo/")]
    [InlineData("/foo/bar/../..", "/")]
    [InlineData("/foo//../bar", "/bar")]
    [InlineData("/foo/.../bar", "/foo/.../bar")]
    [InlineData("/foo/..bar", "/foo/..bar")]
    [InlineData("/foo/.bar", "/foo/.bar")]
    [InlineData("/foo/bar..", "/foo/bar..")]
    public void Slashes_are_merged_and_dot_segments_resolved(string raw, string path) => Assert.Equal(path, Normalize(raw));

    [Theory]
    [InlineData("/foo%2Fbar", "/foo/bar")]
    [InlineData("/%66oo", "/foo")]
    [InlineData("/a%20b", "/a b")]
    [InlineData("/%2e%2e%2fx", null)]
    [InlineData("/foo/%2e%2E/bar", "/bar")]
    [InlineData("/foo/.%2e/bar", "/bar")]
    [InlineData("/foo/%2e/bar", "/foo/bar")]
    [InlineData("/foo%2f%2f/bar", "/foo/bar")]
    [InlineData("/foo%2f..%2fbar", "/bar")]
    [InlineData("/%252e%252e/x", "/%2e%2e/x")]
    [InlineData("/a%3Fb", "/a?b")]
    [InlineData("/a%23b", "/a#b")]
    [InlineData("/a%25", "/a%")]
    [InlineData("/%0a", "/\n")]
    [InlineData("/%C3%A4", "/\u00C3\u00A4")]
    [InlineData("/a+b", "/a+b")]
    public void Escapes_are_decoded_once_and_escaped_slashes_and_dots_count(string raw, string? path) => Assert.Equal(path, Normalize(raw));

    [Theory]
    [InlineData("/..")]
    [InlineData("/../")]
    [InlineData("/../x")]
    [InlineData("/foo/../../x")]
    [InlineData("/./..")]
    [InlineData("//..")]
    [InlineData("/%zz")]
    [InlineData("/%")]
    [InlineData("/%4")]
    [InlineData("/%g0")]
    [InlineData("/%0g")]
    [InlineData("/a%00b")]
    [InlineData("*")]
    [InlineData("foo")]
    [InlineData("%2Ffoo")]
    [InlineData("#x")]
    public void What_leaves_the_root_or_holds_a_bad_escape_is_refused(string raw) => Assert.Null(Normalize(raw));

    [Theory]
    [InlineData("/foo#bar", "/foo")]
    [InlineData("/foo/..#bar", "/")]
    [InlineData("/foo#%zz", "/foo")]
    [InlineData("/foo?bar", "/foo")]
    [InlineData("?bar", "/")]
    public void The_path_ends_at_a_fragment_or_query(string raw, string path) => Assert.Equal(path, Normalize(raw));

    [Fact]
    public void A_path_that_is_normal_already_is_not_copied()
    {
        Assert.Equal(PathForm.AsSent, NormalizedPath.Normalize("/foo/bar.html#x"u8, default, out var length));
        Assert.Equal("/foo/bar.html".Length, length);
    }

    [Fact]
    public void The_single_pass_agrees_with_splitting_and_stacking()
    {
        var piece = Gen.Elements("/", "/", "//", ".", "..", "/..", "/.", "a", "bc", "%2e", "%2E", "%2f", "%41", "%25", "%3f", "%00", "%", "%zz", "#", "+", "\u00E4");
        var raw = Gen.ListOf(piece).Select(pieces => "/" + string.Concat(pieces)).ToArbitrary();
        Prop.ForAll(raw, text => Normalize(text) == SlowPath.Normalize(text))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }

    private static string? Normalize(string raw)
    {
        var bytes = Encoding.Latin1.GetBytes(raw);
        return NormalizedPath.TryNormalize(bytes, new byte[Math.Max(1, bytes.Length)], out var path) ? Encoding.Latin1.GetString(path) : null;
    }
}
