using static Portico.DataPlaneTests.Smuggling.Verdict;

namespace Portico.DataPlaneTests.Smuggling;

/// <summary>Content-Length: alone, twice, beside Transfer-Encoding (RFC 9112 section 6.3).</summary>
public static partial class Suspects
{
    private static Suspect[] Lengths =>
    [
        new("Content-Length and Transfer-Encoding", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", Refused(400)),
        new("Transfer-Encoding before Content-Length", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", Refused(400)),
        new("CL.TE with a smuggled request", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nContent-Length: 52\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h.test\r\nX-Smuggled: 1", Refused(400)),
        new("TE.CL with a smuggled request", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n29\r\nGET /smuggled HTTP/1.1\r\nHost: h.test\r\n\r\n\r\n0\r\n\r\n", Refused(400)),
        new("two Content-Length of different value", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", Refused(400)),
        new("two Content-Length of the same value", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", Refused(400)),
        new("two Content-Length with fields between", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nContent-Length: 0\r\nX-A: b\r\ncontent-length: 44\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h.test\r\n\r\n", Refused(400)),
        new("a list in Content-Length", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nContent-Length: 5, 5\r\n\r\nhello", Refused(400)),
        new("a list of different values in Content-Length", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nContent-Length: 5, 6\r\n\r\nhello!", Refused(400)),
        new("Content-Length with a plus sign", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nContent-Length: +5\r\n\r\nhello", Refused(400)),
        new("a negative Content-Length", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nContent-Length: -5\r\n\r\nhello", Refused(400)),
        new("Content-Length with a space inside", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nContent-Length: 1 5\r\n\r\nhello", Refused(400)),
        new("a hexadecimal Content-Length", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nContent-Length: 0x5\r\n\r\nhello", Refused(400)),
        new("Content-Length with letters behind", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nContent-Length: 5a\r\n\r\nhello", Refused(400)),
        new("a fractional Content-Length", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nContent-Length: 5.0\r\n\r\nhello", Refused(400)),
        new("a quoted Content-Length", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nContent-Length: \"5\"\r\n\r\nhello", Refused(400)),
        new("an empty Content-Length", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nContent-Length: \r\n\r\n", Refused(400)),
        new("Content-Length beyond 64 bits", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nContent-Length: 18446744073709551621\r\n\r\nhello", Refused(400, 413)),
        new("Content-Length at the top of 64 bits", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nContent-Length: 9223372036854775807\r\n\r\nhello", Refused(400, 413)),
        new("Content-Length of two hundred digits", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nContent-Length: " + new string('1', 200) + "\r\n\r\nhello", Refused(400, 413)),
        new("Content-Length with non-ASCII digits", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nContent-Length: \u00b2\r\n\r\nhello", Refused(400)),
        new("Content-Length with blanks around is one number", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nContent-Length: \t 5 \t \r\n\r\nhello", Forwarded("POST", "/suspect", "hello")),
        new("Content-Length with leading zeros is decimal", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nContent-Length: 0000000000000000000000010\r\n\r\nhellohello", Refused(400).Or(Forwarded("POST", "/suspect", "hellohello"))),
        new("GET with a body keeps it", "GET /suspect HTTP/1.1\r\nHost: h.test\r\nContent-Length: 40\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h.test\r\n\r\n", Forwarded("GET", "/suspect", "GET /smuggled HTTP/1.1\r\nHost: h.test\r\n\r\n")),
        new("a header that only looks like Content-Length", "POST /suspect HTTP/1.1\r\nHost: h.test\r\nContent_Length: 99\r\nContent-Length: 5\r\n\r\nhello", Forwarded("POST", "/suspect", "hello")),
    ];
}
