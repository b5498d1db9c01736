using static Portico.DataPlaneTests.Smuggling.Verdict;

namespace Portico.DataPlaneTests.Smuggling;

/// <summary>Transfer-Encoding (RFC 9112 section 6.1): chunked and nothing else, once, in HTTP/1.1.</summary>
public static partial class Suspects
{
    private static Suspect[] Codings =>
    [
        new("chunked twice in one line", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", Refused(400, 501)),
        new("chunked twice in two lines", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", Refused(400, 501)),
        new("chunked and identity in two lines", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n", Refused(400, 501)),
        new("gzip before chunked", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", Refused(400, 501)),
        new("chunked before gzip", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", Refused(400, 501)),
        new("identity", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nTransfer-Encoding: identity\r\n\r\n", Refused(400, 501)),
        new("identity with Content-Length", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nTransfer-Encoding: identity\r\nContent-Length: 5\r\n\r\nhello", Refused(400, 501)),
        new("an unknown coding that ends in chunked", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", Refused(400, 501)),
        new("an unknown coding that begins with chunked", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nTransfer-Encoding: chunkedx\r\n\r\n0\r\n\r\n", Refused(400, 501)),
        new("chunked with a parameter", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nTransfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n", Refused(400, 501)),
        new("chunked in quotes", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nTransfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", Refused(400, 501)),
        new("chunked in single quotes", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nTransfer-Encoding: 'chunked'\r\n\r\n0\r\n\r\n", Refused(400, 501)),
        new("chunked with a space inside", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nTransfer-Encoding: chun ked\r\n\r\n0\r\n\r\n", Refused(400, 501)),
        new("chunked behind a vertical tab", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nTransfer-Encoding: \x0b" + "chunked\r\n\r\n0\r\n\r\n", Refused(400, 501)),
        new("chunked before a form feed", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nTransfer-Encoding: chunked\x0c\r\n\r\n0\r\n\r\n", Refused(400, 501)),
        new("chunked behind a non-breaking space", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nTransfer-Encoding: \u00a0chunked\r\n\r\n0\r\n\r\n", Refused(400, 501)),
        new("an empty Transfer-Encoding", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nTransfer-Encoding: \r\nContent-Length: 5\r\n\r\nhello", Refused(400, 501)),
        new("chunked and an empty list element", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nTransfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n", Refused(400, 501).Or(Forwarded("POST", "/suspect"))),
        new("space before the colon of Transfer-Encoding", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", Refused(400)),
        new("tab before the colon of Transfer-Encoding", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nTransfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n", Refused(400)),
        new("Transfer-Encoding on a folded line", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", Refused(400)),
        new("Transfer-Encoding folded into another field", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nX-A: b\r\n Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello", Refused(400)),
        new("Transfer-Encoding on HTTP/1.0", "POST /suspect HTTP/1.0\r\nHost: h.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", Refused(400, 501)),
        new("Transfer-Encoding and keep-alive on HTTP/1.0", "POST /suspect HTTP/1.0\r\nHost: h.test\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n5\r\nhello\r\n0\r\n\r\n", Refused(400, 501)),
        new("chunked in other letters is chunked", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nTransfer-Encoding: ChUnKeD\r\n\r\n5\r\nhello\r\n0\r\n\r\n", Forwarded("POST", "/suspect", "hello")),
        new("chunked with blanks around is chunked", "POST /suspect HTTP/1.1\r\nHost: h.test\r\ntransfer-encoding:\t  chunked \t\r\n\r\n5\r\nhello\r\n0\r\n\r\n", Forwarded("POST", "/suspect", "hello")),
        new("a header that only looks like Transfer-Encoding", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nTransfer_Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello", Forwarded("POST", "/suspect", "hello")),
        new("Transfer-Encoding hidden by Connection stays in force", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nConnection: transfer-encoding\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", Refused(400).Or(Forwarded("POST", "/suspect", "hello"))),
        new("Content-Length hidden by Connection stays in force", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nConnection: content-length\r\nContent-Length: 5\r\n\r\nhello", Refused(400).Or(Forwarded("POST", "/suspect", "hello"))),
        new("GET with a chunked body keeps it", "GET /suspect HTTP/1.1\r\nHost: h.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", Forwarded("GET", "/suspect", "hello")),
    ];
}
