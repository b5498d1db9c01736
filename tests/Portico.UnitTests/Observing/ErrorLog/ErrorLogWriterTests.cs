using System.Globalization;
using Portico.Proxy.Observing.ErrorLog;
using Xunit;

namespace Portico.UnitTests.Observing.ErrorLog;

public class ErrorLogWriterTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    private static string Written(Action<ErrorLogWriter> write, ErrorLogLevel threshold = ErrorLogLevel.Notice)
    {
        var output = new ScriptedOutput();
        var log = new ErrorLogWriter(output, new FixedClock()) { Threshold = threshold };
        log.Start();
        write(log);
        Assert.True(log.Stop(Long));
        return output.Text;
    }

    [Fact]
    public void A_line_has_time_level_and_text() => Assert.Equal(
        "2026/11/21 09:30:00 [warn] disk 93 % full\n2026/11/21 09:30:00 [error] gone\n",
        Written(log =>
        {
            log.Write(ErrorLogLevel.Warn, $"disk {93} % full");
            log.Write(ErrorLogLevel.Error, "gone");
        }));

    [Fact]
    public void Messages_below_the_threshold_are_not_even_put_together()
    {
        var asked = 0;
        var text = Written(log =>
        {
            log.Write(ErrorLogLevel.Debug, $"{asked++}");
            log.Write(ErrorLogLevel.Info, $"{asked++}");
            log.Write(ErrorLogLevel.Notice, $"{asked++}");
        });

        Assert.Equal("2026/11/21 09:30:00 [notice] 0\n", text);
        Assert.Equal(1, asked);
    }

    [Fact]
    public void Text_from_outside_cannot_begin_a_line_of_its_own() => Assert.Equal(
        "2026/11/21 09:30:00 [warn] host a\\x0A2026 [emerg] \\x1B[31m\u00e9\n".Replace("\u00e9", "\u00c3\u00a9", StringComparison.Ordinal),
        Written(log => log.Write(ErrorLogLevel.Warn, $"host {"a\n2026 [emerg] \x1b[31m\u00e9"}")));

    [Fact]
    public void Bytes_of_the_wire_can_be_named() => Assert.Equal(
        "2026/11/21 09:30:00 [warn] host a\\x00b\n", Written(log => log.Write(ErrorLogLevel.Warn, $"host {"a\0b"u8}")));

    [Fact]
    public void What_a_peer_can_cause_is_limited_and_summed_up()
    {
        var kind = new RepeatedMessage(perWindow: 3);
        var lines = Written(log =>
        {
            for (var i = 0; i < 100; i++)
            {
                log.Write(ErrorLogLevel.Warn, kind, $"bad {i}");
            }
        }).Split('\n')[..^1];

        Assert.Equal(["bad 0", "bad 1", "bad 2"], lines.Select(l => l[(l.IndexOf(']') + 2)..]));
    }

    [Fact]
    public void The_first_message_of_the_next_window_says_how_many_were_left_out()
    {
        var kind = new RepeatedMessage(perWindow: 2);
        var admitted = Enumerable.Range(0, 10).Count(_ => kind.TryAdmit(1000, out var _));

        Assert.Equal(2, admitted);
        Assert.False(kind.TryAdmit(10_999, out _));
        Assert.True(kind.TryAdmit(11_000, out var leftOut));
        Assert.Equal(9, leftOut);
        Assert.True(kind.TryAdmit(11_000, out leftOut));
        Assert.Equal(0, leftOut);
    }

    [Fact]
    public void A_blocked_output_makes_nobody_wait()
    {
        var output = new ScriptedOutput();
        output.Hold();
        var log = new ErrorLogWriter(output, TimeProvider.System);
        log.Start();
        for (var i = 0; i < 10_000; i++)
        {
            log.Write(ErrorLogLevel.Error, "text");
        }

        Assert.InRange(log.Dropped, 1, 10_000);
        Assert.False(log.Stop(TimeSpan.FromMilliseconds(1)));
        output.Release();
        Assert.True(log.Stop(Long));
        Assert.Equal(10_000, output.Text.Count(c => c == '\n') + log.Dropped);
    }

    [Theory]
    [InlineData("debug", true, ErrorLogLevel.Debug)]
    [InlineData("emerg", true, ErrorLogLevel.Emerg)]
    [InlineData("Warn", false, ErrorLogLevel.Notice)]
    [InlineData("", false, ErrorLogLevel.Notice)]
    public void Levels_are_nginx_s_words(string word, bool known, ErrorLogLevel level)
    {
        Assert.Equal(known, ErrorLogLevels.TryParse(word, out var parsed));
        Assert.Equal(level, parsed);
        Assert.Equal(known, ErrorLogLevels.WordOf(parsed) == word);
    }

    private sealed class FixedClock : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.Parse("2026-11-21T09:30:00Z", CultureInfo.InvariantCulture);
    }
}
