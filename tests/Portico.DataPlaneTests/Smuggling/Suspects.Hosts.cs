using static Portico.DataPlaneTests.Smuggling.Verdict;

namespace Portico.DataPlaneTests.Smuggling;

/// <summary>Host and the authority of an absolute target (RFC 9112 section 3.2).</summary>
public static partial class Suspects
{
    private static Suspect[] Hosts =>
    [
        new("no Host", "GET /suspect HTTP/1.1\r\nX-A: b\r\n\r\n", Refused(400)),
        new("no field at all", "GET /suspect HTTP/1.1\r\n\r\n", Refused(400)),
        new("two Hosts that differ", "GET /suspect HTTP/1.1\r\nHost: h.test\r\nHost: other.test\r\n\r\n", Refused(400)),
        new("two Hosts that agree", "GET /suspect HTTP/1.1\r\nHost: h.test\r\nHost: h.test\r\n\r\n", Refused(400)),
        new("an empty Host", "GET /suspect HTTP/1.1\r\nHost: \r\n\r\n", Refused(400)),
        new("an empty Host before a Host", "GET /suspect HTTP/1.1\r\nHost:\r\nHost: h.test\r\n\r\n", Refused(400)),
        new("a list in Host", "GET /suspect HTTP/1.1\r\nHost: h.test, other.test\r\n\r\n", Refused(400)),
        new("a space in Host", "GET /suspect HTTP/1.1\r\nHost: h.test other.test\r\n\r\n", Refused(400)),
        new("a path in Host", "GET /suspect HTTP/1.1\r\nHost: h.test/other\r\n\r\n", Refused(400)),
        new("a back slash in Host", "GET /suspect HTTP/1.1\r\nHost: h.test\\other\r\n\r\n", Refused(400)),
        new("a URL in Host", "GET /suspect HTTP/1.1\r\nHost: http://h.test\r\n\r\n", Refused(400)),
        new("userinfo in Host", "GET /suspect HTTP/1.1\r\nHost: user@h.test\r\n\r\n", Refused(400)),
        new("a port that is no number", "GET /suspect HTTP/1.1\r\nHost: h.test:8o80\r\n\r\n", Refused(400)),
        new("two ports in Host", "GET /suspect HTTP/1.1\r\nHost: h.test:80:80\r\n\r\n", Refused(400)),
        new("NUL in Host", "GET /suspect HTTP/1.1\r\nHost: h.test\0.other\r\n\r\n", Refused(400)),
        new("an unclosed IPv6 literal in Host", "GET /suspect HTTP/1.1\r\nHost: [::1\r\n\r\n", Refused(400)),
        new("Host on a folded line", "GET /suspect HTTP/1.1\r\nHost:\r\n h.test\r\n\r\n", Refused(400)),
        new("a port in Host is no part of the name", "GET /suspect HTTP/1.1\r\nHost: h.test:8080\r\n\r\n", Forwarded("GET", "/suspect")),
        new("Host in capitals is the same name", "GET /suspect HTTP/1.1\r\nHost: H.TEST\r\n\r\n", Forwarded("GET", "/suspect")),
        new("an absolute target routes by its authority", "GET http://h.test/suspect HTTP/1.1\r\nHost: other.test\r\n\r\n", Forwarded("GET", "/suspect")),
        new("an absolute target without path is the root", "GET http://h.test HTTP/1.1\r\nHost: h.test\r\n\r\n", Forwarded("GET", "/")),
        new("an absolute target for another host", "GET http://nobody.test/suspect HTTP/1.1\r\nHost: h.test\r\n\r\n", Answered(404)),
        new("an absolute target and no Host", "GET http://h.test/suspect HTTP/1.1\r\n\r\n", Refused(400)),
        new("userinfo in an absolute target", "GET http://user:pass@h.test/suspect HTTP/1.1\r\nHost: h.test\r\n\r\n", Refused(400)),
        new("an empty authority", "GET http:///suspect HTTP/1.1\r\nHost: h.test\r\n\r\n", Refused(400)),
        new("an absolute target of another scheme", "GET ftp://h.test/suspect HTTP/1.1\r\nHost: h.test\r\n\r\n", Refused(400).Or(Answered(404))),
        new("a target without leading slash", "GET suspect HTTP/1.1\r\nHost: h.test\r\n\r\n", Refused(400)),
        new("an authority for a target", "GET h.test:80 HTTP/1.1\r\nHost: h.test\r\n\r\n", Refused(400)),
    ];
}
