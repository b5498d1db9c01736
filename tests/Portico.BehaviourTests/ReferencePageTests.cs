using System.Diagnostics;
using Portico.TestKit.Processes;
using Xunit;

namespace Portico.BehaviourTests;

/// <summary>The pages of docs that are made from the declarations are those that the program makes now.</summary>
public class ReferencePageTests
{
    [Theory]
    [InlineData("annotations.md")]
    [InlineData("configmap.md")]
    [InlineData("flags.md")]
    [InlineData("metrics.md")]
    public async Task The_page_says_what_the_declarations_say(string page)
    {
        var folder = Directory.CreateTempSubdirectory("portico-docs-").FullName;
        try
        {
            using var docs = Process.Start(PorticoProcess.BinaryPath(), ["docs", folder]);
            await docs.WaitForExitAsync(TestContext.Current.CancellationToken);
            var made = await File.ReadAllTextAsync(Path.Combine(folder, page), TestContext.Current.CancellationToken);
            var committed = await File.ReadAllTextAsync(Path.Combine(Root(), "docs", page), TestContext.Current.CancellationToken);

            Assert.True(made == committed, $"docs/{page} is not what the declarations say: run './portico docs docs' and commit what changed");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Portico.slnx")))
        {
            folder = folder.Parent!;
        }

        return folder.FullName;
    }
}
