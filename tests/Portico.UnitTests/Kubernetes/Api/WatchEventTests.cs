using System.Text;
using Portico.Kubernetes.Api;
using Portico.Kubernetes.Api.Watching;
using Portico.Kubernetes.Resources;
using Xunit;

namespace Portico.UnitTests.Kubernetes.Api;

public class WatchEventTests
{
    private const string Added = """{"type":"ADDED","object":{"apiVersion":"v1","kind":"Service","metadata":{"name":"a","namespace":"n","resourceVersion":"7","managedFields":[{}]},"spec":{"clusterIP":"10.0.0.1"}}}""";

    [Fact]
    public void An_addition_carries_the_object_and_its_version()
    {
        var read = WatchEvent.Read(ResourceKind.Service, Encoding.UTF8.GetBytes(Added));

        Assert.Equal((WatchEventType.Added, "7"), (read.Type, read.Version));
        Assert.Equal("10.0.0.1", Assert.IsType<Service>(read.Object).Spec.ClusterIP);
    }

    [Fact]
    public void The_order_of_the_fields_does_not_matter() =>
        Assert.Equal("a", WatchEvent.Read(ResourceKind.Service, """{"object":{"metadata":{"name":"a"}},"type":"DELETED"}"""u8).Object!.Metadata.Name);

    [Fact]
    public void A_bookmark_is_a_version() =>
        Assert.Equal("12", WatchEvent.Read(ResourceKind.Service, """{"type":"BOOKMARK","object":{"kind":"Service","metadata":{"resourceVersion":"12","creationTimestamp":null}}}"""u8).Version);

    [Fact]
    public void An_error_carries_the_status()
    {
        var read = WatchEvent.Read(ResourceKind.Service, """{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old resource version: 1 (5)"}}"""u8);

        Assert.True(read.Status!.IsExpired);
        Assert.Equal("too old resource version: 1 (5)", read.Status.Message);
    }

    [Fact]
    public void An_event_that_is_cut_anywhere_is_no_event()
    {
        var whole = Encoding.UTF8.GetBytes(Added);
        for (var length = 0; length < whole.Length; length++)
        {
            Assert.Throws<IOException>(() => WatchEvent.Read(ResourceKind.Service, whole.AsSpan(0, length)));
        }
    }

    [Fact]
    public async Task Lines_are_found_however_they_are_cut()
    {
        var text = Encoding.UTF8.GetBytes("first\n\r\nsecond line\n" + new string('x', 50_000) + "\nlast\n");
        foreach (var piece in new[] { 1, 2, 3, 7, 1000, 100_000 })
        {
            using var lines = new WatchLines(new PiecewiseStream(text, piece));
            var found = new List<string>();
            while (await lines.NextAsync(TestContext.Current.CancellationToken) is { } line)
            {
                found.Add(Encoding.UTF8.GetString(line.Span));
            }

            Assert.Equal(["first", "second line", new string('x', 50_000), "last"], found);
        }
    }

    [Fact]
    public async Task A_line_without_its_end_is_an_error()
    {
        using var lines = new WatchLines(new PiecewiseStream("one\ntw"u8.ToArray(), 4));
        Assert.NotNull(await lines.NextAsync(TestContext.Current.CancellationToken));

        await Assert.ThrowsAsync<IOException>(async () => await lines.NextAsync(TestContext.Current.CancellationToken));
    }
}
