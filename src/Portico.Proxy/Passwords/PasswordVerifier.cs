using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Portico.Net;
using Portico.Net.Async;
using Portico.Proxy.Limits;
using Portico.Proxy.Policies;

namespace Portico.Proxy.Passwords;

/// <summary>
/// Checks passwords off the shards and remembers the verdicts, so that a slow hash is computed once for a user and not for each request.
/// Verdicts are kept under keyed hashes of user, password and stored hash: no password stays in memory, and a changed entry asks anew.
/// Right and wrong ones have tables of their own, so that guesses push no user out. At most half of the cores compute, and a short queue
/// waits for them: a flood of guesses costs the guessers an answer (503), never the gateway its cores. Thread-safe.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Lives as long as the process.")]
internal sealed class PasswordVerifier(PolicyState state)
{
    private const int QueueLength = 256;
    private const int TableSets = 1024;

    private readonly StripedTable _right = new(TableSets);
    private readonly StripedTable _wrong = new(TableSets);
    private readonly BlockingCollection<Job> _queue = new(QueueLength);
    private readonly Dictionary<UInt128, Job> _underWay = [];
    private readonly Lock _gate = new();
    private int _workers;

    public UInt128 KeyOf(ReadOnlySpan<byte> credentials) => state.KeyOf(credentials);

    public PasswordVerdict Recall(UInt128 key)
    {
        // Right first: that is the way of every request but the first.
        return IsKnown(_right, key) ? PasswordVerdict.Right : IsKnown(_wrong, key) ? PasswordVerdict.Wrong : PasswordVerdict.Unknown;
    }

    /// <summary>Has a password checked. Null when too many wait already.</summary>
    /// <param name="password">Owned by the verifier from now on.</param>
    public ShardPromise<bool>? Begin(UInt128 key, byte[] password, string hash, Shard shard)
    {
        var promise = new ShardPromise<bool>(shard);
        lock (_gate)
        {
            if (_underWay.TryGetValue(key, out var job))
            {
                job.Waiters.Add(promise);
                return promise;
            }

            job = new Job(key, password, hash, [promise]);
            if (!_queue.TryAdd(job))
            {
                return null;
            }

            _underWay.Add(key, job);
            if (_workers < Math.Max(1, Environment.ProcessorCount / 2))
            {
                _workers++;
                new Thread(Work) { Name = "passwords", IsBackground = true }.Start();
            }
        }

        return promise;
    }

    private static bool IsKnown(StripedTable table, UInt128 key)
    {
        ref var slot = ref table.EnterKnown(key, out var set);
        var known = !Unsafe.IsNullRef(ref slot);
        if (known)
        {
            slot.Used = Environment.TickCount64 + 1;
        }

        StripedTable.Leave(set);
        return known;
    }

    private static void Remember(StripedTable table, UInt128 key)
    {
        table.Enter(key, Environment.TickCount64 + 1, out var set);
        StripedTable.Leave(set);
    }

    private void Work()
    {
        foreach (var job in _queue.GetConsumingEnumerable())
        {
            var right = Check(job);
            // Noted before the job is forgotten, so that nobody finds neither.
            Remember(right ? _right : _wrong, job.Key);
            lock (_gate)
            {
                _underWay.Remove(job.Key);
            }

            foreach (var waiter in job.Waiters)
            {
                waiter.Complete(right);
            }
        }
    }

    /// <summary>A missing library lets nobody in.</summary>
    private static bool Check(Job job)
    {
        try
        {
            return PasswordHash.Verify(job.Password, job.Hash);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return false;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(job.Password);
        }
    }

    private sealed record Job(UInt128 Key, byte[] Password, string Hash, List<ShardPromise<bool>> Waiters);
}

internal enum PasswordVerdict : byte
{
    /// <summary>Nobody has checked it yet, or it was too long ago.</summary>
    Unknown,
    Right,
    Wrong,
}
