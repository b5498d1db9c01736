namespace Portico.Http.Http1;

/// <summary>What a parser says about the bytes it was shown.</summary>
public enum ParseStatus : byte
{
    /// <summary>The message is not complete yet.</summary>
    NeedMore,

    /// <summary>The message (or its head) is complete.</summary>
    Done,

    /// <summary>The bytes are refused; see the error.</summary>
    Invalid,
}

/// <summary>Why a message is refused. Each has one answer and one wording in <see cref="ParseErrors"/>.</summary>
public enum ParseError : byte
{
    None,
    BareLineFeed,
    BareCarriageReturn,
    BadMethod,
    BadTarget,
    BadRequestLine,
    BadVersion,
    UnsupportedVersion,
    BadHeaderName,
    BadHeaderValue,
    MissingColon,
    FoldedLine,
    SpaceBeforeColon,
    MissingHost,
    SeveralHosts,
    EmptyHost,
    SeveralContentLengths,
    BadContentLength,
    LengthAndTransferEncoding,
    UnknownTransferCoding,
    SeveralTransferEncodings,
    TransferEncodingInHttp10,
    RequestLineTooLong,
    HeaderTooLarge,
    BadStatusLine,
    BadChunkSize,
    BadChunkEnd,
    BadChunkExtension,
    TrailerTooLarge,
    MethodNotAllowed,
}

/// <summary>The one table of refusals: status to answer and words for the log.</summary>
public static class ParseErrors
{
    /// <summary>The status that a client gets (nginx's, see the protocol limits of the reference).</summary>
    public static int Status(ParseError error) => error switch
    {
        ParseError.RequestLineTooLong => 414,
        ParseError.UnsupportedVersion => 505,
        ParseError.UnknownTransferCoding => 501,
        ParseError.MethodNotAllowed => 405,
        _ => 400,
    };

    public static string Describe(ParseError error) => error switch
    {
        ParseError.BareLineFeed => "a line ends in LF without CR",
        ParseError.BareCarriageReturn => "CR without LF",
        ParseError.BadMethod => "the method has characters other than A-Z, - and _",
        ParseError.BadTarget => "the request target is malformed",
        ParseError.BadRequestLine => "the request line is malformed",
        ParseError.BadVersion => "the HTTP version is malformed",
        ParseError.UnsupportedVersion => "the HTTP version is not supported",
        ParseError.BadHeaderName => "a header name has characters that are not allowed",
        ParseError.BadHeaderValue => "a header value has control characters",
        ParseError.MissingColon => "a header line has no colon",
        ParseError.FoldedLine => "a header line is folded",
        ParseError.SpaceBeforeColon => "white space before the colon of a header",
        ParseError.MissingHost => "HTTP/1.1 request without Host",
        ParseError.SeveralHosts => "more than one Host header",
        ParseError.EmptyHost => "the Host header is empty",
        ParseError.SeveralContentLengths => "more than one Content-Length",
        ParseError.BadContentLength => "Content-Length is no number",
        ParseError.LengthAndTransferEncoding => "both Content-Length and Transfer-Encoding",
        ParseError.UnknownTransferCoding => "a transfer coding other than chunked",
        ParseError.SeveralTransferEncodings => "more than one Transfer-Encoding",
        ParseError.TransferEncodingInHttp10 => "Transfer-Encoding in HTTP/1.0",
        ParseError.RequestLineTooLong => "the request line is longer than a header buffer (large-client-header-buffers)",
        ParseError.HeaderTooLarge => "the headers do not fit the header buffers (large-client-header-buffers)",
        ParseError.BadStatusLine => "the status line is malformed",
        ParseError.BadChunkSize => "a chunk size is malformed",
        ParseError.BadChunkEnd => "a chunk does not end where its size says",
        ParseError.BadChunkExtension => "a chunk extension is malformed or too long",
        ParseError.TrailerTooLarge => "the trailers are too large",
        ParseError.MethodNotAllowed => "the method is not allowed here",
        _ => "no error",
    };
}
