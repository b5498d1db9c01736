using static Portico.DataPlaneTests.Smuggling.Verdict;

namespace Portico.DataPlaneTests.Smuggling;

/// <summary>The request line (RFC 9112 section 3): three parts, single spaces, a known version.</summary>
public static partial class Suspects
{
    private static Suspect[] RequestLines =>
    [
        new("HTTP/0.9 without version", "GET /suspect\r\n\r\n", Refused(400, 505)),
        new("version HTTP/0.9", "GET /suspect HTTP/0.9\r\nHost: h.test\r\n\r\n", Refused(400, 505)),
        new("version HTTP/1.2", "GET /suspect HTTP/1.2\r\nHost: h.test\r\n\r\n", Refused(400, 505).Or(Forwarded("GET", "/suspect"))),
        new("version HTTP/2.0", "GET /suspect HTTP/2.0\r\nHost: h.test\r\n\r\n", Refused(400, 505)),
        new("version HTTP/3", "GET /suspect HTTP/3\r\nHost: h.test\r\n\r\n", Refused(400, 505)),
        new("version in lower case", "GET /suspect http/1.1\r\nHost: h.test\r\n\r\n", Refused(400, 505)),
        new("version with two digits", "GET /suspect HTTP/1.10\r\nHost: h.test\r\n\r\n", Refused(400, 505)),
        new("version with a leading zero", "GET /suspect HTTP/01.1\r\nHost: h.test\r\n\r\n", Refused(400, 505)),
        new("version with a space behind", "GET /suspect HTTP/1.1 \r\nHost: h.test\r\n\r\n", Refused(400)),
        new("version with a space inside", "GET /suspect HTTP/ 1.1\r\nHost: h.test\r\n\r\n", Refused(400, 505)),
        new("another protocol", "GET /suspect ICY/1.1\r\nHost: h.test\r\n\r\n", Refused(400, 505)),
        new("two spaces before the target", "GET  /suspect HTTP/1.1\r\nHost: h.test\r\n\r\n", Refused(400)),
        new("two spaces before the version", "GET /suspect  HTTP/1.1\r\nHost: h.test\r\n\r\n", Refused(400)),
        new("tabs for spaces", "GET\t/suspect\tHTTP/1.1\r\nHost: h.test\r\n\r\n", Refused(400)),
        new("a space before the method", " GET /suspect HTTP/1.1\r\nHost: h.test\r\n\r\n", Refused(400)),
        new("a space in the target", "GET /suspect HTTP/1.1 /b HTTP/1.1\r\nHost: h.test\r\n\r\n", Refused(400)),
        new("a tab in the target", "GET /suspect\tb HTTP/1.1\r\nHost: h.test\r\n\r\n", Refused(400)),
        new("no target", "GET HTTP/1.1\r\nHost: h.test\r\n\r\n", Refused(400)),
        new("no method", "/suspect HTTP/1.1\r\nHost: h.test\r\n\r\n", Refused(400)),
        new("request line ended by a bare LF", "GET /suspect HTTP/1.1\nHost: h.test\r\n\r\n", Refused(400)),
        new("request line ended by a bare CR", "GET /suspect HTTP/1.1\rHost: h.test\r\n\r\n", Refused(400)),
        new("request line with a CR in the target", "GET /suspect\rb HTTP/1.1\r\nHost: h.test\r\n\r\n", Refused(400)),
        new("NUL in the target", "GET /suspect\0 HTTP/1.1\r\nHost: h.test\r\n\r\n", Refused(400)),
        new("a control byte in the target", "GET /suspect\x01 HTTP/1.1\r\nHost: h.test\r\n\r\n", Refused(400)),
        new("DEL in the target", "GET /suspect\x7f HTTP/1.1\r\nHost: h.test\r\n\r\n", Refused(400)),
        new("a byte above ASCII in the target", "GET /suspect\u00ff HTTP/1.1\r\nHost: h.test\r\n\r\n", Refused(400).Or(Forwarded("GET", "/suspect\u00ff"))),
        new("a fragment in the target", "GET /suspect#frag HTTP/1.1\r\nHost: h.test\r\n\r\n", Refused(400).Or(Forwarded("GET", "/suspect#frag")).Or(Forwarded("GET", "/suspect"))),
        new("an encoded NUL in the path", "GET /suspect%00 HTTP/1.1\r\nHost: h.test\r\n\r\n", Answered(400)),
        new("a broken escape in the path", "GET /suspect%zz HTTP/1.1\r\nHost: h.test\r\n\r\n", Answered(400)),
        new("a path that leaves the root", "GET /../suspect HTTP/1.1\r\nHost: h.test\r\n\r\n", Answered(400)),
        new("an encoded path that leaves the root", "GET /%2e%2e/suspect HTTP/1.1\r\nHost: h.test\r\n\r\n", Answered(400)),
        new("an encoded line end stays encoded", "GET /suspect%0d%0aX-Smuggled:%201 HTTP/1.1\r\nHost: h.test\r\n\r\n", Refused(400).Or(Forwarded("GET", "/suspect%0d%0aX-Smuggled:%201"))),
        new("method in lower case is not GET", "get /suspect HTTP/1.1\r\nHost: h.test\r\n\r\n", Refused(400, 405, 501).Or(Forwarded("get", "/suspect"))),
        new("method with a colon", "GE:T /suspect HTTP/1.1\r\nHost: h.test\r\n\r\n", Refused(400, 405, 501)),
        new("method with a parenthesis", "GET( /suspect HTTP/1.1\r\nHost: h.test\r\n\r\n", Refused(400, 405, 501)),
        new("method with a NUL", "GE\0T /suspect HTTP/1.1\r\nHost: h.test\r\n\r\n", Refused(400, 405, 501)),
        new("method with a byte above ASCII", "G\u00c9T /suspect HTTP/1.1\r\nHost: h.test\r\n\r\n", Refused(400, 405, 501)),
        new("method of a thousand letters", new string('A', 1000) + " /suspect HTTP/1.1\r\nHost: h.test\r\n\r\n", Refused(400, 405, 414, 501).Or(Forwarded(new string('A', 1000), "/suspect"))),
        new("method with a hyphen passes", "M-SEARCH /suspect HTTP/1.1\r\nHost: h.test\r\n\r\n", Forwarded("M-SEARCH", "/suspect")),
        new("CONNECT", "CONNECT h.test:443 HTTP/1.1\r\nHost: h.test\r\n\r\n", Answered(400, 405)),
        new("CONNECT with a path", "CONNECT /suspect HTTP/1.1\r\nHost: h.test\r\n\r\n", Answered(400, 405)),
        new("TRACE", "TRACE /suspect HTTP/1.1\r\nHost: h.test\r\n\r\n", Answered(405)),
        new("GET with an asterisk", "GET * HTTP/1.1\r\nHost: h.test\r\n\r\n", Refused(400)),
        new("OPTIONS with an asterisk", "OPTIONS * HTTP/1.1\r\nHost: h.test\r\n\r\n", Answered(200, 204, 400, 404, 405)),
        new("a TLS ClientHello on the plain port", "\x16\x03\x01\x00\xf4\x01\x00\x00\xf0\x03\x03\r\n\r\n", Refused(400)),
        new("binary garbage", "\x80\x2e\x01\x00\x02\xff\xfe\r\n\r\n", Refused(400)),
    ];
}
