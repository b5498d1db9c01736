using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Portico.Net;
using Portico.Net.Async;

namespace Portico.Proxy.ExternalAuth;

/// <summary>
/// Answers of authentication services that are kept for a while, one store for all shards. Of requests that ask the same at once one goes
/// out and the others wait for it (<see cref="Join"/>). Finding a kept answer takes no lock and allocates nothing; asking does, and is
/// rare. Thread-safe.
/// </summary>
internal sealed class AuthAnswerCache
{
    /// <summary>The most answers; beyond it those that were not used for longest are given up.</summary>
    private const int Most = 16 * 1024;

    /// <summary>nginx's auth_cache forgets what nobody asks for in this time.</summary>
    private const long InactiveMilliseconds = 30 * 60 * 1000;

    private readonly ConcurrentDictionary<UInt128, Entry> _kept = new();
    private readonly Dictionary<UInt128, List<ShardPromise<AuthAnswer?>>> _asked = [];
    private readonly Lock _gate = new();

    public bool TryGet(UInt128 key, [NotNullWhen(true)] out AuthAnswer? answer)
    {
        var now = Environment.TickCount64;
        if (_kept.TryGetValue(key, out var entry) && now < entry.ExpiresAt && now - entry.UsedAt < InactiveMilliseconds)
        {
            entry.UsedAt = now;
            answer = entry.Answer;
            return true;
        }

        answer = null;
        return false;
    }

    /// <summary>
    /// Null: nobody asks this at the moment, so the caller does, and calls <see cref="Complete"/> in every case. Otherwise the answer of
    /// who asks already; a null answer in it is good for one request only, and each has to ask for itself.
    /// </summary>
    public ShardPromise<AuthAnswer?>? Join(UInt128 key, Shard shard)
    {
        lock (_gate)
        {
            if (_asked.TryGetValue(key, out var waiters))
            {
                var promise = new ShardPromise<AuthAnswer?>(shard);
                waiters.Add(promise);
                return promise;
            }

            _asked.Add(key, []);
            return null;
        }
    }

    /// <summary>Ends what <see cref="Join"/> began, and keeps the answer when its lifetime is not zero.</summary>
    public void Complete(UInt128 key, AuthAnswer answer, TimeSpan lifetime)
    {
        var keep = lifetime > TimeSpan.Zero;
        if (keep)
        {
            var now = Environment.TickCount64;
            _kept[key] = new Entry(answer, now + (long)lifetime.TotalMilliseconds) { UsedAt = now };
        }

        List<ShardPromise<AuthAnswer?>> waiters;
        lock (_gate)
        {
            _asked.Remove(key, out waiters!);
            if (_kept.Count > Most)
            {
                MakeRoom();
            }
        }

        foreach (var waiter in waiters)
        {
            waiter.Complete(keep ? answer : null);
        }
    }

    /// <summary>A quarter goes at a time, so that this is rare.</summary>
    private void MakeRoom()
    {
        var now = Environment.TickCount64;
        foreach (var (key, entry) in _kept)
        {
            if (now >= entry.ExpiresAt)
            {
                _kept.TryRemove(key, out _);
            }
        }

        foreach (var (key, _) in _kept.OrderBy(kept => kept.Value.UsedAt).Take(_kept.Count - (Most * 3 / 4)).ToList())
        {
            _kept.TryRemove(key, out _);
        }
    }

    private sealed class Entry(AuthAnswer answer, long expiresAt)
    {
        public AuthAnswer Answer => answer;

        public long ExpiresAt => expiresAt;

        /// <summary>Written by any shard; the last one wins, which is near enough.</summary>
        public long UsedAt { get; set; }
    }
}
