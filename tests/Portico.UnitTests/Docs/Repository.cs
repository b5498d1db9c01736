namespace Portico.UnitTests.Docs;

/// <summary>The working copy that the tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>Folders that people write; what builds make is left out.</summary>
    private static readonly string[] Written = ["src", "tests", "bench", "docs", "examples"];

    /// <summary>Files below the root with an ending, relative to it.</summary>
    public static IEnumerable<string> Files(string pattern) =>
        Directory.EnumerateFiles(Root, pattern)
            .Concat(Written.Select(f => Path.Combine(Root, f)).Where(Directory.Exists).SelectMany(f => Directory.EnumerateFiles(f, pattern, SearchOption.AllDirectories)))
            .Select(f => Path.GetRelativePath(Root, f))
            .Order(StringComparer.Ordinal);

    /// <summary>Whether a file or folder is there; a last part with an asterisk must match at least one.</summary>
    public static bool Has(string path)
    {
        var full = Path.GetFullPath(Path.Combine(Root, path));
        var folder = Path.GetDirectoryName(full)!;
        return path.Contains('*', StringComparison.Ordinal)
            ? Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder, Path.GetFileName(full)).Any()
            : Path.Exists(full);
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Portico.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"{AppContext.BaseDirectory} is not below the repository");
    }
}
