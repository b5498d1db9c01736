using Portico.Http.Http2;
using Portico.Net;

namespace Portico.Http.Http1;

/// <summary>Limits of connections with clients, of both versions.</summary>
public sealed record Http1Limits
{
    public HeadLimits Head { get; init; } = HeadLimits.Default;

    /// <summary>Longest silence while a head is read, and before the first one.</summary>
    public TimeSpan HeadTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Longest silence between two reads of a body.</summary>
    public TimeSpan BodyTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Longest time in which the client takes no byte of the response.</summary>
    public TimeSpan SendTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long an idle connection is kept; zero keeps none.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(75);

    /// <summary>Requests of one connection; on HTTP/2 its streams.</summary>
    public int KeepAliveRequests { get; init; } = 1000;

    /// <summary>Whether HTTP/2 is spoken with new connections.</summary>
    public bool Http2 { get; init; } = true;

    /// <summary>Streams that a client of HTTP/2 may have open at a time.</summary>
    public int MaxConcurrentStreams { get; init; } = 128;

    /// <summary>Longest time for which a closing connection is drained (nginx's lingering_time).</summary>
    public TimeSpan LingerTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest silence while it is drained (nginx's lingering_timeout).</summary>
    public TimeSpan LingerTimeout { get; init; } = TimeSpan.FromSeconds(5);
}

/// <summary>
/// What the HTTP/1 connections of one shard share: the handler, the limits in force, and free exchanges.
/// <see cref="Limits"/> may be replaced at any time; a connection reads it at its next request.
/// </summary>
public sealed class Http1Server(IExchangeHandler handler)
{
    private readonly Stack<Http1Exchange> _free = new();
    private volatile Http1Limits _limits = new();
    private volatile ServerPhase _phase;

    public IExchangeHandler Handler { get; } = handler;

    /// <summary>Takes over connections whose first bytes are the preface of HTTP/2; null where they are not welcome.</summary>
    public Http2Server? Http2 { get; set; }

    public Http1Limits Limits
    {
        get => _limits;
        set => _limits = value;
    }

    public ServerPhase Phase
    {
        get => _phase;
        set => _phase = value;
    }

    /// <summary>Whether no connection waits for another request any more.</summary>
    public bool IsDraining => _phase == ServerPhase.Draining;

    internal Http1Exchange RentExchange(Shard shard)
    {
        shard.AssertOwned();
        return _free.TryPop(out var exchange) ? exchange : new Http1Exchange();
    }

    internal void ReturnExchange(Http1Exchange exchange)
    {
        if (_free.Count < 1024)
        {
            _free.Push(exchange);
        }
    }
}
