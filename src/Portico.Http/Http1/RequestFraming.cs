using Portico.Http.Messages;

namespace Portico.Http.Http1;

/// <summary>What a complete request head says about host, body and connection.</summary>
internal static class RequestFraming
{
    public static ParseError Complete(RequestHead head)
    {
        if (head.Method is HttpMethod.Trace or HttpMethod.Connect)
        {
            return ParseError.MethodNotAllowed;
        }

        var error = CheckHost(head);
        if (error != ParseError.None)
        {
            return error;
        }

        var headers = head.Headers;
        error = MessageFraming.Read(headers, out var framing, out var contentLength);
        if (error == ParseError.None && framing == BodyFraming.Chunked && head.Version == HttpVersion.Http10)
        {
            error = ParseError.TransferEncodingInHttp10;
        }

        head.Framing = framing == BodyFraming.Length && contentLength == 0 ? BodyFraming.None : framing;
        head.ContentLength = contentLength;
        var http11 = head.Version != HttpVersion.Http10;
        head.KeepAlive = http11
            ? !MessageFraming.HasToken(headers, HeaderId.Connection, "close"u8)
            : MessageFraming.HasToken(headers, HeaderId.Connection, "keep-alive"u8);
        head.ExpectsContinue = http11 && MessageFraming.HasToken(headers, HeaderId.Expect, "100-continue"u8);
        head.WantsUpgrade = http11 && headers.TryGet(HeaderId.Upgrade, out var upgrade) && !upgrade.IsEmpty;
        return error;
    }

    private static ParseError CheckHost(RequestHead head)
    {
        if (!head.Headers.TryGet(HeaderId.Host, out var host))
        {
            return head.Version == HttpVersion.Http10 ? ParseError.None : ParseError.MissingHost;
        }

        if (head.Headers.CountOf(HeaderId.Host) > 1)
        {
            return ParseError.SeveralHosts;
        }

        if (host.IsEmpty)
        {
            return ParseError.EmptyHost;
        }

        if (head.AuthorityRange.Length == 0)
        {
            head.AuthorityRange = head.Headers.RangeOf(HeaderId.Host);
        }

        return ParseError.None;
    }
}
