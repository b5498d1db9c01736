using System.Collections.Frozen;
using System.Text;
using Portico.Proxy.Requests;

namespace Portico.Proxy.Answers;

/// <summary>
/// nginx's own pages, byte for byte as it sends them with server_tokens off: clients and monitors look for them. The only
/// thing left out is the padding that nginx adds for some browsers. Made once; the bytes are shared and never changed.
/// </summary>
internal static class StockPages
{
    private static readonly FrozenDictionary<int, byte[]> ByStatus = new Dictionary<int, string>
    {
        [301] = "301 Moved Permanently",
        [302] = "302 Found",
        [303] = "303 See Other",
        [307] = "307 Temporary Redirect",
        [308] = "308 Permanent Redirect",
        [400] = "400 Bad Request",
        [401] = "401 Authorization Required",
        [402] = "402 Payment Required",
        [403] = "403 Forbidden",
        [404] = "404 Not Found",
        [405] = "405 Not Allowed",
        [406] = "406 Not Acceptable",
        [408] = "408 Request Time-out",
        [409] = "409 Conflict",
        [410] = "410 Gone",
        [411] = "411 Length Required",
        [412] = "412 Precondition Failed",
        [413] = "413 Request Entity Too Large",
        [414] = "414 Request-URI Too Large",
        [415] = "415 Unsupported Media Type",
        [416] = "416 Requested Range Not Satisfiable",
        [421] = "421 Misdirected Request",
        [429] = "429 Too Many Requests",
        // nginx has no page for 431, it answers 400 with a variant; RFC 6585 gives the phrase.
        [431] = "431 Request Header Fields Too Large",
        [500] = "500 Internal Server Error",
        [501] = "501 Not Implemented",
        [502] = "502 Bad Gateway",
        [503] = "503 Service Temporarily Unavailable",
        [504] = "504 Gateway Time-out",
        [505] = "505 HTTP Version Not Supported",
        [507] = "507 Insufficient Storage",
    }.ToFrozenDictionary(p => p.Key, p => Page(p.Value, p.Value, null));

    private static readonly byte[] HeaderTooLarge =
        Page("400 Request Header Or Cookie Too Large", "400 Bad Request", "Request Header Or Cookie Too Large");

    private static readonly byte[] PlainHttpOnTlsPort =
        Page("400 The plain HTTP request was sent to HTTPS port", "400 Bad Request", "The plain HTTP request was sent to HTTPS port");

    private static readonly byte[] ClientCertificateMissing =
        Page("400 No required SSL certificate was sent", "400 Bad Request", "No required SSL certificate was sent");

    private static readonly byte[] ClientCertificateInvalid =
        Page("400 The SSL certificate error", "400 Bad Request", "The SSL certificate error");

    /// <summary>The Content-Type of all of them.</summary>
    public static ReadOnlySpan<byte> ContentType => "text/html"u8;

    /// <summary>The body of an answer; empty when it has none.</summary>
    public static ReadOnlySpan<byte> BodyOf(in OwnAnswer answer, RequestContext context) => answer.Body switch
    {
        AnswerBody.LocationText => context.Location.Written,
        AnswerBody.StockPage => answer.Reason switch
        {
            AnswerReason.HeaderTooLarge when answer.Status == 400 => HeaderTooLarge,
            AnswerReason.PlainHttpOnTlsPort => PlainHttpOnTlsPort,
            AnswerReason.ClientCertificateMissing when answer.Status == 400 => ClientCertificateMissing,
            AnswerReason.ClientCertificateInvalid when answer.Status == 400 => ClientCertificateInvalid,
            AnswerReason.ClientCertificateUnauthorized => "client certificate unauthorized"u8,
            _ => OfStatus(answer.Status),
        },
        _ => default,
    };

    /// <summary>The page of a status; nginx has none for the less usual ones and sends an empty body.</summary>
    public static ReadOnlySpan<byte> OfStatus(int status) => ByStatus.TryGetValue(status, out var page) ? page : default;

    private static byte[] Page(string title, string heading, string? explanation) => Encoding.ASCII.GetBytes(
        $"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{heading}</h1></center>\r\n"
        + (explanation is null ? "" : $"<center>{explanation}</center>\r\n")
        + "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n");
}
