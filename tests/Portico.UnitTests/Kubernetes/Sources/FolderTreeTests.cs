using Portico.Kubernetes.Sources;
using Xunit;
using static Portico.UnitTests.Kubernetes.Manifests.ManifestText;

namespace Portico.UnitTests.Kubernetes.Sources;

/// <summary>Folders that come, move and go; links; roots that vanish.</summary>
public class FolderTreeTests
{
    [Fact]
    public async Task New_folders_are_followed_to_any_depth()
    {
        await using var folder = await WatchedFolder.Start(_ => { });
        Directory.CreateDirectory(folder.At("a/b/c"));
        File.WriteAllText(folder.At("a/b/c/x.yaml"), ConfigMap("x", "1"));
        await folder.Until(() => folder.Value("x") == "1");
        folder.Put("a/b/c/x.yaml", ConfigMap("x", "2"));
        await folder.Until(() => folder.Value("x") == "2");
        folder.Put("a/b/y.yaml", ConfigMap("y"));
        await folder.Until(() => folder.Value("y") is not null);
        Directory.Delete(folder.At("a"), recursive: true);
        await folder.Until(() => folder.Names().Length == 0);
    }

    [Fact]
    public async Task A_folder_renamed_within_the_tree_is_followed_under_its_new_name()
    {
        await using var folder = await WatchedFolder.Start(it =>
        {
            Directory.CreateDirectory(it.At("old/deep"));
            it.Put("old/deep/x.yaml", ConfigMap("x", "1"));
        });

        Directory.Move(folder.At("old"), folder.At("new"));
        Assert.Equal(0, await folder.ChangesUntilMarker());
        folder.Put("new/deep/x.yaml", ConfigMap("x", "2"));
        await folder.Until(() => folder.Value("x") == "2");
        Directory.CreateDirectory(folder.At("old"));
        folder.Put("old/y.yaml", ConfigMap("y"));
        await folder.Until(() => folder.Value("y") is not null);
    }

    [Fact]
    public async Task Two_folders_that_change_places_are_both_followed()
    {
        await using var folder = await WatchedFolder.Start(it =>
        {
            Directory.CreateDirectory(it.At("a"));
            Directory.CreateDirectory(it.At("b"));
            it.Put("a/x.yaml", ConfigMap("x"));
            it.Put("b/y.yaml", ConfigMap("y"));
        });

        Directory.Move(folder.At("a"), folder.At("c"));
        Directory.Move(folder.At("b"), folder.At("a"));
        Directory.Move(folder.At("c"), folder.At("b"));
        Assert.Equal(0, await folder.ChangesUntilMarker());
        folder.Put("b/x.yaml", ConfigMap("x", "2"));
        folder.Put("a/y.yaml", ConfigMap("y", "2"));
        await folder.Until(() => folder.Value("x") == "2" && folder.Value("y") == "2");
    }

    [Fact]
    public async Task A_folder_renamed_out_of_the_tree_is_forgotten()
    {
        await using var folder = await WatchedFolder.Start(it =>
        {
            Directory.CreateDirectory(it.At("sub"));
            it.Put("sub/x.yaml", ConfigMap("x", "1"));
        });

        Directory.Move(folder.At("sub"), folder.Beside("outside"));
        await folder.Until(() => folder.Value("x") is null);
        File.WriteAllText(folder.Beside("outside/x.yaml"), ConfigMap("x", "2"));
        Assert.Equal(0, await folder.ChangesUntilMarker());
        Directory.Move(folder.Beside("outside"), folder.At("back"));
        await folder.Until(() => folder.Value("x") == "2");
    }

    [Fact]
    public async Task The_swap_of_a_mounted_config_map_is_one_change()
    {
        await using var folder = await WatchedFolder.Start(it =>
        {
            Generation(it, "..1", ("a", "1"), ("b", "1"));
            File.CreateSymbolicLink(it.At("..data"), "..1");
            File.CreateSymbolicLink(it.At("a.yaml"), "..data/a.yaml");
            File.CreateSymbolicLink(it.At("b.yaml"), "..data/b.yaml");
            Directory.CreateSymbolicLink(it.At("sub"), "..data/sub");
        });
        Assert.Equal(("1", "1", "1"), (folder.Value("a"), folder.Value("b"), folder.Value("deep")));

        Generation(folder, "..2", ("a", "2"), ("b", "1"));
        File.CreateSymbolicLink(folder.At("..data_tmp"), "..2");
        WatchedFolder.Rename(folder.At("..data_tmp"), folder.At("..data"));
        Directory.Delete(folder.At("..1"), recursive: true);
        await folder.Until(() => folder.Value("a") == "2" && folder.Value("deep") == "2");
        Assert.Equal("1", folder.Value("b"));
        Assert.Empty(folder.Problems);
        Assert.DoesNotContain(folder.Batches, batch => batch.Changes.Any(change => change.New is null));

        static void Generation(WatchedFolder it, string name, params (string Name, string Value)[] maps)
        {
            Directory.CreateDirectory(it.At(name + "/sub"));
            foreach (var (map, value) in maps)
            {
                File.WriteAllText(it.At($"{name}/{map}.yaml"), ConfigMap(map, value));
            }

            File.WriteAllText(it.At($"{name}/sub/deep.yaml"), ConfigMap("deep", maps[0].Value));
        }
    }

    [Fact]
    public async Task A_link_out_of_the_tree_is_looked_at_again_and_again()
    {
        await using var folder = await WatchedFolder.Start(it =>
        {
            File.WriteAllText(it.Beside("real.yaml"), ConfigMap("a", "1"));
            File.CreateSymbolicLink(it.At("a.yaml"), it.Beside("real.yaml"));
        }, WatchedFolder.QuickRescans);

        File.WriteAllText(folder.Beside("real.yaml"), ConfigMap("a", "2"));
        await folder.Until(() => folder.Value("a") == "2");
        File.Delete(folder.Beside("real.yaml"));
        await folder.Until(() => folder.Problems.Count == 1);
        Assert.Equal((folder.At("a.yaml"), "leads nowhere; what it said before goes on serving"), (folder.Problems[0].Place, folder.Problems[0].Message));
        Assert.Equal("2", folder.Value("a"));
        File.WriteAllText(folder.Beside("real.yaml"), ConfigMap("a", "3"));
        await folder.Until(() => folder.Value("a") == "3" && folder.Problems.Count == 0);
    }

    [Fact]
    public async Task A_link_to_a_folder_above_makes_no_endless_tree()
    {
        await using var folder = await WatchedFolder.Start(it =>
        {
            Directory.CreateDirectory(it.At("sub"));
            Directory.CreateSymbolicLink(it.At("sub/up"), "..");
            Directory.CreateSymbolicLink(it.At("self"), ".");
            it.Put("sub/x.yaml", ConfigMap("x"));
        });
        Assert.Equal(1, folder.Source.FilesRead);
        Assert.Empty(folder.Problems);
    }

    [Fact]
    public async Task A_root_that_is_a_link_is_followed_when_it_is_swapped()
    {
        await using var folder = await WatchedFolder.Start(it =>
        {
            foreach (var version in "12")
            {
                Directory.CreateDirectory(it.Beside($"v{version}/m"));
                File.WriteAllText(it.Beside($"v{version}/m/a.yaml"), ConfigMap("a", $"{version}"));
                File.WriteAllText(it.Beside($"v{version}/m/only{version}.yaml"), ConfigMap($"only{version}"));
            }

            Directory.CreateSymbolicLink(it.Beside("current"), "v1");
        }, null, "current/m");
        Assert.Equal(["a", "only1"], folder.Names());

        Directory.CreateSymbolicLink(folder.Beside("next"), "v2");
        WatchedFolder.Rename(folder.Beside("next"), folder.Beside("current"));
        await folder.Until(() => folder.Value("a") == "2");
        Assert.Equal(["a", "only2"], folder.Names());
        File.WriteAllText(folder.Beside("v2/m/a.yaml"), ConfigMap("a", "3"));
        await folder.Until(() => folder.Value("a") == "3");
    }

    [Fact]
    public async Task A_root_that_is_not_there_is_told_and_keeps_the_source_from_being_synced()
    {
        await using var folder = await WatchedFolder.Start(_ => { }, null, "manifests", "far/away");
        Assert.False(folder.Batches[0].Synced);
        Assert.Equal((folder.Beside("far/away"), "does not exist; it is read as soon as it appears"), (folder.Problems[0].Place, folder.Problems[0].Message));

        Directory.CreateDirectory(folder.Beside("far/away"));
        await folder.Until(() => folder.Batches[^1].Synced);
        Assert.Empty(folder.Problems);
        File.WriteAllText(folder.Beside("far/away/a.yaml"), ConfigMap("a"));
        await folder.Until(() => folder.Value("a") is not null);
    }

    [Fact]
    public async Task What_a_vanished_root_said_goes_on_until_it_comes_back()
    {
        await using var folder = await WatchedFolder.Start(it =>
        {
            Directory.CreateDirectory(it.At("sub"));
            it.Put("a.yaml", ConfigMap("a", "1"));
            it.Put("sub/b.yaml", ConfigMap("b", "1"));
        });

        Directory.Move(folder.Root, folder.Beside("elsewhere"));
        await folder.Until(() => folder.Problems.Count == 1);
        Assert.Equal("has vanished; what it said before goes on serving until it comes back", folder.Problems[0].Message);
        File.WriteAllText(folder.Beside("elsewhere/a.yaml"), ConfigMap("a", "2"));
        Directory.Move(folder.Beside("elsewhere"), folder.Root);
        await folder.Until(() => folder.Problems.Count == 0);
        Assert.Equal(["1 -> 2"], folder.Batches.Skip(1).SelectMany(batch => batch.Changes)
            .Select(change => $"{((Portico.Kubernetes.Resources.ConfigMap)change.Old!).Data["key"]} -> {((Portico.Kubernetes.Resources.ConfigMap)change.New!).Data["key"]}"));

        folder.Put("sub/b.yaml", ConfigMap("b", "2"));
        await folder.Until(() => folder.Value("b") == "2");
    }

    [Fact]
    public async Task A_root_that_is_deleted_and_made_anew_is_filled_before_the_old_goes()
    {
        await using var folder = await WatchedFolder.Start(it =>
        {
            Directory.CreateDirectory(it.At("sub"));
            it.Put("a.yaml", ConfigMap("a", "1"));
            it.Put("sub/b.yaml", ConfigMap("b", "1"));
        }, new FolderSourceSettings { RescanInterval = TimeSpan.FromSeconds(1), LongestWait = TimeSpan.FromSeconds(20) });

        Directory.Delete(folder.Root, recursive: true);
        await folder.Until(() => folder.Problems.Count == 1);
        Assert.Equal(["a", "b"], folder.Names());
        Directory.CreateDirectory(folder.Root);
        folder.Put("a.yaml", ConfigMap("a", "2"));
        await folder.Until(() => folder.Names() is ["a"]);
        Assert.Equal("2", folder.Value("a"));
        Assert.Empty(folder.Problems);
        Assert.DoesNotContain(folder.Batches, batch => batch.Changes.Any(change => change.New is null && change.Key.Name == "a"));
    }

    [Fact]
    public async Task A_folder_replaced_at_once_is_still_followed()
    {
        await using var folder = await WatchedFolder.Start(it => Directory.CreateDirectory(it.At("sub")));
        for (var i = 1; i <= 20; i++)
        {
            var replaced = i % 2 == 0 ? folder.Root : folder.At("sub");
            Directory.Delete(replaced, recursive: true);
            Directory.CreateDirectory(folder.At("sub"));
            folder.Put("sub/a.yaml", ConfigMap("a", $"{i}"));
            await folder.Until(() => folder.Value("a") == $"{i}");
            folder.Put("sub/a.yaml", ConfigMap("a", $"again {i}"));
            await folder.Until(() => folder.Value("a") == $"again {i}");
        }
    }

    [Fact]
    public async Task Without_inotify_the_folder_is_scanned()
    {
        await using var folder = await WatchedFolder.Start(it =>
        {
            Directory.CreateDirectory(it.At("sub"));
            it.Put("a.yaml", ConfigMap("a", "1"));
        }, WatchedFolder.QuickRescans with { Notifier = () => new NoNotifier("Too many open files") });
        Assert.Contains("Too many open files", Assert.Single(folder.Problems).Message, StringComparison.Ordinal);

        folder.Put("sub/b.yaml", ConfigMap("b", "1"));
        await folder.Until(() => folder.Value("b") == "1");
        File.WriteAllText(folder.At("a.yaml"), ConfigMap("a", "2"));
        await folder.Until(() => folder.Value("a") == "2");
        folder.Delete("a.yaml");
        await folder.Until(() => folder.Value("a") is null);
        Directory.Move(folder.Root, folder.Beside("elsewhere"));
        await folder.Until(() => folder.Problems.Count == 2);
        Assert.Equal("1", folder.Value("b"));
        Directory.Move(folder.Beside("elsewhere"), folder.Root);
        await folder.Until(() => folder.Problems.Count == 1);
    }

    [Fact]
    public async Task When_a_watch_is_refused_the_folder_is_scanned()
    {
        await using var folder = await WatchedFolder.Start(it => Directory.CreateDirectory(it.At("sub")),
            WatchedFolder.QuickRescans with { Notifier = () => new ScriptedNotifier { MaxWatches = 1 } });
        Assert.Contains("changes cannot be watched", Assert.Single(folder.Problems).Message, StringComparison.Ordinal);
        folder.Put("sub/a.yaml", ConfigMap("a"));
        await folder.Until(() => folder.Value("a") is not null);
    }

    [Fact]
    public async Task After_an_overflow_everything_is_compared_and_only_the_changed_is_read()
    {
        var notifier = new ScriptedNotifier();
        await using var folder = await WatchedFolder.Start(it =>
        {
            it.Put("a.yaml", ConfigMap("a", "1"));
            it.Put("b.yaml", ConfigMap("b", "1"));
            it.Put("c.yaml", ConfigMap("c", "1"));
        }, WatchedFolder.OnlyEvents with { Notifier = () => notifier });

        folder.Put("a.yaml", ConfigMap("a", "2"));
        folder.Delete("b.yaml");
        folder.Put("d.yaml", ConfigMap("d", "1"));
        notifier.Tell(new FileEvent(-1, FileEvents.Overflow, ""));
        await folder.Until(() => folder.Value("a") == "2");
        Assert.Equal(["a", "c", "d"], folder.Names());
        Assert.InRange(folder.Source.FilesRead, 5, 6);
    }
}
