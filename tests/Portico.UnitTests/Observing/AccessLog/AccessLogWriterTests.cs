using System.Text;
using Portico.Proxy.Observing.AccessLog;
using Portico.Proxy.Observing.Output;
using Xunit;

namespace Portico.UnitTests.Observing.AccessLog;

public class AccessLogWriterTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(256, 1)]
    [InlineData(4096, 7)]
    [InlineData(64 * 1024, 1000)]
    public async Task Every_line_is_written_in_order_or_counted_as_dropped(int ringBytes, int most)
    {
        const int shards = 3;
        const int lines = 20_000;
        var random = new Random(4711);
        // Takes odd pieces, as a busy pipe does, and says EAGAIN now and then.
        var output = new ScriptedOutput(length =>
        {
            lock (random)
            {
                return random.Next(200) == 0 ? -NativeLogFile.EAGAIN : Math.Min(length, random.Next(1, most * 50));
            }
        });
        var writer = new AccessLogWriter(output, shards, ringBytes);
        writer.Start();

        await Task.WhenAll(Enumerable.Range(0, shards).Select(shard => Task.Run(() =>
        {
            for (var i = 0; i < lines; i++)
            {
                writer.Shard(shard).Write(Encoding.ASCII.GetBytes($"{shard} {i} {new string('x', i % 97)}\n"));
            }
        })));

        Assert.True(writer.Stop(Long));
        var written = output.Text.Split('\n')[..^1].Select(l => l.Split(' ')).ToArray();
        Assert.All(written, words => Assert.Equal(int.Parse(words[1]) % 97, words[2].Length));
        for (var shard = 0; shard < shards; shard++)
        {
            var numbers = written.Where(w => w[0] == $"{shard}").Select(w => int.Parse(w[1])).ToArray();
            Assert.Equal(numbers.Order(), numbers);
            Assert.Equal(lines, numbers.Distinct().Count() + writer.Shard(shard).DroppedLines);
        }

        Assert.Equal(shards * lines, written.Length + writer.DroppedLines);
        Assert.Equal(written.Length, writer.Lines);
    }

    [Fact]
    public void A_blocked_output_costs_lines_and_nothing_else()
    {
        var output = new ScriptedOutput();
        output.Hold();
        var writer = new AccessLogWriter(output, 1, 1024);
        writer.Start();
        writer.Shard(0).Write("first\n"u8);
        Assert.True(SpinWait.SpinUntil(() => output.IsBlocking, Long));

        for (var i = 0; i < 1000; i++)
        {
            writer.Shard(0).Write("a line of twenty chars\n"u8);
        }

        Assert.Equal(1001, writer.Lines + writer.DroppedLines);
        Assert.InRange(writer.DroppedLines, 900, 999);
        Assert.False(writer.Stop(TimeSpan.FromMilliseconds(1)));
        output.Release();
        Assert.True(writer.Stop(Long));
        Assert.Equal(writer.Lines, output.Text.Count(c => c == '\n'));
    }

    [Fact]
    public void What_an_output_refuses_is_counted()
    {
        const int noSpaceLeft = 28;
        var writer = new AccessLogWriter(new ScriptedOutput(_ => -noSpaceLeft), 1, 1024);
        writer.Shard(0).Write("a\n"u8);
        writer.Shard(0).Write("b\n"u8);
        writer.Start();

        Assert.True(writer.Stop(Long));
        Assert.Equal(2, writer.DroppedLines);
    }

    [Fact]
    public void A_line_after_a_long_silence_wakes_the_writer()
    {
        var output = new ScriptedOutput();
        var writer = new AccessLogWriter(output, 1, 1024);
        writer.Start();
        Assert.True(SpinWait.SpinUntil(() => writer.IsIdle, Long));

        writer.Shard(0).Write("late\n"u8);

        Assert.True(SpinWait.SpinUntil(() => output.Text == "late\n", Long));
        Assert.True(writer.Stop(Long));
    }

    [Fact]
    public void A_writer_that_was_never_started_stops_at_once() =>
        Assert.True(new AccessLogWriter(new ScriptedOutput(), 1, 1024).Stop(TimeSpan.Zero));

    [Fact]
    public void A_file_that_was_moved_away_is_opened_anew()
    {
        var folder = Directory.CreateTempSubdirectory("portico-log-");
        try
        {
            var path = Path.Combine(folder.FullName, "access.log");
            var output = DescriptorOutput.OrStandardOutput(path);
            output.Refresh();
            Assert.Equal(2, output.Write("1\n"u8));
            File.Move(path, path + ".1");
            output.Reopen();
            output.Refresh();
            output.Write("2\n"u8);
            output.Path = path + ".other";
            output.Refresh();
            output.Write("3\n"u8);

            Assert.Equal("1\n", File.ReadAllText(path + ".1"));
            Assert.Equal("2\n", File.ReadAllText(path));
            Assert.Equal("3\n", File.ReadAllText(path + ".other"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_rename_is_noticed_without_being_told()
    {
        var folder = Directory.CreateTempSubdirectory("portico-log-");
        try
        {
            var path = Path.Combine(folder.FullName, "access.log");
            var output = DescriptorOutput.OrStandardOutput(path);
            output.Refresh();
            File.Move(path, path + ".1");

            Assert.True(SpinWait.SpinUntil(
                () =>
                {
                    output.Refresh();
                    return File.Exists(path);
                },
                Long));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_file_that_cannot_be_opened_refuses_what_is_written()
    {
        var output = DescriptorOutput.OrStandardOutput("/proc/no/such/file");
        output.Refresh();

        Assert.True(output.Write("x\n"u8) < 0);
    }
}
