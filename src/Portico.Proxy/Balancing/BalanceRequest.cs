using Portico.Proxy.Requests;

namespace Portico.Proxy.Balancing;

/// <summary>What a balancer may look at when it chooses. Made on the stack for each choice.</summary>
/// <param name="hashKey">The evaluated key of a consistent hash; empty for other balancers, and a valid key.</param>
/// <param name="nowMilliseconds">A monotonic clock, as <see cref="Environment.TickCount64"/>.</param>
public readonly ref struct BalanceRequest(long nowMilliseconds, ReadOnlySpan<byte> hashKey = default)
{
    public long NowMilliseconds { get; } = nowMilliseconds;

    public ReadOnlySpan<byte> HashKey { get; } = hashKey;

    /// <summary>The first half of the session's cookie; empty when there is none.</summary>
    public ReadOnlySpan<byte> SessionKey { get; init; }

    /// <summary>Takes the key of a session that begins, or moves; empty before.</summary>
    internal ByteBuilder? NewSessionKey { get; init; }
}
