namespace Portico.Http.Messages;

/// <summary>
/// A request without its body, whatever HTTP version it came by. Spans point into the connection's receive buffer and are
/// valid until the exchange ends. Reused from one exchange to the next; used on the shard's thread only.
/// </summary>
public sealed class RequestHead
{
    public HttpMethod Method { get; set; }

    public HttpVersion Version { get; set; }

    public HeaderBlock Headers { get; } = new();

    /// <summary>How the end of the body is found.</summary>
    public BodyFraming Framing { get; set; }

    /// <summary>The announced length; zero unless <see cref="Framing"/> is <see cref="BodyFraming.Length"/>.</summary>
    public long ContentLength { get; set; }

    /// <summary>Whether the client allows another request on its connection (RFC 9112, 9.3).</summary>
    public bool KeepAlive { get; set; }

    /// <summary>Whether the client waits for 100 (Continue) before it sends the body.</summary>
    public bool ExpectsContinue { get; set; }

    /// <summary>Whether the client asks to switch protocols: an Upgrade header on HTTP/1.1, an extended CONNECT on HTTP/2.</summary>
    public bool WantsUpgrade { get; set; }

    /// <summary>Bytes of the head as received, empty line included.</summary>
    public int HeadLength { get; set; }

    /// <summary>Where the method token stands in the buffer of <see cref="Headers"/>.</summary>
    public ByteRange MethodRange { get; set; }

    /// <summary>Where the request target stands.</summary>
    public ByteRange TargetRange { get; set; }

    /// <summary>Path and query of the target: the target itself, or what follows the authority of an absolute URI.</summary>
    public ByteRange PathAndQueryRange { get; set; }

    /// <summary>The authority that routes the request: that of an absolute URI, else the Host header; empty when neither is there.</summary>
    public ByteRange AuthorityRange { get; set; }

    public ReadOnlySpan<byte> MethodToken => Slice(MethodRange);

    /// <summary>The request target as sent.</summary>
    public ReadOnlySpan<byte> Target => Slice(TargetRange);

    /// <summary>Path and query as sent, e.g. <c>/a%20b?x=1</c>. An absolute URI without a path gives <c>/</c> only through <see cref="Path"/>.</summary>
    public ReadOnlySpan<byte> PathAndQuery => PathAndQueryRange.Length == 0 ? "/"u8 : Slice(PathAndQueryRange);

    /// <summary>The path as sent, without the query.</summary>
    public ReadOnlySpan<byte> Path
    {
        get
        {
            var all = PathAndQuery;
            var mark = all.IndexOf((byte)'?');
            return mark < 0 ? all : all[..mark];
        }
    }

    /// <summary>The query without its question mark; empty when there is none.</summary>
    public ReadOnlySpan<byte> Query
    {
        get
        {
            var all = PathAndQuery;
            var mark = all.IndexOf((byte)'?');
            return mark < 0 ? default : all[(mark + 1)..];
        }
    }

    public ReadOnlySpan<byte> Authority => Slice(AuthorityRange);

    /// <summary>The Host header as sent, empty when there is none.</summary>
    public ReadOnlySpan<byte> Host => Headers.TryGet(HeaderId.Host, out var host) ? host : default;

    /// <summary>Empties the head for the next request.</summary>
    public void Clear()
    {
        Headers.Clear();
        Method = HttpMethod.Other;
        Version = HttpVersion.Http11;
        Framing = BodyFraming.None;
        ContentLength = 0;
        KeepAlive = false;
        ExpectsContinue = false;
        WantsUpgrade = false;
        HeadLength = 0;
        MethodRange = default;
        TargetRange = default;
        PathAndQueryRange = default;
        AuthorityRange = default;
    }

    private ReadOnlySpan<byte> Slice(ByteRange range) => Headers.Buffer.AsSpan(range.Start, range.Length);
}

/// <summary>How the end of a body is found (RFC 9112, 6.3).</summary>
public enum BodyFraming : byte
{
    /// <summary>There is no body.</summary>
    None,

    /// <summary>After Content-Length bytes.</summary>
    Length,

    /// <summary>By the last chunk, or on HTTP/2 by the end of the stream where no length was announced.</summary>
    Chunked,

    /// <summary>By the end of the connection; responses only.</summary>
    UntilClose,
}

/// <summary>A piece of a buffer.</summary>
public readonly record struct ByteRange(int Start, int Length);
