using System.Runtime.InteropServices;
using Portico.Kubernetes;
using Portico.Kubernetes.Resources;
using Portico.Kubernetes.Sources;
using Xunit;

namespace Portico.UnitTests.Kubernetes.Sources;

/// <summary>A folder of its own for a test, a source that watches it, and what the source has told so far.</summary>
internal sealed partial class WatchedFolder : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string _base = Directory.CreateTempSubdirectory("portico-").FullName;
    private readonly List<SourceProblem> _problems = [];

    /// <summary>By default only events lead to a change: no rescan comes to their help.</summary>
    public static FolderSourceSettings OnlyEvents { get; } = new() { RescanInterval = TimeSpan.FromHours(1) };

    public static FolderSourceSettings QuickRescans { get; } = new() { RescanInterval = TimeSpan.FromMilliseconds(50) };

    public string Root => Path.Join(_base, "manifests");

    public ResourceCache Objects { get; } = new();

    public FolderSource Source { get; private set; } = null!;

    public List<SourceBatch> Batches { get; } = [];

    /// <summary>The problems that are open.</summary>
    public IReadOnlyList<SourceProblem> Problems => _problems;

    public static async Task<WatchedFolder> Start(Action<WatchedFolder> fill, FolderSourceSettings? settings = null, params string[] roots)
    {
        var folder = new WatchedFolder();
        Directory.CreateDirectory(folder.Root);
        fill(folder);
        var paths = roots.Length == 0 ? [folder.Root] : roots.Select(root => Path.Join(folder._base, root)).ToArray();
        folder.Source = new FolderSource(paths, settings ?? OnlyEvents);
        folder.Source.Start();
        await folder.Next();
        return folder;
    }

    public string At(string name) => Path.Join(Root, name);

    public string Beside(string name) => Path.Join(_base, name);

    /// <summary>Writes beside and renames into place, as careful programs do.</summary>
    public void Put(string name, string text)
    {
        var temporary = Path.Join(_base, Path.GetRandomFileName());
        File.WriteAllText(temporary, text);
        File.Move(temporary, At(name), overwrite: true);
    }

    /// <summary>File.Move refuses a link to a folder.</summary>
    public static void Rename(string from, string to) => Assert.Equal(0, RenameCall(from, to));

    public void Delete(string name) => File.Delete(At(name));

    public async Task<SourceBatch> Next()
    {
        using var patience = new CancellationTokenSource(Patience);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, TestContext.Current.CancellationToken);
        var batch = await Source.Batches.ReadAsync(both.Token);
        Batches.Add(batch);
        Objects.Apply(batch.Changes);
        foreach (var problem in batch.Problems)
        {
            if (problem.Resolved)
            {
                Assert.True(_problems.Remove(problem with { Resolved = false }), $"resolved but never told: {problem}");
            }
            else
            {
                Assert.DoesNotContain(problem, _problems);
                _problems.Add(problem);
            }
        }

        return batch;
    }

    public async Task Until(Func<bool> condition)
    {
        while (!condition())
        {
            await Next();
        }
    }

    /// <summary>Waits for a change that can only come after all earlier ones, and tells how many others came before it.</summary>
    public async Task<int> ChangesUntilMarker()
    {
        var before = Batches.Count;
        var name = $"zzz-marker-{before}";
        Put(name + ".yaml", Manifests.ManifestText.ConfigMap(name));
        await Until(() => Value(name) is not null);
        return Batches.Skip(before).Sum(batch => batch.Changes.Count) - 1;
    }

    public string? Value(string name, string ns = "default") => Objects.Find<ConfigMap>(ns, name)?.Data["key"];

    public string[] Names() => [.. Objects.All<ConfigMap>().Select(map => map.Metadata.Name).Order(StringComparer.Ordinal)];

    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        Directory.Delete(_base, recursive: true);
    }

    [LibraryImport("libc", EntryPoint = "rename", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameCall(string from, string to);
}
