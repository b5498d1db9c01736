using Portico.TestKit.Manifests;

namespace Portico.TestKit.Processes;

/// <summary>The folder that the program watches, and the ways in which people put files there.</summary>
public sealed class ManifestFolder(string path, string staging)
{
    public string Path { get; } = path;

    /// <summary>Overwrites the file in place, as an editor or <c>&gt;</c> does.</summary>
    public void WriteFile(string name, params IEnumerable<string> documents) =>
        File.WriteAllText(System.IO.Path.Combine(Path, name), Manifest.Join(documents));

    /// <summary>Writes beside the folder and renames into it, so that the file changes at one instant.</summary>
    public void RenameInto(string name, params IEnumerable<string> documents)
    {
        var beside = System.IO.Path.Combine(staging, Guid.NewGuid().ToString("N"));
        File.WriteAllText(beside, Manifest.Join(documents));
        File.Move(beside, System.IO.Path.Combine(Path, name), overwrite: true);
    }

    public void DeleteFile(string name) => File.Delete(System.IO.Path.Combine(Path, name));
}
