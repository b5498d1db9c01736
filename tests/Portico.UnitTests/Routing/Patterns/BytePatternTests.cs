using System.Text;
using Portico.Proxy.Routing.Patterns;
using Xunit;

namespace Portico.UnitTests.Routing.Patterns;

public class BytePatternTests
{
    [Theory]
    [InlineData("/foo", "/foobar", true)]
    [InlineData("/foo", "/FOO", true)]
    [InlineData("/foo", "/x/foo", false)]
    [InlineData("/id/[0-9]+", "/id/123a", true)]
    [InlineData("/id/[0-9]+$", "/id/12", true)]
    [InlineData("/id/[0-9]+$", "/id/12a", false)]
    [InlineData("/(api|rpc)/v[0-9]", "/rpc/v2/z", true)]
    [InlineData("/(api|rpc)/v[0-9]", "/app/v1", false)]
    [InlineData("/a.b", "/axb", true)]
    [InlineData("/foo/bar/[A-Z0-9]{3}", "/foo/bar/x1y", true)]
    [InlineData("/foo/bar/[A-Z0-9]{3}", "/foo/bar/x1", false)]
    [InlineData("/something(/|$)(.*)", "/something", true)]
    [InlineData("/something(/|$)(.*)", "/something/new", true)]
    [InlineData("/something(/|$)(.*)", "/somethingelse", false)]
    [InlineData("/\\d{2,3}/\\w+\\.html", "/123/a_b.html", true)]
    [InlineData("/\\/\\-\\_", "///-_", false)]
    [InlineData("\\/a\\-b", "/a-b", true)]
    [InlineData("/(?P<x>a)(?<y>b)(?'z'c)", "/abc", true)]
    [InlineData("/[[:alpha:]]+[[:^digit:]]$", "/abc", true)]
    [InlineData("/[]a]+$", "/]a]", true)]
    [InlineData("/[^]a]+$", "/]", false)]
    [InlineData("/[a\\-z]+$", "/-", true)]
    [InlineData("/[a-]+$", "/-a", true)]
    [InlineData("/[\\d-x]+$", "/5-x", true)]
    [InlineData("/\\Qa.b(\\E$", "/a.b(", true)]
    [InlineData("/\\x41\\x{42}\\0103\\t", "/AB\b3\t", true)]
    [InlineData("/a{,3}", "/a{,3}", true)]
    [InlineData("/a{x}", "/a{x}", true)]
    [InlineData("/a\\z", "/a", true)]
    [InlineData("/a$", "/a\n", true)]
    [InlineData("/a\\z", "/a\n", false)]
    [InlineData("/.", "/\n", false)]
    [InlineData("/(?s).", "/\n", true)]
    [InlineData("/(?-i)Foo", "/foo", false)]
    [InlineData("/(?-i:F)oo", "/FOO", true)]
    [InlineData("/(?x) f o o # comment", "/foo", true)]
    [InlineData("/(?#comment)foo", "/foo", true)]
    [InlineData("/\\bfoo\\b", "/foo-bar", true)]
    [InlineData("/foo\\b", "/foobar", false)]
    [InlineData("/\\h\\H\\s\\S\\D\\W\\N", "/ x\tyz. ", true)]
    [InlineData("/(a*)*b", "/aaab", true)]
    [InlineData("/()+b", "/b", true)]
    [InlineData("", "/anything", true)]
    public void A_pattern_takes_what_PCRE_would_take(string pattern, string input, bool matches) =>
        Assert.Equal(matches, Compile(pattern, PatternScope.FromStart, ignoreCase: true).IsMatch(Latin1(input)));

    [Fact]
    public void Only_the_first_choice_of_an_ungrouped_alternation_is_anchored()
    {
        var pattern = Compile("/a|/b", PatternScope.FromStart, ignoreCase: false);
        Assert.True(pattern.IsMatch("/a"u8));
        Assert.True(pattern.IsMatch("/x/b"u8));
        Assert.False(pattern.IsMatch("/x/a"u8));
    }

    [Fact]
    public void The_whole_input_is_wanted_of_every_choice()
    {
        var pattern = Compile("a|bc", PatternScope.Whole, ignoreCase: false);
        Assert.True(pattern.IsMatch("bc"u8));
        Assert.False(pattern.IsMatch("ab"u8));
        Assert.False(pattern.IsMatch("a\n"u8));
    }

    [Fact]
    public void Bytes_beyond_ASCII_are_neither_letters_nor_have_they_case()
    {
        Assert.True(Compile("/\u00E4$", PatternScope.FromStart, ignoreCase: true).IsMatch("/ä"u8));
        Assert.False(Compile("/\u00E4", PatternScope.FromStart, ignoreCase: true).IsMatch("/Ä"u8));
        Assert.False(Compile("/\\w", PatternScope.FromStart, ignoreCase: true).IsMatch("/ä"u8));
        Assert.True(Compile("/[\\x80-\\xff]{2}$", PatternScope.FromStart, ignoreCase: true).IsMatch("/ä"u8));
    }

    [Fact]
    public void Groups_are_reported_by_number_and_name()
    {
        var pattern = Compile("/v(?<ver>[0-9]+)/(x)?(?P<rest>.*)", PatternScope.Anywhere, ignoreCase: true);
        Assert.Equal([null, "ver", null, "rest"], pattern.GroupNames);
        var slots = new int[pattern.SlotCount];
        Assert.True(pattern.TryMatch("/api/V12/a/b"u8, slots));
        Assert.Equal([4, 12, 6, 8, -1, -1, 9, 12], slots);
    }

    [Fact]
    public void Each_round_of_an_outer_loop_needs_a_round_of_the_inner_one()
    {
        var pattern = Compile("(?:(?:((?:\\w){2}|(\\w))){1,2}){2,}", PatternScope.Anywhere, ignoreCase: false);
        var slots = new int[pattern.SlotCount];
        Assert.True(pattern.TryMatch("a_Ab"u8, slots));

        // As Perl and PCRE: "a_" and "A" are the first round, "b" is the second.
        Assert.Equal([0, 4, 3, 4, 3, 4], slots);
    }

    [Fact]
    public void The_match_of_an_anchored_pattern_begins_where_the_input_begins()
    {
        var pattern = Compile("/foo/(.*)", PatternScope.FromStart, ignoreCase: true);
        var slots = new int[pattern.SlotCount];
        Assert.True(pattern.TryMatch("/foo/bar"u8, slots));
        Assert.Equal([0, 8, 5, 8], slots);
        Assert.False(pattern.TryMatch("/fo"u8, slots));
    }

    [Theory]
    [InlineData("/(?=a)", "look-around")]
    [InlineData("/(?!api).*", "look-around")]
    [InlineData("/(?<!a)", "look-around")]
    [InlineData("/(?<=a)", "look-around")]
    [InlineData("/(?>a)", "atomic")]
    [InlineData("/a++", "possessive")]
    [InlineData("/a*+", "possessive")]
    [InlineData("/(a)\\1", "back-reference")]
    [InlineData("/(?<n>a)\\k<n>", "back-reference")]
    [InlineData("/(?P=n)", "back-reference")]
    [InlineData("/(?R)", "recursion")]
    [InlineData("/(?(1)a|b)", "conditional")]
    [InlineData("/(?|a|b)", "branch reset")]
    [InlineData("/(*UTF8)", "verb")]
    [InlineData("/\\K", "\\K")]
    [InlineData("/\\p{L}", "\\p")]
    [InlineData("/\\y", "\\y")]
    [InlineData("/\\x{100}", "\\x")]
    [InlineData("/(a", "without end")]
    [InlineData("/a)", "closing parenthesis")]
    [InlineData("/[a", "without end")]
    [InlineData("/[z-a]", "character class")]
    [InlineData("/[[:nope:]]", "character class")]
    [InlineData("*a", "nothing")]
    [InlineData("/a**", "quantifier")]
    [InlineData("/a{2}{3}", "quantifier")]
    [InlineData("/a{3,2}", "backwards")]
    [InlineData("/a{2000}", "1000")]
    [InlineData("/\\b+", "repeatable")]
    [InlineData("/(?i)*", "repeatable")]
    [InlineData("/a\\", "backslash")]
    [InlineData("/(?<1>a)", "group name")]
    [InlineData("/(?<a>a)(?<a>b)", "two groups")]
    [InlineData("/(?#a", "comment")]
    [InlineData("/(?y)", "unknown kind")]
    [InlineData("/(((a{200}){200}){200})", "too large")]
    public void What_cannot_run_in_linear_time_or_is_no_pattern_is_refused_with_its_cause(string text, string cause)
    {
        Assert.False(BytePattern.TryCompile(text, PatternScope.FromStart, ignoreCase: true, out _, out var error));
        Assert.Contains(cause, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Deep_nesting_is_refused_before_it_eats_the_stack() =>
        Assert.False(BytePattern.TryCompile(new string('(', 100_000), PatternScope.Anywhere, ignoreCase: false, out _, out _));

    [Fact]
    public void Matching_allocates_nothing()
    {
        var pattern = Compile("/team/service(/|$)(.*)/v[0-9]+$", PatternScope.FromStart, ignoreCase: true);
        var input = Latin1("/team/service/a/b/c/v15");
        Assert.True(pattern.IsMatch(input));
        Assert.Equal(0, Allocated.AtLeast(() => pattern.IsMatch(input)));
    }

    private static BytePattern Compile(string text, PatternScope scope, bool ignoreCase)
    {
        Assert.True(BytePattern.TryCompile(text, scope, ignoreCase, out var pattern, out var error), error);
        return pattern;
    }

    private static byte[] Latin1(string text) => Encoding.Latin1.GetBytes(text);
}
