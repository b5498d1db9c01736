using System.CommandLine;
using Portico.Docs;

namespace Portico.Cli;

/// <summary><c>portico docs FOLDER</c>: writes the reference pages that are made from the declarations. For developers, not in the help.</summary>
internal static class DocsVerb
{
    public static Command Create()
    {
        var folder = new Argument<string>("folder");
        var docs = new Command("docs", "Write the reference pages.") { folder };
        docs.Hidden = true;
        docs.SetAction(parsed => Write(parsed.GetRequiredValue(folder)));
        return docs;
    }

    private static int Write(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var (name, text) in ReferencePages.All())
        {
            File.WriteAllText(Path.Combine(folder, name), text);
        }

        return ExitCode.Success;
    }
}
