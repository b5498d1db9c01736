using System.Text.RegularExpressions;

namespace Portico.UnitTests.Docs;

/// <summary>What a Markdown text names: code spans, lines of code blocks, links to other files.</summary>
internal static partial class MarkdownReferences
{
    private static readonly string[] TopFolders = ["src/", "tests/", "bench/", "docs/", "examples/", ".ci/", "./"];

    /// <summary>Texts between backticks, and lines of indented or fenced blocks.</summary>
    public static IEnumerable<string> CodeOf(string text) =>
        Span().Matches(text).Select(m => m.Groups[1].Value)
            .Concat(Indented().Matches(text).Select(m => m.Groups[1].Value.Trim()))
            .Concat(Fence().Matches(text).SelectMany(m => m.Groups[1].Value.Split('\n')).Select(l => l.Trim()))
            .Where(c => c.Length > 0);

    /// <summary>Words of a code text that are paths inside the repository.</summary>
    public static IEnumerable<string> PathsOf(string code) =>
        code.Split(' ').Where(word => PathWord().IsMatch(word) && Array.Exists(TopFolders, f => word.StartsWith(f, StringComparison.Ordinal)));

    /// <summary>Targets of links, without those that lead elsewhere.</summary>
    public static IEnumerable<string> LinksOf(string text) =>
        Link().Matches(text).Select(m => m.Groups[1].Value.Split('#')[0]).Where(t => t.Length > 0 && !t.Contains("://", StringComparison.Ordinal));

    /// <summary>The words after the program's name when a code text calls it, else null.</summary>
    public static string[]? CallOfPortico(string code)
    {
        var call = Call().Match(code);
        return call.Success ? call.Groups[1].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries) : null;
    }

    [GeneratedRegex("(?<!`)`([^`\n]+)`(?!`)")]
    private static partial Regex Span();

    [GeneratedRegex(@"^(?:    |\t)+(\S.*)$", RegexOptions.Multiline)]
    private static partial Regex Indented();

    [GeneratedRegex("^```[a-z]*\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"^[A-Za-z0-9_.*/-]+$")]
    private static partial Regex PathWord();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^(?:\./)?portico(?: (.*))?$")]
    private static partial Regex Call();
}
