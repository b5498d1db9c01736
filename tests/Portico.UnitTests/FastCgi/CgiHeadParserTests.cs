using System.Text;
using Portico.Http.FastCgi;
using Portico.Http.Http1;
using Portico.Http.Messages;
using Xunit;

namespace Portico.UnitTests.FastCgi;

public class CgiHeadParserTests
{
    [Theory]
    [InlineData("Content-Type: text/plain\r\n\r\n", 200)]
    [InlineData("Content-Type: text/plain\n\n", 200)]
    [InlineData("\r\n", 200)]
    [InlineData("Status: 404 Not Found\r\n\r\n", 404)]
    [InlineData("status: 599\n\n", 599)]
    [InlineData("Location: /there\r\n\r\n", 302)]
    [InlineData("Location: /there\r\nStatus: 301\r\n\r\n", 301)]
    public void The_status_comes_from_a_field(string text, int status)
    {
        var head = Parse(text, out var bodyStart);
        Assert.Equal(status, head.Status);
        Assert.Equal(text.Length, bodyStart);
        Assert.False(head.Headers.TryGet("Status"u8, out _));
    }

    [Fact]
    public void Fields_are_kept_and_the_body_begins_behind_the_empty_line()
    {
        var head = Parse("Set-Cookie: a=1\r\nSet-Cookie: b=2\nX-Empty:\r\n\r\nbody", out var bodyStart);
        Assert.Equal(["Set-Cookie: a=1", "Set-Cookie: b=2", "X-Empty: "], Lines(head));
        Assert.Equal("body", "Set-Cookie: a=1\r\nSet-Cookie: b=2\nX-Empty:\r\n\r\nbody"[bodyStart..]);
    }

    [Theory]
    [InlineData("A: b\r\n\r\n", false, BodyFraming.UntilClose)]
    [InlineData("Content-Length: 5\r\n\r\n", false, BodyFraming.Length)]
    [InlineData("Content-Length: 0\r\n\r\n", false, BodyFraming.None)]
    [InlineData("Content-Length: 5\r\n\r\n", true, BodyFraming.None)]
    [InlineData("Status: 204\r\n\r\n", false, BodyFraming.None)]
    [InlineData("Status: 304\r\n\r\n", false, BodyFraming.None)]
    public void The_body_is_what_length_and_status_make_it(string text, bool toHead, BodyFraming framing) =>
        Assert.Equal(framing, Parse(text, out _, toHead).Framing);

    [Theory]
    [InlineData("")]
    [InlineData("Status: 200\r\n")]
    [InlineData("Status: 200\r\n\r")]
    public void What_is_not_whole_waits(string text) => Assert.Equal(ParseStatus.NeedMore, StatusOf(text));

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n")]
    [InlineData("no colon\r\n\r\n")]
    [InlineData(" folded: x\r\n\r\n")]
    [InlineData("Bad name: x\r\n\r\n")]
    [InlineData("A: b\0c\r\n\r\n")]
    [InlineData("Status: 200\r\nStatus: 200\r\n\r\n")]
    [InlineData("Status: 101\r\n\r\n")]
    [InlineData("Status: 20\r\n\r\n")]
    [InlineData("Status: 2000\r\n\r\n")]
    [InlineData("Status: two\r\n\r\n")]
    [InlineData("Status:\r\n\r\n")]
    [InlineData("Content-Length: 1\r\nContent-Length: 1\r\n\r\n")]
    [InlineData("Content-Length: -1\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n")]
    public void What_is_no_head_is_refused(string text) => Assert.Equal(ParseStatus.Invalid, StatusOf(text));

    private static ParseStatus StatusOf(string text) =>
        CgiHeadParser.Parse(Encoding.Latin1.GetBytes(text), 0, text.Length, toHeadRequest: false, new ResponseHead(), out _);

    private static ResponseHead Parse(string text, out int bodyStart, bool toHead = false)
    {
        var head = new ResponseHead();
        Assert.Equal(ParseStatus.Done, CgiHeadParser.Parse(Encoding.Latin1.GetBytes(text), 0, text.Length, toHead, head, out bodyStart));
        return head;
    }

    private static List<string> Lines(ResponseHead head)
    {
        var lines = new List<string>();
        foreach (ref readonly var field in head.Headers.Fields)
        {
            lines.Add($"{Encoding.Latin1.GetString(head.Headers.Name(in field))}: {Encoding.Latin1.GetString(head.Headers.Value(in field))}");
        }

        return lines;
    }
}
