using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Portico.Http.Http1;
using Portico.Http.Messages;
using Portico.TestKit.SecondParsers;
using Xunit;

namespace Portico.UnitTests.Http;

public class RequestParserTests
{
    private const string Plain = "GET /a%20b?x=1 HTTP/1.1\r\nHost: a.test\r\nX-One:  two words \t\r\nEmpty:\r\nContent-Length: 5\r\n\r\nhello";

    public static TheoryData<string, ParseError> Refused => new()
    {
        { "GET / HTTP/1.1\nHost: a\n\n", ParseError.BareLineFeed },
        { "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", ParseError.BareLineFeed },
        { "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", ParseError.BareCarriageReturn },
        { "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", ParseError.BadHeaderValue },
        { "GET / HTTP/1.1\r\nHost: a\r\nX: a\x7f\r\n\r\n", ParseError.BadHeaderValue },
        { "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", ParseError.FoldedLine },
        { "GET / HTTP/1.1\r\n Host: a\r\n\r\n", ParseError.FoldedLine },
        { "GET / HTTP/1.1\r\nHost : a\r\n\r\n", ParseError.SpaceBeforeColon },
        { "GET / HTTP/1.1\r\nHost\t: a\r\n\r\n", ParseError.SpaceBeforeColon },
        { "GET / HTTP/1.1\r\nHost: a\r\nno colon here\r\n\r\n", ParseError.SpaceBeforeColon },
        { "GET / HTTP/1.1\r\nHost: a\r\nnocolon\r\n\r\n", ParseError.MissingColon },
        { "GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n", ParseError.BadHeaderName },
        { "GET / HTTP/1.1\r\nHost: a\r\nX(Y: x\r\n\r\n", ParseError.BadHeaderName },
        { "GET / HTTP/1.1\r\nHost: a\r\nX\xe4: x\r\n\r\n", ParseError.BadHeaderName },
        { "GET / HTTP/1.1\r\n\r\n", ParseError.MissingHost },
        { "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", ParseError.SeveralHosts },
        { "GET / HTTP/1.1\r\nHost:\r\n\r\n", ParseError.EmptyHost },
        { "get / HTTP/1.1\r\nHost: a\r\n\r\n", ParseError.BadMethod },
        { "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", ParseError.BadMethod },
        { " GET / HTTP/1.1\r\nHost: a\r\n\r\n", ParseError.BadRequestLine },
        { "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", ParseError.BadRequestLine },
        { "GET  HTTP/1.1\r\nHost: a\r\n\r\n", ParseError.BadRequestLine },
        { "GET   HTTP/1.1\r\nHost: a\r\n\r\n", ParseError.BadRequestLine },
        { "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", ParseError.BadRequestLine },
        { "GET /\r\nHost: a\r\n\r\n", ParseError.BadRequestLine },
        { "GET /\t HTTP/1.1\r\nHost: a\r\n\r\n", ParseError.BadTarget },
        { "GET /a\0 HTTP/1.1\r\nHost: a\r\n\r\n", ParseError.BadTarget },
        { "GET foo HTTP/1.1\r\nHost: a\r\n\r\n", ParseError.BadTarget },
        { "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", ParseError.BadTarget },
        { "GET http://u@a.test/ HTTP/1.1\r\nHost: a\r\n\r\n", ParseError.BadTarget },
        { "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", ParseError.BadTarget },
        { "GET http://a.test?x HTTP/1.1\r\nHost: a\r\n\r\n", ParseError.BadTarget },
        { "GET / HTTP/2.0\r\nHost: a\r\n\r\n", ParseError.UnsupportedVersion },
        { "GET / http/1.1\r\nHost: a\r\n\r\n", ParseError.BadVersion },
        { "GET / HTTP/1.1.1\r\nHost: a\r\n\r\n", ParseError.BadVersion },
        { "GET / HTTP/11\r\nHost: a\r\n\r\n", ParseError.BadVersion },
        { "CONNECT a.test:443 HTTP/1.1\r\nHost: a\r\n\r\n", ParseError.MethodNotAllowed },
        { "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", ParseError.MethodNotAllowed },
        { "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", ParseError.SeveralContentLengths },
        { "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n", ParseError.BadContentLength },
        { "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n", ParseError.BadContentLength },
        { "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", ParseError.BadContentLength },
        { "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\n", ParseError.BadContentLength },
        { "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1 1\r\n\r\n", ParseError.BadContentLength },
        { "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", ParseError.BadContentLength },
        { "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999999999999999\r\n\r\n", ParseError.BadContentLength },
        { "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", ParseError.LengthAndTransferEncoding },
        { "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", ParseError.SeveralTransferEncodings },
        { "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", ParseError.UnknownTransferCoding },
        { "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n", ParseError.UnknownTransferCoding },
        { "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \"chunked\"\r\n\r\n", ParseError.UnknownTransferCoding },
        { "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n", ParseError.UnknownTransferCoding },
        { "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", ParseError.TransferEncodingInHttp10 },
    };

    [Fact]
    public void A_request_head_is_read_in_place()
    {
        var parsed = ParsedRequest.Whole(Plain);
        Assert.Equal(ParseStatus.Done, parsed.Status);
        Assert.Equal("GET", parsed.Method);
        Assert.Equal("/a%20b?x=1", parsed.Target);
        Assert.Equal([("Host", "a.test"), ("X-One", "two words"), ("Empty", ""), ("Content-Length", "5")], parsed.Headers);
        Assert.Equal(BodyFraming.Length, parsed.Head.Framing);
        Assert.Equal(5, parsed.Head.ContentLength);
        Assert.Equal(Plain.Length - 5, parsed.Head.HeadLength);
        Assert.True(parsed.Head.KeepAlive);
    }

    [Fact]
    public void A_head_means_the_same_byte_by_byte_and_cut_anywhere()
    {
        var whole = ParsedRequest.Whole(Plain);
        foreach (var parsed in Enumerable.Range(1, Plain.Length - 1).Select(cut => ParsedRequest.CutAt(Plain, cut)).Append(ParsedRequest.ByteByByte(Plain)))
        {
            Assert.Equal(ParseStatus.Done, parsed.Status);
            Assert.Equal(whole.Headers, parsed.Headers);
            Assert.Equal(whole.Target, parsed.Target);
            Assert.Equal(whole.Head.HeadLength, parsed.Head.HeadLength);
        }
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_two_readers_could_understand_differently_is_refused(string text, ParseError error)
    {
        Assert.Equal((ParseStatus.Invalid, error), (ParsedRequest.Whole(text).Status, ParsedRequest.Whole(text).Error));
        Assert.Equal(error, ParsedRequest.ByteByByte(text).Error);
        for (var cut = 1; cut < text.Length; cut++)
        {
            Assert.Equal(error, ParsedRequest.CutAt(text, cut).Error);
        }
    }

    [Theory]
    [InlineData("GET / HTTP/1.0\r\n\r\n", false)]
    [InlineData("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\r\n", true)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nConnection: foo , CLOSE\r\n\r\n", false)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nConnection: foo\r\nConnection: close\r\n\r\n", false)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nConnection: closed\r\n\r\n", true)]
    public void Keep_alive_follows_version_and_connection_tokens(string text, bool keeps)
    {
        var parsed = ParsedRequest.Whole(text);
        Assert.Equal(ParseStatus.Done, parsed.Status);
        Assert.Equal(keeps, parsed.Head.KeepAlive);
    }

    [Theory]
    [InlineData("GET http://b.test:81/x?y HTTP/1.1\r\nHost: a\r\n\r\n", "b.test:81", "/x?y")]
    [InlineData("GET HTTPS://b.test HTTP/1.1\r\nHost: a\r\n\r\n", "b.test", "/")]
    [InlineData("GET /x HTTP/1.1\r\nHost: a:80\r\n\r\n", "a:80", "/x")]
    public void An_absolute_target_routes_by_its_own_authority(string text, string authority, string path)
    {
        var parsed = ParsedRequest.Whole(text);
        Assert.Equal(authority, Encoding.Latin1.GetString(parsed.Head.Authority));
        Assert.Equal(path, Encoding.Latin1.GetString(parsed.Head.PathAndQuery));
    }

    [Fact]
    public void Empty_lines_in_front_of_a_request_are_skipped() =>
        Assert.Equal(ParseStatus.Done, ParsedRequest.ByteByByte("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n").Status);

    [Theory]
    [InlineData(8 * 1024, ParseStatus.Done)]
    [InlineData((8 * 1024) + 1, ParseStatus.Invalid)]
    public void A_request_line_fills_one_buffer_at_most(int length, ParseStatus expected)
    {
        var line = "GET /" + new string('a', length - "GET / HTTP/1.1\r\n".Length) + " HTTP/1.1\r\n";
        var parsed = ParsedRequest.Whole(line + "Host: a\r\n\r\n");
        Assert.Equal(expected, parsed.Status);
        Assert.Equal(expected == ParseStatus.Done ? ParseError.None : ParseError.RequestLineTooLong, parsed.Error);
    }

    [Theory]
    [InlineData(4, ParseStatus.Done)]
    [InlineData(5, ParseStatus.Invalid)]
    public void Headers_are_packed_whole_into_the_buffers(int largeLines, ParseStatus expected)
    {
        // Two lines of 5 KB do not share a buffer of 8 KB.
        var lines = string.Concat(Enumerable.Range(0, largeLines).Select(i => $"X-{i}: {new string('v', 5000)}\r\n"));
        var parsed = ParsedRequest.Whole($"GET / HTTP/1.1\r\nHost: a\r\n{lines}\r\n");
        Assert.Equal(expected, parsed.Status);
    }

    [Fact]
    public void A_line_without_end_is_refused_before_it_fills_the_memory()
    {
        var parsed = ParsedRequest.Whole("GET / HTTP/1.1\r\nHost: a\r\nX: " + new string('v', 8200));
        Assert.Equal(ParseError.HeaderTooLarge, parsed.Error);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(32_767)]
    [InlineData(32_768)]
    [InlineData(40_000)]
    public void A_header_that_decides_about_the_body_is_seen_however_late_it_comes(int before)
    {
        var text = "GET / HTTP/1.1\r\nHost: a\r\n" + string.Concat(Enumerable.Repeat("a:\r\n", before)) + "Content-Length: 5\r\n\r\n";
        var parsed = ParsedRequest.Whole(text, new HeadLimits(64 * 1024, 4));
        Assert.Equal((ParseStatus.Done, BodyFraming.Length), (parsed.Status, parsed.Head.Framing));
    }

    [Fact]
    public void The_parser_agrees_with_the_slow_one_on_whatever_it_is_shown()
    {
        var pieces = Gen.Elements(
            "GET", "POST", "get", " ", "  ", "/", "/a", "*", "HTTP/1.1", "HTTP/1.0", "\r\n", "\r\n", "\r\n", "\n", "\r", "\r\n\r\n",
            "Host: a\r\n", "Host:a\r\n", "Host: \r\n", "host: b\r\n", "X: y\r\n", "X-\x01: y\r\n", "Content-Length: 1\r\n", "Content-Length: x\r\n",
            "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip\r\n", ": ", ":", "\t", "\0", "\x80", "a");
        var framed =
            from head in Gen.Elements("GET / HTTP/1.1\r\nHost: a\r\n", "POST /x HTTP/1.0\r\n", "GET / HTTP/1.1\r\n", "")
            from noise in Gen.ListOf(pieces)
            from end in Gen.Elements("\r\n", "\r\n\r\n", "")
            select head + string.Concat(noise) + end;
        Prop.ForAll(Arb.From(framed), Agrees).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
    }

    private static void Agrees(string text)
    {
        var slow = SlowRequestReader.Read(text);
        var fast = ParsedRequest.Whole(text);
        Assert.Equal(slow is not null, fast.Status == ParseStatus.Done);
        Assert.Equal(fast.Status, ParsedRequest.ByteByByte(text).Status);
        if (slow is not null)
        {
            Assert.Equal(slow.Method, fast.Method);
            Assert.Equal(slow.Target, fast.Target);
            Assert.Equal(slow.Headers, fast.Headers);
        }
    }
}
