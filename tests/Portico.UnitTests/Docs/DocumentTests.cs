using Portico.Cli;
using Portico.Flags;
using Xunit;

namespace Portico.UnitTests.Docs;

public class DocumentTests
{
    public static TheoryData<string> Documents => [.. Repository.Files("*.md")];

    [Fact]
    public void There_are_documents_to_check() => Assert.Contains("README.md", Documents.Select(d => d.Data));

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_path_that_a_document_names_exists(string document)
    {
        var missing = CodeOf(document).SelectMany(MarkdownReferences.PathsOf).Where(path => !Repository.Has(path));

        Assert.Empty(missing);
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_link_of_a_document_leads_somewhere(string document)
    {
        var folder = Path.GetDirectoryName(document)!;
        var missing = MarkdownReferences.LinksOf(Read(document)).Where(link => !Repository.Has(Path.Combine(folder, link)));

        Assert.Empty(missing);
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_verb_and_flag_that_a_document_calls_is_known(string document)
    {
        var verbs = CommandLine.Root((_, _) => Task.FromResult(0)).Subcommands.ToDictionary(c => c.Name);
        foreach (var call in CodeOf(document).Select(MarkdownReferences.CallOfPortico).OfType<string[]>().Where(c => c.Length > 0 && c[0] != "--help"))
        {
            Assert.Contains(call[0], verbs.Keys);
            var known = call[0] == "serve" ? ServeFlags.All.Select(f => $"--{f.Name}") : verbs[call[0]].Options.Select(o => o.Name);
            Assert.Empty(call.Skip(1).Where(w => w.StartsWith("--", StringComparison.Ordinal)).Select(w => w.Split('=')[0]).Except([.. known, "--help"]));
        }
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_flag_that_a_document_names_alone_is_known(string document)
    {
        var named = CodeOf(document).Select(c => c.Split(' ', '=')[0]).Where(w => w.StartsWith("--", StringComparison.Ordinal));

        var ofVerbs = CommandLine.Root((_, _) => Task.FromResult(0)).Subcommands.SelectMany(c => c.Options).Select(o => o.Name);
        Assert.Empty(named.Except([.. ServeFlags.All.Select(f => $"--{f.Name}"), .. ofVerbs]));
    }

    [Theory]
    [InlineData("`src/Portico`", "src/Portico")]
    [InlineData("run `bench/compare --quick` now", "bench/compare")]
    [InlineData("    ./test -class X\n", "./test")]
    [InlineData("```sh\n./portico demo\n```\n", "./portico")]
    [InlineData("`namespace/name` and `/healthz` and `text/plain`", null)]
    public void Paths_are_found_in_code_and_nothing_else_is_taken_for_one(string text, string? expected)
    {
        var found = MarkdownReferences.CodeOf(text).SelectMany(MarkdownReferences.PathsOf).Distinct();

        Assert.Equal(expected is null ? [] : [expected], found);
    }

    private static string Read(string document) => File.ReadAllText(Path.Combine(Repository.Root, document));

    private static IEnumerable<string> CodeOf(string document) => MarkdownReferences.CodeOf(Read(document));
}
