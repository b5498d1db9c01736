using static Portico.DataPlaneTests.Smuggling.Verdict;

namespace Portico.DataPlaneTests.Smuggling;

/// <summary>Field lines (RFC 9112 section 5) and the bytes that may stand in them (RFC 9110 section 5.5).</summary>
public static partial class Suspects
{
    private static Suspect[] Fields =>
    [
        new("obsolete line folding with a space", "GET /suspect HTTP/1.1\r\nHost: h.test\r\nX-A: b\r\n c\r\n\r\n", Refused(400)),
        new("obsolete line folding with a tab", "GET /suspect HTTP/1.1\r\nHost: h.test\r\nX-A: b\r\n\tc\r\n\r\n", Refused(400)),
        new("a folded line before the first field", "GET /suspect HTTP/1.1\r\n X-A: b\r\nHost: h.test\r\n\r\n", Refused(400)),
        new("space before the colon", "GET /suspect HTTP/1.1\r\nHost: h.test\r\nX-A : b\r\n\r\n", Refused(400)),
        new("tab before the colon", "GET /suspect HTTP/1.1\r\nHost: h.test\r\nX-A\t: b\r\n\r\n", Refused(400)),
        new("space before the colon of Content-Length", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nContent-Length : 5\r\n\r\nhello", Refused(400)),
        new("space inside a field name", "GET /suspect HTTP/1.1\r\nHost: h.test\r\nX A: b\r\n\r\n", Refused(400)),
        new("a field without colon", "GET /suspect HTTP/1.1\r\nHost: h.test\r\nX-A\r\n\r\n", Refused(400)),
        new("an empty field name", "GET /suspect HTTP/1.1\r\nHost: h.test\r\n: b\r\n\r\n", Refused(400)),
        new("all lines ended by bare LF", "GET /suspect HTTP/1.1\nHost: h.test\n\n", Refused(400)),
        new("one field ended by a bare LF", "GET /suspect HTTP/1.1\r\nHost: h.test\r\nX-A: b\nX-C: d\r\n\r\n", Refused(400)),
        new("the head ended by a bare LF", "GET /suspect HTTP/1.1\r\nHost: h.test\r\n\n", Refused(400)),
        new("a bare CR inside a value", "GET /suspect HTTP/1.1\r\nHost: h.test\r\nX-A: b\rX-C: d\r\n\r\n", Refused(400)),
        new("a second CR before the line end", "GET /suspect HTTP/1.1\r\nHost: h.test\r\nX-A: b\r\r\n\r\n", Refused(400)),
        new("a field ended by a bare CR", "GET /suspect HTTP/1.1\r\nHost: h.test\r\nX-A: b\rContent-Length: 5\r\n\r\nhello", Refused(400)),
        new("the head ended by CR CR LF", "GET /suspect HTTP/1.1\r\nHost: h.test\r\n\r\r\n", Refused(400)),
        new("NUL in a value", "GET /suspect HTTP/1.1\r\nHost: h.test\r\nX-A: b\0c\r\n\r\n", Refused(400)),
        new("NUL in a name", "GET /suspect HTTP/1.1\r\nHost: h.test\r\nX-\0A: b\r\n\r\n", Refused(400)),
        new("a control byte in a value", "GET /suspect HTTP/1.1\r\nHost: h.test\r\nX-A: b\x01" + "c\r\n\r\n", Refused(400)),
        new("a vertical tab in a value", "GET /suspect HTTP/1.1\r\nHost: h.test\r\nX-A: b\x0b" + "c\r\n\r\n", Refused(400)),
        new("an escape in a value", "GET /suspect HTTP/1.1\r\nHost: h.test\r\nX-A: \x1b[2J\r\n\r\n", Refused(400)),
        new("DEL in a value", "GET /suspect HTTP/1.1\r\nHost: h.test\r\nX-A: b\x7f\r\n\r\n", Refused(400)),
        new("DEL in a name", "GET /suspect HTTP/1.1\r\nHost: h.test\r\nX-\x7f: b\r\n\r\n", Refused(400)),
        new("a control byte in a name", "GET /suspect HTTP/1.1\r\nHost: h.test\r\nX-\x02: b\r\n\r\n", Refused(400)),
        new("a byte above ASCII in a name", "GET /suspect HTTP/1.1\r\nHost: h.test\r\nX-\u00e4: b\r\n\r\n", Refused(400).Or(Forwarded("GET", "/suspect"))),
        new("a name with other token characters is dropped", "GET /suspect HTTP/1.1\r\nHost: h.test\r\nX!A*: b\r\n\r\n", Forwarded("GET", "/suspect")),
        new("an empty value is a value", "GET /suspect HTTP/1.1\r\nHost: h.test\r\nX-A:\r\nX-B: \r\n\r\n", Forwarded("GET", "/suspect")),
        new("bytes above ASCII in a value pass", "GET /suspect HTTP/1.1\r\nHost: h.test\r\nX-A: gr\u00fc\u00df\r\n\r\n", Forwarded("GET", "/suspect")),
        new("a tab inside a value passes", "GET /suspect HTTP/1.1\r\nHost: h.test\r\nX-A: b\tc\r\n\r\n", Forwarded("GET", "/suspect")),
        new("one empty line before the request is read over", "\r\nGET /suspect HTTP/1.1\r\nHost: h.test\r\n\r\n", Forwarded("GET", "/suspect")),
        new("many empty lines before the request", string.Concat(Enumerable.Repeat("\r\n", 50)) + "GET /suspect HTTP/1.1\r\nHost: h.test\r\n\r\n", Refused(400).Or(Forwarded("GET", "/suspect"))),
        new("a bare LF before the request", "\nGET /suspect HTTP/1.1\r\nHost: h.test\r\n\r\n", Refused(400).Or(Forwarded("GET", "/suspect"))),
        new("a bare CR before the request", "\rGET /suspect HTTP/1.1\r\nHost: h.test\r\n\r\n", Refused(400)),
    ];
}
