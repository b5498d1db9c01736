using Portico.Kubernetes.Resources;
using Portico.Kubernetes.Sources;
using Xunit;
using static Portico.UnitTests.Kubernetes.Manifests.ManifestText;

namespace Portico.UnitTests.Kubernetes.Sources;

/// <summary>What counts when files disagree, break, or say no creation time.</summary>
public class ManifestSetTests
{
    [Fact]
    public async Task The_first_file_in_path_order_provides_an_object_and_the_next_takes_over()
    {
        await using var folder = await WatchedFolder.Start(it =>
        {
            it.Put("b.yaml", "\n" + ConfigMap("x", "b"));
            it.Put("c.yaml", ConfigMap("x", "c"));
        });
        Assert.Equal("b", folder.Value("x"));
        var problem = Assert.Single(folder.Problems);
        Assert.Equal((folder.At("c.yaml") + ":1", $"also defined at {folder.At("b.yaml")}:2, which comes first and counts"), (problem.Place, problem.Message));
        Assert.Equal("x", problem.Object?.Name);

        folder.Put("a.yaml", ConfigMap("x", "a"));
        await folder.Until(() => folder.Value("x") == "a");
        Assert.Equal(2, folder.Problems.Count);
        folder.Delete("a.yaml");
        await folder.Until(() => folder.Value("x") == "b");
        folder.Put("b.yaml", ConfigMap("other"));
        await folder.Until(() => folder.Value("x") == "c");
        Assert.Empty(folder.Problems);
    }

    [Fact]
    public async Task Within_a_file_the_last_document_counts()
    {
        await using var folder = await WatchedFolder.Start(it => it.Put("a.yaml", ConfigMap("x", "1") + "---\n" + ConfigMap("x", "2")));
        Assert.Equal("2", folder.Value("x"));
        var problem = Assert.Single(folder.Problems);
        Assert.Equal((folder.At("a.yaml") + ":1", $"defined again at {folder.At("a.yaml")}:6: the last one in a file counts"), (problem.Place, problem.Message));
        folder.Put("a.yaml", ConfigMap("x", "1"));
        await folder.Until(() => folder.Value("x") == "1");
        Assert.Empty(folder.Problems);
    }

    [Fact]
    public async Task A_broken_object_keeps_its_last_version_and_the_others_go_on()
    {
        await using var folder = await WatchedFolder.Start(it => it.Put("a.yaml", ConfigMap("x", "1") + "---\n" + ConfigMap("y", "1") + "---\n" + ConfigMap("z", "1")));

        folder.Put("a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {key: true}\n---\n" + ConfigMap("y", "2"));
        await folder.Until(() => folder.Value("y") == "2");
        Assert.Equal(["x", "y"], folder.Names());
        Assert.Equal("1", folder.Value("x"));
        var problem = Assert.Single(folder.Problems);
        Assert.Equal((folder.At("a.yaml") + ":4", new ObjectKey(ResourceKind.ConfigMap, "default", "x")), (problem.Place, problem.Object!.Value));
        Assert.Equal("data.key: expected a string, found the boolean true; quote it: \"true\"; its last good version goes on serving", problem.Message);

        folder.Put("a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {key: 'open}\n---\n" + ConfigMap("y", "3"));
        await folder.Until(() => folder.Value("y") == "3");
        Assert.Equal("1", folder.Value("x"));
        folder.Put("a.yaml", ConfigMap("x", "4"));
        await folder.Until(() => folder.Value("x") == "4");
        Assert.Equal(["x"], folder.Names());
        Assert.Empty(folder.Problems);
    }

    [Fact]
    public async Task Of_a_document_that_cannot_be_named_everything_stays_that_is_not_said_anew()
    {
        await using var folder = await WatchedFolder.Start(it => it.Put("a.yaml", ConfigMap("x", "1") + "---\n" + ConfigMap("y", "1")));

        folder.Put("a.yaml", "{{ template }}\n---\n" + ConfigMap("y", "2") + "---\n" + ConfigMap("z", "2"));
        await folder.Until(() => folder.Value("y") == "2");
        Assert.Equal(["x", "y", "z"], folder.Names());
        Assert.Null(Assert.Single(folder.Problems).Object);

        folder.Put("a.yaml", "{{ template }}\n");
        await folder.Until(() => folder.Batches[^1].Problems.Count > 0);
        Assert.Equal(["x", "y", "z"], folder.Names());

        folder.Put("a.yaml", "");
        await folder.Until(() => folder.Names().Length == 0);
        Assert.Empty(folder.Problems);
    }

    [Fact]
    public async Task An_unreadable_file_keeps_what_it_said()
    {
        await using var folder = await WatchedFolder.Start(it => it.Put("a.yaml", ConfigMap("a", "1")),
            WatchedFolder.OnlyEvents with { MaxFileBytes = 2 << 20 });

        folder.Put("a.yaml", ConfigMap("a", new string('x', 3 << 20)));
        await folder.Until(() => folder.Problems.Count == 1);
        Assert.Equal((folder.At("a.yaml"), "is larger than 2 MB; what it said before goes on serving"), (folder.Problems[0].Place, folder.Problems[0].Message));
        Assert.Equal("1", folder.Value("a"));
        folder.Put("a.yaml", ConfigMap("a", "2"));
        await folder.Until(() => folder.Value("a") == "2");
        Assert.Empty(folder.Problems);
    }

    [Fact]
    public async Task Objects_without_a_creation_time_have_that_of_their_first_sight()
    {
        var before = DateTimeOffset.UtcNow;
        await using var folder = await WatchedFolder.Start(it =>
        {
            it.Put("a.yaml", ConfigMap("a"));
            it.Put("b.yaml", ConfigMap("b"));
            it.Put("own.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: own, creationTimestamp: 2020-01-01T00:00:00Z}\ndata: {key: v}\n");
        });

        var start = Created("a");
        Assert.InRange(start, before, DateTimeOffset.UtcNow);
        Assert.Equal(start, Created("b"));
        Assert.Equal(2020, Created("own").Year);

        folder.Put("c.yaml", ConfigMap("c"));
        await folder.Until(() => folder.Value("c") is not null);
        var later = Created("c");
        Assert.True(later > start);

        folder.Put("a.yaml", ConfigMap("a", "2"));
        folder.Put("c.yaml", ConfigMap("c", "2"));
        await folder.Until(() => folder.Value("a") == "2" && folder.Value("c") == "2");
        Assert.Equal((start, later), (Created("a"), Created("c")));

        File.Move(folder.At("a.yaml"), folder.At("d.yaml"));
        folder.Put("d.yaml", ConfigMap("a", "3"));
        await folder.Until(() => folder.Value("a") == "3");
        Assert.Equal(start, Created("a"));

        folder.Delete("c.yaml");
        await folder.Until(() => folder.Value("c") is null);
        folder.Put("c.yaml", ConfigMap("c"));
        await folder.Until(() => folder.Value("c") is not null);
        Assert.True(Created("c") > later);

        DateTimeOffset Created(string name) => folder.Objects.Find<ConfigMap>("default", name)!.Metadata.CreationTimestamp!.Value;
    }

    [Fact]
    public async Task A_problem_is_told_once_and_taken_back_once()
    {
        await using var folder = await WatchedFolder.Start(it => it.Put("a.yaml", "kind: Service\n"));
        File.SetLastWriteTimeUtc(folder.At("a.yaml"), DateTime.UtcNow);
        await folder.ChangesUntilMarker();
        Assert.Single(folder.Batches.SelectMany(batch => batch.Problems));
        folder.Put("a.yaml", ConfigMap("a"));
        await folder.Until(() => folder.Problems.Count == 0);
        Assert.Equal([false, true], folder.Batches.SelectMany(batch => batch.Problems).Select(problem => problem.Resolved));
    }
}
