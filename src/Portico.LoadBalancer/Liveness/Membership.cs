using System.Collections.Immutable;

namespace Portico.LoadBalancer.Liveness;

/// <summary>What a heartbeat changed.</summary>
/// <param name="AnswerAtOnce">The sender does not know us yet, or we did not know it: waiting for the next turn would cost time.</param>
internal readonly record struct HeardHeartbeat(bool AliveChanged, bool AnswerAtOnce);

/// <summary>
/// Which speakers live, by what was heard of them. A node lives from a heartbeat that repeats our own number, which only somebody who hears
/// us now can, until it has been silent for <see cref="SilenceLimit"/> or says that it leaves. Knows no socket and no clock: times are
/// milliseconds that the caller gives. One thread.
/// </summary>
/// <param name="nonce">The random number of this process, not 0.</param>
internal sealed class Membership(string self, ulong nonce)
{
    /// <summary>Between two words to the same node.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>Five words lost in a row: with the time until others notice, less than the two seconds within which an address moves.</summary>
    public static readonly TimeSpan SilenceLimit = TimeSpan.FromMilliseconds(1400);

    private readonly Dictionary<string, Peer> _peers = new(StringComparer.Ordinal);
    private ulong _sequence;
    private long? _began;

    private sealed class Peer
    {
        /// <summary>The peer's number; 0 while nothing was heard. While the peer is not alive it may be that of a recording.</summary>
        public ulong Nonce { get; set; }

        public ulong Sequence { get; set; }

        public long LastHeard { get; set; }

        public bool IsAlive { get; set; }

        /// <summary>Numbers of processes that are over: their words are recordings.</summary>
        public HashSet<ulong> Over { get; } = [];
    }

    /// <summary>
    /// The nodes that live, with our own; null while nobody can have been heard yet: who has just begun must not take over everything
    /// because it knows nobody.
    /// </summary>
    public ImmutableHashSet<string>? Alive { get; private set; }

    /// <summary>The other nodes of the cluster. What was heard of those that stay is kept.</summary>
    public bool SetPeers(IReadOnlySet<string> nodes, long now)
    {
        _began ??= now;
        foreach (var gone in _peers.Keys.Where(n => !nodes.Contains(n)).ToList())
        {
            _peers.Remove(gone);
        }

        foreach (var node in nodes.Where(n => n != self))
        {
            _peers.TryAdd(node, new Peer());
        }

        return Settle(now);
    }

    public HeardHeartbeat Hear(Heartbeat beat, long now)
    {
        if (!_peers.TryGetValue(beat.Node, out var peer) || peer.Over.Contains(beat.Nonce) || beat.Nonce == 0)
        {
            return default;
        }

        var isNew = beat.Nonce != peer.Nonce;
        if (beat.Echo != nonce)
        {
            // It does not know us, or it is a recording. What is known of one that lives must not be lost to it.
            if (isNew && !peer.IsAlive)
            {
                (peer.Nonce, peer.Sequence) = (beat.Nonce, 0);
            }

            return new HeardHeartbeat(false, beat.Nonce == peer.Nonce || !peer.IsAlive);
        }

        if (!isNew && beat.Sequence <= peer.Sequence)
        {
            return default;
        }

        if (isNew && peer.Nonce != 0)
        {
            peer.Over.Add(peer.Nonce);
        }

        (peer.Nonce, peer.Sequence, peer.LastHeard) = (beat.Nonce, beat.Sequence, now);
        if (beat.Leaves)
        {
            peer.Over.Add(peer.Nonce);
        }

        var was = peer.IsAlive;
        peer.IsAlive = !beat.Leaves;
        return new HeardHeartbeat(Settle(now), (isNew || !was) && peer.IsAlive);
    }

    /// <returns>Whether somebody has been silent for too long.</returns>
    public bool Pass(long now)
    {
        foreach (var peer in _peers.Values.Where(p => p.IsAlive && now - p.LastHeard >= (long)SilenceLimit.TotalMilliseconds))
        {
            peer.IsAlive = false;
        }

        return Settle(now);
    }

    /// <summary>The next word to a node.</summary>
    public Heartbeat WordTo(string node, bool leaves = false) => new(self, nonce, _peers.TryGetValue(node, out var peer) ? peer.Nonce : 0, ++_sequence, leaves);

    private bool Settle(long now)
    {
        if (_began is not { } began || (Alive is null && now - began < (long)SilenceLimit.TotalMilliseconds && _peers.Values.Any(p => !p.IsAlive)))
        {
            return false;
        }

        var alive = _peers.Where(p => p.Value.IsAlive).Select(p => p.Key).Append(self).ToImmutableHashSet(StringComparer.Ordinal);
        if (Alive is not null && Alive.SetEquals(alive))
        {
            return false;
        }

        Alive = alive;
        return true;
    }
}
