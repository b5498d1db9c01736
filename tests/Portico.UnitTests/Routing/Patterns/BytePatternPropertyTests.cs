using System.Text;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Portico.Proxy.Routing.Patterns;
using Xunit;

namespace Portico.UnitTests.Routing.Patterns;

/// <summary>
/// Compares the linear matcher with .NET's engines, which have PCRE's semantics for what both can read. Loops over something that can
/// be empty are compared with the automaton alone: the backtracking engine runs out of memory over some of them, and where both
/// come to an end they may pick different matches.
/// <para>
/// .NET multiplies the limits of nested loops: <c>(?:x{1,2}){2,}</c> becomes <c>x{2,}</c>, which takes the same texts and may take them in
/// other pieces, so that groups inside lie elsewhere than in PCRE and Perl. A named group between the two loops keeps them apart; the
/// comparison of groups leaves it out.
/// </para>
/// </summary>
public class BytePatternPropertyTests
{
    private const string Barrier = "barrier";

    private static readonly Gen<string> Inputs =
        Gen.Choose(0, 12).SelectMany(length => Gen.ListOf(Gen.Elements('a', 'b', 'A', '/', '_', ' ', '\n'), length)).Select(string.Concat);

    [Fact]
    public void A_match_is_found_exactly_where_there_is_one() =>
        Prop.ForAll(Cases(emptyLoops: true), sample =>
        {
            var expected = Oracle(sample, RegexOptions.NonBacktracking).IsMatch(sample.Input);
            return Compile(sample).IsMatch(Encoding.ASCII.GetBytes(sample.Input)) == expected;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Fact]
    public void Match_and_groups_are_those_that_backtracking_finds_first() =>
        Prop.ForAll(Cases(emptyLoops: false), sample =>
        {
            var expected = Oracle(sample, RegexOptions.None).Match(sample.Input);
            var pattern = Compile(sample);
            var slots = new int[pattern.SlotCount];
            return pattern.TryMatch(Encoding.ASCII.GetBytes(sample.Input), slots) == expected.Success
                && (!expected.Success || slots.SequenceEqual(Slots(expected)));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(4000));

    [Fact]
    public void No_text_makes_the_parser_throw() =>
        Prop.ForAll(Gen.ListOf(Gen.Elements("()[]{}\\^$.|?*+:=!<>PQExdw09-,#i\u00E4".ToArray())).Select(string.Concat).ToArbitrary(), text =>
        {
            BytePattern.TryCompile(text, PatternScope.FromStart, ignoreCase: true, out var pattern, out _);
            pattern?.IsMatch("/some/path"u8);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(20000));

    private static IEnumerable<int> Slots(Match match) =>
        match.Groups.Values.Where(group => group.Name != Barrier).SelectMany(group => group.Success ? [group.Index, group.Index + group.Length] : new[] { -1, -1 });

    private static Regex Oracle(Sample sample, RegexOptions engine) => new(
        (sample.FromStart ? "^" : "") + sample.Pattern.Replace("(?:", $"(?<{Barrier}>", StringComparison.Ordinal),
        engine | RegexOptions.CultureInvariant | (sample.IgnoreCase ? RegexOptions.IgnoreCase : RegexOptions.None));

    private static BytePattern Compile(Sample sample)
    {
        Assert.True(
            BytePattern.TryCompile(
                sample.Pattern, sample.FromStart ? PatternScope.FromStart : PatternScope.Anywhere, sample.IgnoreCase, out var pattern, out var error),
            error);
        return pattern;
    }

    private static Arbitrary<Sample> Cases(bool emptyLoops) =>
        Pieces(4, emptyLoops).SelectMany(piece => Inputs.SelectMany(input => Gen.Elements(true, false).SelectMany(ignoreCase =>
            Gen.Elements(true, false).Select(fromStart => new Sample(piece.Text, input, ignoreCase, fromStart))))).ToArbitrary();

    /// <summary>Pieces of patterns, with the note whether they can match nothing.</summary>
    private static Gen<Piece> Pieces(int depth, bool emptyLoops)
    {
        var leaf = Gen.Elements(
            new Piece("a", false), new Piece("b", false), new Piece("/", false), new Piece(".", false), new Piece("\\w", false),
            new Piece("[ab]", false), new Piece("[^a]", false), new Piece("\\s", false), new Piece("A", false), new Piece("[a-b_]", false),
            new Piece("^", true), new Piece("$", true), new Piece("\\b", true), new Piece("\\B", true), new Piece("\\z", true));
        if (depth == 0)
        {
            return leaf;
        }

        var inner = Pieces(depth - 1, emptyLoops);
        var pair = inner.SelectMany(left => inner.Select(right => (Left: left, Right: right)));
        return Gen.OneOf(
            leaf,
            pair.Select(p => new Piece(p.Left.Text + p.Right.Text, p.Left.Empty && p.Right.Empty)),
            pair.Select(p => new Piece($"(?:{p.Left.Text}|{p.Right.Text})", p.Left.Empty || p.Right.Empty)),
            pair.Select(p => new Piece($"{p.Left.Text}|{p.Right.Text}", p.Left.Empty || p.Right.Empty)).Select(p => p with { Text = $"({p.Text})" }),
            inner.Select(p => new Piece($"({p.Text})", p.Empty)),
            inner.SelectMany(p => Gen.Elements("*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,2}?", "{2,}").Select(quantifier =>
                p.Empty && !emptyLoops ? p : new Piece($"(?:{p.Text}){quantifier}", p.Empty || quantifier[0] is '*' or '?' || quantifier.StartsWith("{0", StringComparison.Ordinal)))));
    }

    private sealed record Piece(string Text, bool Empty);

    private sealed record Sample(string Pattern, string Input, bool IgnoreCase, bool FromStart);
}
