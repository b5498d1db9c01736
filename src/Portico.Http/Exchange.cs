using Portico.Http.Http1;
using Portico.Http.Messages;
using Portico.Net.Sockets;

namespace Portico.Http;

/// <summary>
/// One request and its response, whatever the HTTP version: no policy knows the version. The handler reads the request, then writes
/// head, body and end of the response, in that order. Used on the shard's thread only; reused once it has ended.
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

    public bool ResponseStarted { get; protected set; }

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

    /// <summary>Reads payload bytes of the request body, answering an expectation of 100 (Continue) first.</summary>
    /// <returns>Bytes read; zero at the end of the body; negative when the client failed.</returns>
    public abstract ValueTask<int> ReadBodyAsync(byte[] buffer, int offset, int count);

    /// <summary>Begins the response; headers follow by <see cref="Add"/>.</summary>
    public abstract void StartResponse(int status);

    public abstract void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value);

    /// <summary>Ends the headers and decides the framing. Nothing needs to be sent yet.</summary>
    /// <param name="contentLength">The length of the body; null when it is not known. Responses that have no body by rule
    /// (HEAD, 204, 304) send the header only.</param>
    /// <param name="hasBody">False when no body bytes will be written.</param>
    public abstract void EndHeaders(long? contentLength, bool hasBody);

    /// <summary>Sends what is held back, because the body pauses.</summary>
    /// <returns>A negative status when the client is gone.</returns>
    public abstract ValueTask<int> FlushAsync();

    /// <summary>
    /// Writes payload bytes and everything that is still held back. Up to <see cref="BodyRoom.Before"/> bytes in front of the piece and
    /// <see cref="BodyRoom.After"/> bytes behind it may be overwritten.
    /// </summary>
    /// <param name="last">Whether the body ends with this piece.</param>
    /// <returns>A negative status when the client is gone.</returns>
    public abstract ValueTask<int> WriteBodyAsync(byte[] buffer, int offset, int count, bool last);

    /// <summary>Ends the response and sends what is held back. Called once, also after a last piece.</summary>
    /// <returns>A negative status when the client is gone.</returns>
    public abstract ValueTask<int> FinishAsync();

    /// <summary>Gives the response up in the middle: the client must not take it for complete.</summary>
    public abstract void Abort();

    /// <summary>Whether bytes of the tunnel came together with the request, so that they need not be waited for.</summary>
    public abstract bool HasTunnelBytes { get; }

    /// <summary>
    /// After a 101 response was finished the connection is a stream of bytes: reads what is there, first what came behind the request.
    /// </summary>
    /// <returns>As <see cref="Connection.ReadNow"/>.</returns>
    public abstract int ReadTunnelNow(byte[] buffer);

    /// <summary>Counts bytes of a tunnel that went to the client.</summary>
    public void CountTunnelBytes(int count)
    {
        BytesSent += count;
        BodyBytesSent += count;
    }

    /// <summary>Makes this the last exchange of its connection.</summary>
    public abstract void CloseAfterwards();
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
