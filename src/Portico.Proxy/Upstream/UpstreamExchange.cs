using Portico.Http.Http1;
using Portico.Http.Messages;
using Portico.Model.Policies;
using Portico.Net.Sockets;
using Portico.Proxy.Balancing;

namespace Portico.Proxy.Upstream;

/// <summary>
/// One request to an endpoint and its response, whatever the HTTP version is that the endpoint speaks: the forwarder does not know it.
/// The order is: start, headers, head with what there is of the body, further pieces and the end; meanwhile heads, pieces, trailers.
/// Statuses of reads and writes are those of <see cref="Net.IoStatus"/> and <see cref="Http.ExchangeStatus"/>. Owned by the shard.
/// </summary>
internal abstract class UpstreamExchange : IHeaderWriter
{
    public abstract EndpointState Endpoint { get; }

    /// <summary>Whether an earlier exchange used the connection.</summary>
    public abstract bool IsReused { get; }

    /// <summary>
    /// After a failure: whether it is that of a connection which the endpoint gave up while it was kept, so that it says nothing about the endpoint.
    /// </summary>
    public abstract bool IsStale { get; }

    /// <summary>After a failed write: whether the endpoint has taken nothing of the request.</summary>
    public abstract bool NothingTaken { get; }

    /// <summary>Whether bytes of the response have arrived.</summary>
    public abstract bool AnyByteReceived { get; }

    /// <summary>Whether there is something to read although the request could not be sent: an early answer, perhaps.</summary>
    public abstract bool MayHaveAnswered { get; }

    /// <summary>Whether request trailers can be sent.</summary>
    public abstract bool TakesTrailers { get; }

    /// <summary>The head that was read last. Its spans are valid until the exchange is released.</summary>
    public abstract ResponseHead Response { get; }

    /// <summary>The trailers of the response, once its body is done; null when there are none.</summary>
    public abstract HeaderBlock? Trailers { get; }

    /// <summary>Payload bytes of the response received so far.</summary>
    public abstract long BodyBytes { get; }

    /// <summary>Whether the response body has been read to its end.</summary>
    public abstract bool BodyDone { get; }

    /// <summary>The piece that the last <see cref="ReadBodyAsync"/> found, with <see cref="Http.BodyRoom"/> around it.</summary>
    public abstract byte[] Piece { get; }

    public abstract int PieceStart { get; }

    /// <summary>Begins the request; headers follow by <see cref="Add"/>, Host first.</summary>
    public abstract void StartRequest(ReadOnlySpan<byte> method, ReadOnlySpan<byte> target, UpstreamPolicy policy);

    public abstract void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value);

    /// <summary>Ends the headers and sends them, where that is one write with a small body that is whole.</summary>
    /// <param name="request">The client's head: what of it belongs to the connection is said anew.</param>
    /// <param name="length">Length of the body; null when there is none, or it is not known.</param>
    /// <param name="body">The body in hand, from <see cref="Http.BodyRoom.Before"/> on; not touched before this has ended.</param>
    /// <param name="whole">Whether the body in hand is all of it. Otherwise the head alone is sent, and pieces follow.</param>
    /// <returns>A negative status when the endpoint takes nothing.</returns>
    public abstract ValueTask<int> SendHeadAsync(RequestHead request, long? length, byte[]? body, int count, bool whole, TimeSpan timeout);

    /// <summary>Sends a piece, with <see cref="Http.BodyRoom"/> around it; ends when the buffer may be used again.</summary>
    public abstract ValueTask<int> WriteBodyAsync(byte[] buffer, int start, int count, TimeSpan timeout);

    /// <summary>Ends the request.</summary>
    public abstract ValueTask<int> FinishRequestAsync(HeaderBlock? trailers, TimeSpan timeout);

    /// <summary>Reads the next head, which may be an interim one.</summary>
    /// <param name="largestHead">Room for the head in bytes.</param>
    /// <param name="timeout">Longest silence; zero for none.</param>
    public abstract ValueTask<HeadStatus> ReadHeadAsync(bool toHeadRequest, int largestHead, TimeSpan timeout);

    /// <summary>Reads the next piece of the body; the one before counts as passed on.</summary>
    /// <returns>Its length; zero at the end; negative when the endpoint failed.</returns>
    public abstract ValueTask<int> ReadBodyAsync(TimeSpan timeout);

    /// <summary>Gives a read that waits a new limit, from now on.</summary>
    public abstract void LimitPendingRead(TimeSpan timeout);

    /// <summary>Ends a read that waits with <see cref="Net.IoStatus.Canceled"/>.</summary>
    public abstract void CancelRead();

    /// <summary>Gives the exchange up so that the endpoint cannot take what it got for complete; whoever waits is told.</summary>
    public abstract void Abort();

    /// <summary>Ends the exchange; the object is not to be used afterwards.</summary>
    /// <param name="requestComplete">Whether the whole request was sent, so that a connection of its own may carry another one.</param>
    public abstract void Release(bool requestComplete);

    /// <summary>Bytes that came behind the head of a 101 response: the first of the tunnel.</summary>
    public abstract ReadOnlySpan<byte> TakeTunnelBytes();

    /// <summary>After 101 (Switching Protocols): gives the connection away for good, in the place of <see cref="Release"/>.</summary>
    public abstract Connection TakeConnection();
}
