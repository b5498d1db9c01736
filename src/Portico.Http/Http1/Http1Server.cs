using Portico.Net;

namespace Portico.Http.Http1;

/// <summary>Limits of HTTP/1 connections with clients.</summary>
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

    public int KeepAliveRequests { get; init; } = 1000;

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
    private volatile bool _draining;

    public IExchangeHandler Handler { get; } = handler;

    public Http1Limits Limits
    {
        get => _limits;
        set => _limits = value;
    }

    /// <summary>From now on every response says <c>Connection: close</c> and no connection waits for another request.</summary>
    public bool IsDraining
    {
        get => _draining;
        set => _draining = value;
    }

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
