using Portico.Http.Http1;
using Portico.Http.Messages;
using Portico.Net.Sockets;

namespace Portico.Http;

/// <summary>
/// One request and its response, whatever the HTTP version: no policy knows the version. The handler reads the request, then writes
/// head, body, trailers and end of the response, in that order. Used on the shard's thread only; reused once it has ended.
/// A protocol that the client asked to switch to is <see cref="RequestHead.WantsUpgrade"/>, and the backend's 101 (Switching Protocols)
/// begins the tunnel, also where the client's version says it differently (RFC 8441: an extended CONNECT and its 200).
/// Statuses of reads and writes are those of <see cref="Net.IoStatus"/>, plus <see cref="ExchangeStatus"/>.
/// </summary>
public abstract class Exchange : IHeaderWriter
{
    public RequestHead Request { get; } = new();

    /// <summary>The client's connection: addresses, TLS facts.</summary>
    public Connection Connection { get; protected set; } = null!;

    /// <summary>Why the codec refused the request; the handler answers it with the status of the refusal, and the connection closes.</summary>
    public Rejection Rejection { get; protected set; }

    /// <summary>How many requests this connection has carried, this one included.</summary>
    public int RequestNumber { get; protected set; }

    /// <summary>When the first byte of the request was seen, <see cref="System.Diagnostics.Stopwatch"/> ticks.</summary>
    public long StartedTicks { get; protected set; }

    /// <summary>Bytes of the request received so far, head and body as they came.</summary>
    public long BytesReceived { get; protected set; }

    /// <summary>Bytes of the response handed to the connection, head and framing included.</summary>
    public long BytesSent { get; protected set; }

    /// <summary>Payload bytes of the response.</summary>
    public long BodyBytesSent { get; protected set; }

    /// <summary>The three counts.</summary>
    public ExchangeBytes Bytes => new(BytesReceived, BytesSent, BodyBytesSent);

    public bool ResponseStarted { get; protected set; }

    /// <summary>
    /// What takes over after a 101 response was finished; null otherwise. Set by the handler before it returns; from then on the request,
    /// its head and its buffers are gone.
    /// </summary>
    public ITunnel? Tunnel { get; set; }

    /// <summary>Whether the request body has been read to its end.</summary>
    public abstract bool RequestBodyComplete { get; }

    /// <summary>Payload bytes of the request that are here already and can be read without waiting.</summary>
    public abstract int RequestBodyAvailable { get; }

    /// <summary>The largest request body in bytes; a read beyond it gives <see cref="ExchangeStatus.BodyTooLarge"/>. Null for no limit.</summary>
    public long? BodyLimit { get; set; }

    /// <summary>Payload bytes of the request read so far.</summary>
    public long BodyBytesRead { get; protected set; }

    /// <summary>Why the last body read failed, when the client's coding was malformed.</summary>
    public ParseError BodyError { get; protected set; }

    /// <summary>The trailers of the request, once its body is complete; null when there are none.</summary>
    public abstract HeaderBlock? RequestTrailers { get; }

    /// <summary>Who is told that the client left or finished sending. Gone again when it is set to null; the exchange's end does that too.</summary>
    public abstract IExchangeObserver? Observer { get; set; }

    /// <summary>Nothing can be sent to the client any more: its connection broke, or it gave this exchange up (RST_STREAM).</summary>
    public abstract bool IsClientGone { get; }

    /// <summary>
    /// The client closed its side of the connection. It may be waiting for its answer, or be gone: nobody can tell. The end of
    /// a request body alone does not count.
    /// </summary>
    public abstract bool ClientFinished { get; }

    /// <summary>Ends a read of the body that waits, if there is one, with <see cref="Net.IoStatus.Canceled"/>. The exchange goes on.</summary>
    public abstract void CancelBodyRead();

    /// <summary>Reads payload bytes of the request body, answering an expectation of 100 (Continue) first.</summary>
    /// <returns>Bytes read; zero at the end of the body; negative when the client failed.</returns>
    public abstract ValueTask<int> ReadBodyAsync(byte[] buffer, int offset, int count);

    /// <summary>
    /// Begins an interim response (RFC 9110, 15.2: 103, say; not 101), of which there may be several before the response. Its headers
    /// follow by <see cref="Add"/>, its end is <see cref="SendInterimAsync"/>.
    /// </summary>
    public abstract void StartInterim(int status);

    /// <summary>Sends the interim response; nothing is sent to a client whose version has none (HTTP/1.0).</summary>
    /// <returns>A negative status when the client is gone.</returns>
    public abstract ValueTask<int> SendInterimAsync();

    /// <summary>Begins the response; headers follow by <see cref="Add"/>.</summary>
    public abstract void StartResponse(int status);

    public abstract void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value);

    /// <summary>Ends the headers and decides the framing. Nothing needs to be sent yet.</summary>
    /// <param name="contentLength">The length of the body; null when it is not known. Responses that have no body by rule
    /// (HEAD, 204, 304) send the header only.</param>
    /// <param name="hasBody">False when neither body bytes nor trailers will be written: on HTTP/2 the head then ends the stream.</param>
    public abstract void EndHeaders(long? contentLength, bool hasBody);

    /// <summary>Sends what is held back, because the body pauses.</summary>
    /// <returns>A negative status when the client is gone.</returns>
    public abstract ValueTask<int> FlushAsync();

    /// <summary>
    /// Writes payload bytes and everything that is still held back. Up to <see cref="BodyRoom.Before"/> bytes in front of the piece and
    /// <see cref="BodyRoom.After"/> bytes behind it may be overwritten.
    /// </summary>
    /// <param name="last">Whether the response ends with this piece: no more bytes, no trailers.</param>
    /// <returns>A negative status when the client is gone.</returns>
    public abstract ValueTask<int> WriteBodyAsync(byte[] buffer, int offset, int count, bool last);

    /// <summary>
    /// Adds a trailer, after the last piece of the body (written with <c>last: false</c>) and before <see cref="FinishAsync"/>. Dropped where
    /// the client cannot take it: HTTP/1.0, HTTP/1.1 without <c>TE: trailers</c> or with a length (RFC 9110, 6.5.1).
    /// </summary>
    public abstract void AddTrailer(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value);

    /// <summary>Ends the response and sends what is held back. Called once, also after a last piece.</summary>
    /// <returns>A negative status when the client is gone.</returns>
    public abstract ValueTask<int> FinishAsync();

    /// <summary>Gives the response up in the middle: the client must not take it for complete.</summary>
    public abstract void Abort();

    /// <summary>
    /// Tells that the rest of what the client sends with this exchange is not wanted: on HTTP/1 this is the last exchange of its
    /// connection; on HTTP/2 the stream alone ends.
    /// </summary>
    public abstract void CloseAfterwards();
}

/// <summary>Hears about the client of an exchange.</summary>
public interface IExchangeObserver
{
    /// <summary>
    /// <see cref="Exchange.IsClientGone"/> or <see cref="Exchange.ClientFinished"/> became true, as far as that can be seen while nobody
    /// reads from the client. May be told more than once, and also when nothing of it changed.
    /// </summary>
    void OnClientChanged(Exchange exchange);
}

/// <summary>Why a request never became one.</summary>
public enum RejectionKind : byte
{
    None,

    /// <summary>The bytes are refused; <see cref="Rejection.Error"/> says why.</summary>
    Malformed,

    /// <summary>The head did not come in time.</summary>
    HeadTimeout,

    /// <summary>Plain HTTP on a TLS port.</summary>
    PlainHttpOnTlsPort,
}

public readonly record struct Rejection(RejectionKind Kind, ParseError Error)
{
    public bool IsSet => Kind != RejectionKind.None;

    public int Status => Kind switch
    {
        RejectionKind.HeadTimeout => 408,
        RejectionKind.PlainHttpOnTlsPort => 400,
        _ => ParseErrors.Status(Error),
    };
}

/// <summary>Further statuses of body reads.</summary>
public static class ExchangeStatus
{
    /// <summary>The client's body coding is malformed; see <see cref="Exchange.BodyError"/>.</summary>
    public const int BadBody = -20_000;

    /// <summary>The client finished sending before the body was complete.</summary>
    public const int Truncated = -20_001;

    /// <summary>The body is, or announces to be, larger than <see cref="Exchange.BodyLimit"/>.</summary>
    public const int BodyTooLarge = -20_002;
}

/// <summary>Room around a piece of a body in its buffer, in which the chunked coding is put without copying.</summary>
public static class BodyRoom
{
    /// <summary>A chunk size and CRLF.</summary>
    public const int Before = 16;

    /// <summary>CRLF, last chunk, end of trailers.</summary>
    public const int After = 8;
}

/// <summary>Serves exchanges. One for all connections of a server; called on the shard that owns the exchange.</summary>
public interface IExchangeHandler
{
    /// <summary>Serves one exchange to its end. Must finish or abort the response.</summary>
    ValueTask<bool> HandleAsync(Exchange exchange);
}
