using System.Text;
using Portico.Kubernetes.Api;
using Portico.Kubernetes.Resources;
using Xunit;

namespace Portico.UnitTests.Kubernetes.Api;

public class ObjectListTests
{
    private const string Two = """
        {"kind":"ServiceList","metadata":{"resourceVersion":"9","continue":"next","remainingItemCount":3},"items":[
          {"metadata":{"name":"a","managedFields":[{"fieldsV1":{"f:spec":{}}}]}},{"metadata":{"name":"b"},"spec":{"ports":[{"port":"x"}]}}]}

        """;

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[{\"metadata\":{\"name\":\"a\"}}]")]
    [InlineData("{\"items\":[]}")]
    [InlineData("{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":7}")]
    [InlineData("{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[]} {}")]
    public Task What_is_no_whole_list_is_refused(string text) =>
        Assert.ThrowsAsync<IOException>(() => ReadAsync(Encoding.UTF8.GetBytes(text), 1000));

    [Fact]
    public async Task A_list_gives_its_objects_its_version_and_the_next_page_however_it_is_cut()
    {
        foreach (var piece in new[] { 1, 2, 3, 7, 64, 100_000 })
        {
            var list = await ReadAsync(Encoding.UTF8.GetBytes(Two), piece);

            Assert.Equal(("9", "next"), (list.Metadata.ResourceVersion, list.Metadata.Continue));
            Assert.Equal("a", Assert.Single(list.Objects).Metadata.Name);
            Assert.Equal("b", Assert.Single(list.Unreadable).Name);
        }
    }

    [Fact]
    public async Task A_list_that_ends_anywhere_before_its_end_is_no_list()
    {
        var whole = Encoding.UTF8.GetBytes(Two.TrimEnd());
        for (var length = 0; length < whole.Length; length++)
        {
            await Assert.ThrowsAsync<IOException>(() => ReadAsync(whole[..length], 64));
        }
    }

    [Fact]
    public async Task Metadata_may_come_last_and_items_may_be_null()
    {
        var list = await ReadAsync("""{"items":null,"metadata":{"resourceVersion":"3"}}"""u8.ToArray(), 5);

        Assert.Equal("3", list.Metadata.ResourceVersion);
        Assert.Empty(list.Objects);
    }

    /// <summary>The page is 20 MB; reading it whole would take that, and more while the buffer grows.</summary>
    [Fact]
    public async Task A_page_takes_the_memory_of_its_largest_object_not_of_its_text()
    {
        var ballast = new string('x', 100_000);
        var text = new StringBuilder("""{"metadata":{"resourceVersion":"1"},"items":[""");
        for (var i = 0; i < 200; i++)
        {
            text.Append(i > 0 ? "," : "").Append($$"""{"metadata":{"name":"s{{i}}"},"ballast":"{{ballast}}"}""");
        }

        var bytes = Encoding.UTF8.GetBytes(text.Append("]}").ToString());
        await ReadAsync(bytes, 16 * 1024);
        var least = long.MaxValue;
        for (var i = 0; i < 5; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Equal(200, (await ReadAsync(bytes, 16 * 1024)).Objects.Count);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.InRange(least, 0, 2_000_000);
    }

    private static async Task<ObjectList> ReadAsync(byte[] text, int piece)
    {
        using var body = new AnswerBody(new PiecewiseStream(text, piece), TestContext.Current.CancellationToken);
        return await ObjectList.ReadAsync(ResourceKind.Service, body);
    }
}
