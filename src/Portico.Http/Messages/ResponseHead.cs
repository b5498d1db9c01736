namespace Portico.Http.Messages;

/// <summary>A response of a backend without its body. Spans are valid until the next response is read. One shard's thread only.</summary>
public sealed class ResponseHead
{
    public int Status { get; set; }

    public HttpVersion Version { get; set; }

    public HeaderBlock Headers { get; } = new();

    public BodyFraming Framing { get; set; }

    public long ContentLength { get; set; }

    /// <summary>Whether the backend keeps its connection open for another request.</summary>
    public bool KeepAlive { get; set; }

    public int HeadLength { get; set; }

    public void Clear()
    {
        Headers.Clear();
        Status = 0;
        Version = HttpVersion.Http11;
        Framing = BodyFraming.None;
        ContentLength = 0;
        KeepAlive = false;
        HeadLength = 0;
    }
}
