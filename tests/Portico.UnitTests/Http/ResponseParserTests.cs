using System.Text;
using Portico.Http.Http1;
using Portico.Http.Messages;
using Xunit;

namespace Portico.UnitTests.Http;

public class ResponseParserTests
{
    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", false, 200, BodyFraming.Length, true)]
    [InlineData("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", false, 200, BodyFraming.None, true)]
    [InlineData("HTTP/1.1 200 \r\nTransfer-Encoding: Chunked\r\n\r\n", false, 200, BodyFraming.Chunked, true)]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n", false, 200, BodyFraming.UntilClose, false)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", true, 200, BodyFraming.None, true)]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\n", false, 204, BodyFraming.None, true)]
    [InlineData("HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n", false, 304, BodyFraming.None, true)]
    [InlineData("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\n", false, 200, BodyFraming.Length, false)]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\n", false, 200, BodyFraming.Length, false)]
    [InlineData("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\n", false, 200, BodyFraming.Length, true)]
    public void Status_framing_and_keep_alive_follow_RFC_9112(string text, bool toHead, int status, BodyFraming framing, bool keeps)
    {
        for (var piece = 1; piece <= text.Length; piece++)
        {
            var (parsed, _, head) = Parse(text, piece, toHead);
            Assert.Equal(ParseStatus.Done, parsed);
            Assert.Equal((status, framing, keeps), (head.Status, head.Framing, head.KeepAlive));
            Assert.Equal(text.Length, head.HeadLength);
        }
    }

    [Theory]
    [InlineData("garbage", ParseError.BadStatusLine)]
    [InlineData("HTTP/2 200 OK\r\n\r\n", ParseError.BadStatusLine)]
    [InlineData("HTTP/1.1 20 OK\r\n\r\n", ParseError.BadStatusLine)]
    [InlineData("HTTP/1.1 2000 OK\r\n\r\n", ParseError.BadStatusLine)]
    [InlineData("HTTP/1.1 abc\r\n\r\n", ParseError.BadStatusLine)]
    [InlineData("HTTP/1.1 099 X\r\n\r\n", ParseError.BadStatusLine)]
    [InlineData("HTTP/1.1 200 O\0K\r\n\r\n", ParseError.BadStatusLine)]
    [InlineData("HTTP/1.1 200 OK\n\n", ParseError.BareLineFeed)]
    [InlineData("HTTP/1.1 200 OK\r\nX : y\r\n\r\n", ParseError.SpaceBeforeColon)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", ParseError.SeveralContentLengths)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", ParseError.LengthAndTransferEncoding)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", ParseError.UnknownTransferCoding)]
    public void What_is_no_response_is_refused(string text, ParseError error)
    {
        for (var piece = 1; piece <= text.Length; piece++)
        {
            var (parsed, found, _) = Parse(text, piece, toHead: false);
            Assert.Equal((ParseStatus.Invalid, error), (parsed, found));
        }
    }

    [Theory]
    [InlineData(4096, ParseStatus.Done)]
    [InlineData(4097, ParseStatus.Invalid)]
    public void The_whole_head_must_fit_its_room(int length, ParseStatus expected)
    {
        const string Frame = "HTTP/1.1 200 OK\r\nX: \r\n\r\n";
        var text = Frame.Replace("X: ", "X: " + new string('v', length - Frame.Length), StringComparison.Ordinal);
        Assert.Equal(expected, Parse(text, text.Length, toHead: false).Status);
        Assert.Equal(expected, Parse(text, 100, toHead: false).Status);
    }

    private static (ParseStatus Status, ParseError Error, ResponseHead Head) Parse(string text, int pieceSize, bool toHead)
    {
        const int Start = 16;
        var buffer = new byte[Start + text.Length];
        Encoding.Latin1.GetBytes(text, buffer.AsSpan(Start));
        var parser = new Http1ResponseParser();
        parser.Reset(Start);
        var head = new ResponseHead();
        var status = ParseStatus.NeedMore;
        for (var end = 0; end < text.Length && status == ParseStatus.NeedMore;)
        {
            end = Math.Min(text.Length, end + pieceSize);
            status = parser.Parse(buffer, Start + end, 4096, toHead, head);
        }

        return (status, parser.Error, head);
    }
}
