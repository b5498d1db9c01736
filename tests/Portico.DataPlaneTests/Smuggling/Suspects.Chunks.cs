using static Portico.DataPlaneTests.Smuggling.Verdict;

namespace Portico.DataPlaneTests.Smuggling;

/// <summary>The chunked coding itself (RFC 9112 section 7.1).</summary>
public static partial class Suspects
{
    private const string ChunkedHead = "POST /suspect HTTP/1.1\r\nHost: h.test\r\nTransfer-Encoding: chunked\r\n\r\n";

    private static Suspect[] Chunks =>
    [
        new("chunk size with 0x", ChunkedHead + "0x5\r\nhello\r\n0\r\n\r\n", RefusedInBody(400)),
        new("chunk size with a plus sign", ChunkedHead + "+5\r\nhello\r\n0\r\n\r\n", RefusedInBody(400)),
        new("negative chunk size", ChunkedHead + "-5\r\nhello\r\n0\r\n\r\n", RefusedInBody(400)),
        new("chunk size behind a space", ChunkedHead + " 5\r\nhello\r\n0\r\n\r\n", RefusedInBody(400)),
        new("chunk size before a space", ChunkedHead + "5 \r\nhello\r\n0\r\n\r\n", RefusedInBody(400).Or(Forwarded("POST", "/suspect", "hello"))),
        new("chunk size with garbage behind", ChunkedHead + "5x\r\nhello\r\n0\r\n\r\n", RefusedInBody(400)),
        new("chunk size with an underscore", ChunkedHead + "0_5\r\nhello\r\n0\r\n\r\n", RefusedInBody(400)),
        new("no chunk size at all", ChunkedHead + "\r\nhello\r\n0\r\n\r\n", RefusedInBody(400)),
        new("only an extension for a chunk size", ChunkedHead + ";a=b\r\nhello\r\n0\r\n\r\n", RefusedInBody(400)),
        new("chunk size beyond 64 bits", ChunkedHead + "10000000000000005\r\nhello\r\n0\r\n\r\n", RefusedInBody(400, 413)),
        new("chunk size that is negative in 64 bits", ChunkedHead + "ffffffffffffffff\r\nhello\r\n0\r\n\r\n", RefusedInBody(400, 413)),
        new("chunk size that is negative in 32 bits", ChunkedHead + "fffffffe\r\nhello\r\n0\r\n\r\n", RefusedInBody(400, 413)),
        new("chunk size that wraps in 32 bits", ChunkedHead + "100000005\r\nhello\r\n0\r\n\r\n", RefusedInBody(400, 413)),
        new("chunk size of a thousand zeros", ChunkedHead + new string('0', 1000) + "5\r\nhello\r\n0\r\n\r\n", RefusedInBody(400, 413).Or(Forwarded("POST", "/suspect", "hello"))),
        new("chunk size line ended by a bare LF", ChunkedHead + "5\nhello\r\n0\r\n\r\n", RefusedInBody(400)),
        new("chunk size line ended by a bare CR", ChunkedHead + "5\rhello\r\n0\r\n\r\n", RefusedInBody(400)),
        new("chunk data ended by a bare LF", ChunkedHead + "5\r\nhello\n0\r\n\r\n", RefusedInBody(400)),
        new("chunk data without its CRLF", ChunkedHead + "5\r\nhello0\r\n\r\n", RefusedInBody(400)),
        new("chunk data longer than its size", ChunkedHead + "4\r\nhello\r\n0\r\n\r\n", RefusedInBody(400)),
        new("chunk data with two other bytes for its CRLF", ChunkedHead + "5\r\nhelloXX0\r\n\r\n", RefusedInBody(400)),
        new("last chunk ended by a bare LF", ChunkedHead + "5\r\nhello\r\n0\n\r\n", RefusedInBody(400)),
        new("trailer section ended by a bare LF", ChunkedHead + "5\r\nhello\r\n0\r\n\n", RefusedInBody(400)),
        new("chunk extension with a bare LF", ChunkedHead + "5;a=b\nc\r\nhello\r\n0\r\n\r\n", RefusedInBody(400)),
        new("chunk extension with a bare CR", ChunkedHead + "5;a=b\rc\r\nhello\r\n0\r\n\r\n", RefusedInBody(400)),
        new("chunk extension with a quoted line end", ChunkedHead + "5;a=\"b\r\nhello\r\n0\r\n\r\n", RefusedInBody(400).Or(Forwarded("POST", "/suspect", "hello"))),
        new("chunk extension with a NUL", ChunkedHead + "5;a=\0\r\nhello\r\n0\r\n\r\n", RefusedInBody(400)),
        new("chunk extension of 64 kilobytes", ChunkedHead + "5;a=" + new string('b', 65536) + "\r\nhello\r\n0\r\n\r\n", RefusedInBody(400, 413)),
        new("a chunk extension is read over", ChunkedHead + "5;a=b;c=\"d\"\r\nhello\r\n0;last\r\n\r\n", Forwarded("POST", "/suspect", "hello")),
        new("a chunk size with leading zeros is read", ChunkedHead + "0005\r\nhello\r\n000\r\n\r\n", Forwarded("POST", "/suspect", "hello")),
        new("a chunk size in capitals is read", ChunkedHead + "A\r\nhellohello\r\n0\r\n\r\n", Forwarded("POST", "/suspect", "hellohello")),
        new("Content-Length in the trailers", ChunkedHead + "5\r\nhello\r\n0\r\nContent-Length: 41\r\n\r\n", RefusedInBody(400).Or(Forwarded("POST", "/suspect", "hello"))),
        new("Transfer-Encoding in the trailers", ChunkedHead + "5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n", RefusedInBody(400).Or(Forwarded("POST", "/suspect", "hello"))),
        new("Host in the trailers", ChunkedHead + "5\r\nhello\r\n0\r\nHost: other.test\r\n\r\n", RefusedInBody(400).Or(Forwarded("POST", "/suspect", "hello"))),
        new("an ordinary trailer is dropped", ChunkedHead + "5\r\nhello\r\n0\r\nX-Checksum: 1\r\n\r\n", Forwarded("POST", "/suspect", "hello")),
        new("a folded trailer", ChunkedHead + "5\r\nhello\r\n0\r\nX-A: b\r\n c\r\n\r\n", RefusedInBody(400)),
        new("a trailer without colon", ChunkedHead + "5\r\nhello\r\n0\r\nGET /smuggled HTTP/1.1\r\n\r\n", RefusedInBody(400)),
        new("trailers of 64 kilobytes", ChunkedHead + "5\r\nhello\r\n0\r\nX-A: " + new string('b', 65536) + "\r\n\r\n", RefusedInBody(400, 413, 431)),
    ];
}
