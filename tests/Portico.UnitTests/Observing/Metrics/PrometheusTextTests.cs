using System.IO.Pipelines;
using FsCheck;
using FsCheck.Fluent;
using Portico.Proxy.Observing.Metrics;
using Xunit;

namespace Portico.UnitTests.Observing.Metrics;

public class PrometheusTextTests
{
    private static readonly MetricDeclaration Gauge = new("a_gauge", MetricType.Gauge, "first line\nwith a \\ in it", "x");
    private static readonly MetricDeclaration Histogram = new("a_histogram", MetricType.Histogram, "bytes");

    [Fact]
    public async Task A_gauge_has_help_type_and_samples()
    {
        var page = await MetricsText.OfAsync([new MetricFamily(Gauge, text =>
        {
            text.Labels.Add("x"u8, "1");
            text.Sample(7L);
            text.Labels.Clear();
            text.Sample(0.25);
        })]);

        Assert.Equal("# HELP a_gauge first line\\nwith a \\\\ in it\n# TYPE a_gauge gauge\na_gauge{x=\"1\"} 7\na_gauge 0.25\n", page.Text);
    }

    [Fact]
    public async Task Buckets_of_a_histogram_are_cumulative_and_le_stands_last()
    {
        var page = await MetricsText.OfAsync([new MetricFamily(Histogram, text =>
        {
            text.Labels.Add("x"u8, "1");
            text.Histogram(["10"u8.ToArray(), "1e+06"u8.ToArray(), "+Inf"u8.ToArray()], [2, 0, 3], 12.5);
        })]);

        Assert.Equal(
            """
            # HELP a_histogram bytes
            # TYPE a_histogram histogram
            a_histogram_bucket{x="1",le="10"} 2
            a_histogram_bucket{x="1",le="1e+06"} 2
            a_histogram_bucket{x="1",le="+Inf"} 5
            a_histogram_sum{x="1"} 12.5
            a_histogram_count{x="1"} 5

            """,
            page.Text);
    }

    [Fact]
    public async Task A_histogram_without_labels_has_only_le()
    {
        var page = await MetricsText.OfAsync([new MetricFamily(Histogram, text => text.Histogram(["+Inf"u8.ToArray()], [1], 1))]);

        Assert.Contains("a_histogram_bucket{le=\"+Inf\"} 1\na_histogram_sum 1\na_histogram_count 1\n", page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_family_without_samples_is_not_on_the_page() =>
        Assert.Equal("", (await MetricsText.OfAsync([new MetricFamily(Gauge, _ => { })])).Text);

    [Fact]
    public async Task Families_come_in_the_order_of_their_names()
    {
        MetricFamily Family(string name) => new(new MetricDeclaration(name, MetricType.Gauge, "h"), text => text.Sample(1L));

        var page = await MetricsText.OfAsync([Family("b"), Family("a_c"), Family("a")]);

        Assert.Equal(["a", "a_c", "b"], page.Samples.Select(s => s.Name));
    }

    [Fact]
    public void Any_label_value_is_read_back_as_it_was() => Prop.ForAll<NonNull<string>>(value =>
    {
        if (value.Get.Any(char.IsSurrogate))
        {
            return true;
        }

        var page = MetricsText.OfAsync([new MetricFamily(Gauge, text =>
        {
            text.Labels.Add("x"u8, value.Get + "\"\\\n");
            text.Sample(1L);
        })]).GetAwaiter().GetResult();
        return page.One("a_gauge")["x"] == value.Get + "\"\\\n";
    }).QuickCheckThrowOnFailure();

    [Fact]
    public async Task A_long_page_is_handed_over_in_pieces()
    {
        // Pauses at 64 KB: a writer that collected the page would never come to the end before somebody reads.
        var pipe = new Pipe();
        var family = new MetricFamily(Gauge, async (text, cancellation) =>
        {
            for (var i = 0; i < 100_000; i++)
            {
                text.Sample((long)i);
                await text.FlushIfNeededAsync(cancellation);
            }
        });

        var writing = new MetricsPage([family]).WriteAsync(pipe.Writer, TestContext.Current.CancellationToken).AsTask();
        Assert.False(writing.IsCompleted);

        var reading = Task.Run(() => LongestPieceAsync(pipe.Reader), TestContext.Current.CancellationToken);
        await writing;
        await pipe.Writer.CompleteAsync();
        Assert.InRange(await reading, 1, 128 * 1024);
    }

    [Fact]
    public async Task Nothing_more_is_rendered_for_a_reader_that_has_gone()
    {
        var pipe = new Pipe();
        await pipe.Reader.CompleteAsync();
        var page = new MetricsPage([new MetricFamily(Gauge, text => text.Sample(1L))]);

        await Assert.ThrowsAsync<OperationCanceledException>(async () => await page.WriteAsync(pipe.Writer, CancellationToken.None));
    }

    private static async Task<long> LongestPieceAsync(PipeReader reader)
    {
        var longest = 0L;
        while (true)
        {
            var read = await reader.ReadAsync();
            longest = Math.Max(longest, read.Buffer.Length);
            reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return longest;
            }
        }
    }
}
