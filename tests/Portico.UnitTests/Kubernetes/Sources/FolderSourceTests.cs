using System.Diagnostics;
using System.Globalization;
using Portico.Kubernetes.Resources;
using Portico.Kubernetes.Sources;
using Xunit;
using static Portico.UnitTests.Kubernetes.Manifests.ManifestText;

namespace Portico.UnitTests.Kubernetes.Sources;

public class FolderSourceTests
{
    [Fact]
    public async Task The_first_batch_is_everything_in_path_order()
    {
        await using var folder = await WatchedFolder.Start(it =>
        {
            it.Put("b.yaml", ConfigMap("b"));
            it.Put("a.yml", ConfigMap("a2") + "---\n" + ConfigMap("a1"));
            Directory.CreateDirectory(it.At("sub/deep"));
            it.Put("sub/deep/c.json", "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c\"}}");
            it.Put("pod.yaml", "apiVersion: v1\nkind: Pod\n");
        });

        var batch = Assert.Single(folder.Batches);
        Assert.True(batch.Synced);
        Assert.Equal(["a2", "a1", "b", "c"], batch.Changes.Select(change => change.Key.Name));
        Assert.All(batch.Changes, change => Assert.Null(change.Old));
        Assert.Empty(batch.Problems);
        Assert.Equal(1, batch.SkippedDocuments);
    }

    [Fact]
    public async Task An_empty_folder_is_synced()
    {
        await using var folder = await WatchedFolder.Start(_ => { });
        Assert.True(folder.Batches[0].Synced);
    }

    [Fact]
    public async Task Files_that_come_change_and_go_are_followed()
    {
        await using var folder = await WatchedFolder.Start(it => it.Put("a.yaml", ConfigMap("a", "1")));

        folder.Put("b.yaml", ConfigMap("b", "1"));
        await folder.Until(() => folder.Value("b") == "1");
        folder.Put("a.yaml", ConfigMap("a", "2"));
        await folder.Until(() => folder.Value("a") == "2");
        var change = folder.Batches[^1].Changes.Single();
        Assert.Equal("1", Assert.IsType<ConfigMap>(change.Old).Data["key"]);
        folder.Delete("a.yaml");
        await folder.Until(() => folder.Value("a") is null);
        Assert.Equal(["b"], folder.Names());
    }

    [Fact]
    public async Task A_file_written_in_place_counts_when_its_writer_closes_it()
    {
        await using var folder = await WatchedFolder.Start(it => it.Put("a.yaml", ConfigMap("a", "1")));

        using (var writer = new StreamWriter(folder.At("a.yaml")))
        {
            writer.Write("apiVersion: v1\n");
            writer.Flush();
            Assert.Equal(0, await folder.ChangesUntilMarker());
            writer.Write("kind: ConfigMap\nmetadata: {name: a}\ndata: {key: '2'}\n");
        }

        await folder.Until(() => folder.Value("a") == "2");
        Assert.Empty(folder.Problems);
    }

    [Fact]
    public async Task A_file_that_is_deleted_and_written_anew_never_vanishes()
    {
        await using var folder = await WatchedFolder.Start(
            it => it.Put("a.yaml", ConfigMap("a", "1")), WatchedFolder.OnlyEvents with { LongestWait = TimeSpan.FromSeconds(20) });

        folder.Delete("a.yaml");
        Assert.Equal(0, await folder.ChangesUntilMarker());
        using (var writer = new StreamWriter(folder.At("a.yaml")))
        {
            Assert.Equal(0, await folder.ChangesUntilMarker());
            writer.Write(ConfigMap("a", "2"));
        }

        await folder.Until(() => folder.Value("a") == "2");
        Assert.DoesNotContain(folder.Batches, batch => batch.Changes.Any(change => change.New is null));
    }

    [Fact]
    public async Task A_file_whose_writer_never_closes_it_is_read_in_the_end()
    {
        await using var folder = await WatchedFolder.Start(_ => { }, WatchedFolder.QuickRescans);
        using var writer = new StreamWriter(folder.At("a.yaml"));
        writer.Write(ConfigMap("a", "1"));
        writer.Flush();
        await folder.Until(() => folder.Value("a") == "1");
    }

    [Fact]
    public async Task Editors_files_and_hidden_ones_and_other_names_are_not_read()
    {
        string[] ignored = [".a.yaml", "a.yaml~", "#a.yaml#", ".a.yaml.swp", "a.txt", "a.yaml.tmp", "yaml"];
        await using var folder = await WatchedFolder.Start(it =>
        {
            Directory.CreateDirectory(it.At(".git"));
            it.Put(".git/x.yaml", ConfigMap("hidden"));
            it.Put(ignored[0], ConfigMap("first"));
        });

        foreach (var name in ignored)
        {
            folder.Put(name, ConfigMap("no"));
        }

        Assert.Equal(0, await folder.ChangesUntilMarker());
        Assert.Single(folder.Names());
    }

    [Fact]
    public async Task A_renamed_file_changes_nothing_if_it_says_the_same()
    {
        await using var folder = await WatchedFolder.Start(it => it.Put("a.yaml", ConfigMap("a")));
        File.Move(folder.At("a.yaml"), folder.At("b.yaml"));
        Assert.Equal(0, await folder.ChangesUntilMarker());
        folder.Put("b.yaml", ConfigMap("a", "2"));
        await folder.Until(() => folder.Value("a") == "2");
    }

    [Fact]
    public async Task A_file_renamed_in_and_out_comes_and_goes()
    {
        await using var folder = await WatchedFolder.Start(_ => { });
        File.WriteAllText(folder.Beside("a.yaml"), ConfigMap("a"));
        File.Move(folder.Beside("a.yaml"), folder.At("a.yaml"));
        await folder.Until(() => folder.Value("a") is not null);
        File.Move(folder.At("a.yaml"), folder.At("a.txt"));
        await folder.Until(() => folder.Value("a") is null);
    }

    [Fact]
    public async Task A_hard_link_counts_at_once()
    {
        await using var folder = await WatchedFolder.Start(it => File.WriteAllText(it.Beside("a.yaml"), ConfigMap("a")));
        using var ln = Process.Start("ln", [folder.Beside("a.yaml"), folder.At("a.yaml")]);
        await folder.Until(() => folder.Value("a") is not null);
    }

    [Fact]
    public async Task Only_what_really_changed_is_told()
    {
        await using var folder = await WatchedFolder.Start(it => it.Put("a.yaml", ConfigMap("a") + "---\n" + ConfigMap("b") + "---\n" + ConfigMap("c")));
        folder.Put("a.yaml", "# comment\n" + ConfigMap("a") + "---\n" + ConfigMap("b", "2") + "---\n{kind: ConfigMap, apiVersion: v1, metadata: {name: d}, data: {key: d}}\n");
        await folder.Until(() => folder.Value("b") == "2");
        Assert.Equal(["b", "c", "d"], folder.Batches[^1].Changes.Select(change => change.Key.Name).Order(StringComparer.Ordinal));
        File.SetLastWriteTimeUtc(folder.At("a.yaml"), DateTime.UtcNow);
        Assert.Equal(0, await folder.ChangesUntilMarker());
    }

    [Fact]
    public async Task A_change_is_told_long_before_50_ms_have_passed()
    {
        await using var folder = await WatchedFolder.Start(it => it.Put("a.yaml", ConfigMap("a", "0")));
        var fastest = TimeSpan.MaxValue;
        for (var i = 1; i <= 10; i++)
        {
            var value = i.ToString(CultureInfo.InvariantCulture);
            var began = Stopwatch.GetTimestamp();
            folder.Put("a.yaml", ConfigMap("a", value));
            await folder.Until(() => folder.Value("a") == value);
            fastest = TimeSpan.FromTicks(Math.Min(fastest.Ticks, Stopwatch.GetElapsedTime(began).Ticks));
        }

        Assert.InRange(fastest.TotalMilliseconds, 0, 50);
    }

    [Fact]
    public async Task Of_ten_thousand_files_only_the_changed_one_is_read()
    {
        const int Count = 10_000;
        await using var folder = await WatchedFolder.Start(it =>
        {
            for (var i = 0; i < Count; i++)
            {
                File.WriteAllText(it.At($"{i}.yaml"), ConfigMap($"m{i}"));
            }
        });

        Assert.Equal((Count, Count), (folder.Names().Length, folder.Source.FilesRead));
        folder.Put("7.yaml", ConfigMap("m7", "new"));
        await folder.Until(() => folder.Value("m7") == "new");
        Assert.Equal(Count + 1, folder.Source.FilesRead);
        Assert.Single(folder.Batches[^1].Changes);
    }

    [Fact]
    public async Task A_file_may_be_a_root_whatever_its_name()
    {
        await using var folder = await WatchedFolder.Start(it =>
        {
            File.WriteAllText(it.Beside("all.txt"), ConfigMap("a", "1"));
            File.WriteAllText(it.Beside("neighbour.yaml"), ConfigMap("no"));
        }, null, "all.txt");
        Assert.Equal(["a"], folder.Names());

        File.WriteAllText(folder.Beside("all.txt.tmp"), ConfigMap("a", "2"));
        File.Move(folder.Beside("all.txt.tmp"), folder.Beside("all.txt"), overwrite: true);
        await folder.Until(() => folder.Value("a") == "2");
        File.WriteAllText(folder.Beside("all.txt"), ConfigMap("a", "3"));
        await folder.Until(() => folder.Value("a") == "3");

        File.Delete(folder.Beside("all.txt"));
        await folder.Until(() => folder.Problems.Count == 1);
        Assert.Equal("3", folder.Value("a"));
        File.WriteAllText(folder.Beside("all.txt"), ConfigMap("a", "4"));
        await folder.Until(() => folder.Value("a") == "4");
        Assert.Empty(folder.Problems);
    }

    [Fact]
    public async Task Roots_count_in_the_order_in_which_they_are_given_and_each_file_once()
    {
        await using var folder = await WatchedFolder.Start(it =>
        {
            Directory.CreateDirectory(it.At("z"));
            it.Put("z/a.yaml", ConfigMap("a", "from z"));
            it.Put("b.yaml", ConfigMap("a", "from b"));
        }, null, "manifests/z", "manifests", "manifests/");

        Assert.Equal("from z", folder.Value("a"));
        Assert.Equal(folder.At("b.yaml") + ":1", Assert.Single(folder.Problems).Place);
        Assert.Equal(2, folder.Source.FilesRead);
    }

    [Fact]
    public void Reading_once_needs_no_thread()
    {
        var folder = Directory.CreateTempSubdirectory("portico-");
        try
        {
            File.WriteAllText(Path.Join(folder.FullName, "a.yaml"), ConfigMap("a") + "---\nkind: Service\n");
            var batch = FolderSource.ReadOnce([folder.FullName]);
            Assert.True(batch.Synced);
            Assert.Equal("a", Assert.Single(batch.Changes).Key.Name);
            Assert.Equal(Path.Join(folder.FullName, "a.yaml") + ":6", Assert.Single(batch.Problems).Place);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Disposal_ends_the_batches()
    {
        var folder = await WatchedFolder.Start(_ => { });
        await folder.DisposeAsync();
        await folder.Source.DisposeAsync();
        await folder.Source.Batches.Completion;
    }

    [Fact]
    public async Task A_source_that_never_started_can_be_disposed()
    {
        var source = new FolderSource(["/nowhere"]);
        await source.DisposeAsync();
        await source.Batches.Completion;
    }
}
