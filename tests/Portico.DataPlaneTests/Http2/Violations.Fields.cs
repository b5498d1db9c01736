using Portico.TestKit.Http2;
using static Portico.TestKit.Http2.FrameFlag;

namespace Portico.DataPlaneTests.Http2;

/// <summary>Header blocks: compression, names, pseudo-fields, lengths, trailers.</summary>
internal static partial class Violations
{
    private static IEnumerable<Violation> Compression() =>
    [
        Block("2.3.3 of RFC 7541", "an index beyond the tables", [0xFF, 0x7F]),
        Block("6.1 of RFC 7541", "index 0", [0x80]),
        Block("4.2 of RFC 7541", "a table size behind a field", [0x82, 0x3F, 0x11]),
        Block("6.3 of RFC 7541", "a table size beyond SETTINGS_HEADER_TABLE_SIZE", [0x3F, 0xE2, 0x1F]),
        Block("5.2 of RFC 7541", "a Huffman string padded with more than seven bits", [0x00, 0x01, (byte)'x', 0x84, 0x49, 0x50, 0x9F, 0xFF]),
        Block("5.2 of RFC 7541", "a Huffman string padded with zeros", [0x00, 0x01, (byte)'x', 0x83, 0x49, 0x50, 0x90]),
        Block("5.2 of RFC 7541", "a Huffman string that holds EOS", [0x00, 0x01, (byte)'x', 0x87, 0x49, 0x51, 0xFF, 0xFF, 0xFF, 0xFA, 0x7F]),
        Block("5.1 of RFC 7541", "an integer without end", [0x00, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]),
        Block("4.3", "a block that ends inside a string", [0x00, 0x10, (byte)'x']),
    ];

    private static IEnumerable<Violation> Fields() =>
    [
        Malformed("8.2.1", "an upper-case name", [.. Get, ("X-Test", "1")]),
        Malformed("8.2.1", "a name with a blank", [.. Get, ("x test", "1")]),
        Malformed("8.2.1", "a value with NUL", [.. Get, ("x-test", "a\0b")]),
        Malformed("8.2.1", "a value with a line feed", [.. Get, ("x-test", "a\nx-injected: b")]),
        Malformed("8.2.1", "a value with CR and LF", [.. Get, ("x-test", "a\r\nx-injected: b")]),
        Malformed("8.2.2", "Connection", [.. Get, ("connection", "keep-alive")]),
        Malformed("8.2.2", "Keep-Alive", [.. Get, ("keep-alive", "5")]),
        Malformed("8.2.2", "Proxy-Connection", [.. Get, ("proxy-connection", "keep-alive")]),
        Malformed("8.2.2", "Transfer-Encoding", [.. Get, ("transfer-encoding", "chunked")]),
        Malformed("8.2.2", "Upgrade", [.. Get, ("upgrade", "websocket")]),
        Malformed("8.2.2", "TE other than trailers", [.. Get, ("te", "trailers, deflate")]),
        Malformed("8.3", "an unknown pseudo-field", [.. Get, (":test", "1")]),
        Malformed("8.3", "a pseudo-field of responses", [.. Get, (":status", "200")]),
        Malformed("8.3", "a pseudo-field behind a field", [(":method", "GET"), (":scheme", "http"), ("x-test", "1"), (":path", "/"), (":authority", "h.test")]),
        Malformed("8.3.1", "no :method", [(":scheme", "http"), (":path", "/"), (":authority", "h.test")]),
        Malformed("8.3.1", "no :scheme", [(":method", "GET"), (":path", "/"), (":authority", "h.test")]),
        Malformed("8.3.1", "no :path", [(":method", "GET"), (":scheme", "http"), (":authority", "h.test")]),
        Malformed("8.3.1", "an empty :path", [(":method", "GET"), (":scheme", "http"), (":path", ""), (":authority", "h.test")]),
        Malformed("8.3.1", "two :method", [(":method", "GET"), .. Get]),
        Malformed("8.3.1", "two :scheme", [(":scheme", "http"), .. Get]),
        Malformed("8.3.1", "two :path", [(":path", "/"), .. Get]),
        Malformed("8.3.1", "two :authority", [(":authority", "h.test"), .. Get]),
        Malformed("8.3.1", "neither :authority nor Host", [(":method", "GET"), (":scheme", "http"), (":path", "/")]),
        Malformed("8.3.1", "a :path that is no path", [(":method", "GET"), (":scheme", "http"), (":path", "index.html"), (":authority", "h.test")]),
        Malformed("4 of RFC 8441", ":protocol without CONNECT", [.. Get, (":protocol", "websocket")]),
        OfStream("8.1", "a pseudo-field in trailers", Http2Error.ProtocolError, Bytes.Post(1).Headers(1, EndHeaders | EndStream, (":method", "POST"))),
        OfStream("8.1", "an upper-case name in trailers", Http2Error.ProtocolError, Bytes.Post(1).Headers(1, EndHeaders | EndStream, ("X-Test", "1"))),
    ];

    private static IEnumerable<Violation> Lengths() =>
    [
        OfStream("8.1.1", "fewer bytes than Content-Length", Http2Error.ProtocolError, Bytes.Post(1, "/", ("content-length", "4")).Data(1, "abc", EndStream)),
        OfStream("8.1.1", "more bytes than Content-Length in one frame", Http2Error.ProtocolError, Bytes.Post(1, "/", ("content-length", "1")).Data(1, "abc", EndStream)),
        OfStream("8.1.1", "more bytes than Content-Length in several frames", Http2Error.ProtocolError, Bytes.Post(1, "/", ("content-length", "3")).Data(1, "abc").Data(1, "d", EndStream)),
        OfStream("8.1.1", "Content-Length without a body", Http2Error.ProtocolError, Bytes.Get(1, "/", ("content-length", "3"))),
        OfStream("8.1.1", "a Content-Length that is no number", Http2Error.ProtocolError, Bytes.Post(1, "/", ("content-length", "three"))),
        OfStream("8.1.1", "two Content-Length", Http2Error.ProtocolError, Bytes.Post(1, "/", ("content-length", "3"), ("content-length", "3"))),
    ];

    private static Violation Block(string section, string name, byte[] block) =>
        OfConnection(section, name, Http2Error.CompressionError, Bytes.Frame(FrameType.Headers, EndHeaders | EndStream, 1, block));

    private static Violation Malformed(string section, string name, (string Name, string Value)[] fields) =>
        OfStream(section, name, Http2Error.ProtocolError, Bytes.Headers(1, EndHeaders | EndStream, fields));
}
