using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Portico.Model;
using Portico.Model.Text;
using Portico.Proxy.Observing.AccessLog;
using Portico.Proxy.Requests;
using Xunit;

namespace Portico.UnitTests.Observing.AccessLog;

public class AccessLogFormatTests
{
    private static string Line(string format, LogEscape escape, params (string Name, string Value)[] headers)
    {
        var line = new ByteBuilder();
        AccessLogFormat.Compile(Template.Parse(format), escape).Append(LogLines.Request(headers), line);
        return Encoding.Latin1.GetString(line.Written);
    }

    [Fact]
    public void The_default_format_gives_ingress_nginx_s_line() => Assert.Matches(
        """^192\.0\.2\.7 - - \[21/Nov/2026:\d\d:\d\d:00 [+-]\d{4}\] "GET /a\?b=1 HTTP/1\.1" 200 98 "-" "curl/8\.0" 120 0\.012 """
        + """\[default-echo-80\] \[\] 10\.0\.0\.1:8080 98 0\.011 200 abc\n$""",
        Line(AccessLogSettings.DefaultFormat.Source, LogEscape.Default, ("User-Agent", "curl/8.0"), ("X-Request-ID", "abc")));

    [Theory]
    [InlineData(LogEscape.Default, "-\n")]
    [InlineData(LogEscape.Json, "\n")]
    [InlineData(LogEscape.None, "\n")]
    public void Unset_is_a_hyphen_only_with_the_default_escape(LogEscape escape, string line) =>
        Assert.Equal(line, Line("$http_referer", escape));

    [Fact]
    public void An_empty_value_is_not_unset() => Assert.Equal("[]\n", Line("[$http_referer]", LogEscape.Default, ("Referer", "")));

    [Fact]
    public void A_name_that_is_no_variable_and_a_group_are_unset() => Assert.Equal("- -\n", Line("$no_such_name $1", LogEscape.Default));

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("a\"b\\c", "a\\x22b\\x5Cc")]
    [InlineData("\t\u007f\u0080\u00ff", "\\x09\\x7F\\x80\\xFF")]
    [InlineData("\"", "\\x22")]
    public void The_default_escape_leaves_only_printable_ASCII(string value, string written) =>
        Assert.Equal($"<{written}>\n", Line("<$http_referer>", LogEscape.Default, ("Referer", value)));

    [Theory]
    [InlineData("a\"b\\c/d", "a\\\"b\\\\c/d")]
    [InlineData("\t\n\r\b\f\u0001\u001f", "\\t\\n\\r\\b\\f\\u0001\\u001F")]
    [InlineData("\u007f\u00e9", "\u007f\u00e9")]
    public void The_JSON_escape_makes_strings_of_RFC_8259(string value, string written) =>
        Assert.Equal($"{{\"r\":\"{written}\"}}\n", Line("{\"r\":\"$http_referer\"}", LogEscape.Json, ("Referer", value)));

    [Fact]
    public void No_escape_writes_values_as_they_are() =>
        Assert.Equal("\"\\\t\n", Line("$http_referer", LogEscape.None, ("Referer", "\"\\\t")));

    [Fact]
    public void Literal_text_is_never_escaped() => Assert.Equal("\"\\ é\n", Latin1ToUtf8(Line("\"\\ é", LogEscape.Default)));

    [Fact]
    public void Any_bytes_come_back_from_the_default_escape() => Prop.ForAll<byte[]>(value =>
    {
        var line = Line("$http_referer", LogEscape.Default, ("Referer", Encoding.Latin1.GetString(value)))[..^1];
        var bytes = new List<byte>();
        for (var i = 0; i < line.Length; i++)
        {
            var escaped = line[i] == '\\';
            bytes.Add(escaped ? Convert.ToByte(line.Substring(i + 2, 2), 16) : (byte)line[i]);
            i += escaped ? 3 : 0;
        }

        return bytes.SequenceEqual(value) && line.All(c => c is >= ' ' and < '\x7f' and not '"');
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_text_comes_back_from_the_JSON_escape() => Prop.ForAll<NonNull<string>>(value =>
    {
        if (value.Get.Any(char.IsSurrogate))
        {
            return true;
        }

        var asBytes = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(value.Get));
        var line = Latin1ToUtf8(Line("\"$http_referer\"", LogEscape.Json, ("Referer", asBytes)));
        return JsonDocument.Parse(line).RootElement.GetString() == value.Get;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_line_costs_no_allocation()
    {
        var format = AccessLogFormat.Compile(AccessLogSettings.DefaultFormat, LogEscape.Default);
        var request = LogLines.Request(("User-Agent", "with \"quotes\""), ("X-Request-ID", "abc"));
        var line = new ByteBuilder();
        Assert.Equal(0, Allocated.AtLeast(() =>
        {
            line.Clear();
            format.Append(request, line);
        }));
    }

    /// <summary>Whatever an exchange knows of itself when it becomes a tunnel, and whatever its format asks for.</summary>
    [Theory]
    [InlineData(LogEscape.Default)]
    [InlineData(LogEscape.Json)]
    public void A_line_that_was_begun_early_is_the_one_that_the_end_alone_would_have_written(LogEscape escape)
    {
        // The id that is made up differs from request to request.
        var variables = Variables.Names.Except(["request_id"]).Append("http_user_agent").Append("arg_b");
        var format = AccessLogFormat.Compile(Template.Parse(string.Concat(variables.Select(v => $"{v}=\"${{{v}}}\" "))), escape);
        var ended = LogLines.Request(("User-Agent", "a\tb"), ("X-Request-ID", "abc"));
        var expected = new ByteBuilder();
        format.Append(ended, expected);

        var early = LogLines.Request(("User-Agent", "a\tb"), ("X-Request-ID", "abc"));
        (early.BytesSent, early.BodyBytesSent, early.RequestLength) = (1, 2, 3);
        early.CurrentAttempt.ResponseMicroseconds = UpstreamAttempt.Unset;
        early.Finish(0, 0);
        var begun = format.Begin(early, new ByteBuilder());
        var late = new RequestContext();
        late.RestoreOutcome(early.SaveOutcome());
        (late.BytesSent, late.BodyBytesSent, late.RequestLength) = (ended.BytesSent, ended.BodyBytesSent, ended.RequestLength);
        late.CurrentAttempt.ResponseMicroseconds = ended.CurrentAttempt.ResponseMicroseconds;
        late.Finish(ended.FinishedTimestamp, ended.FinishedUtcTicks);
        var line = new ByteBuilder();
        format.AppendBegun(begun, late, line);

        Assert.Equal(Encoding.Latin1.GetString(expected.Written), Encoding.Latin1.GetString(line.Written));
    }

    private static string Latin1ToUtf8(string text) => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(text));
}
