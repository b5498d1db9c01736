using System.Threading.Tasks.Sources;
using Portico.Net.Timers;

namespace Portico.Net.Async;

/// <summary>
/// What code of a shard waits for when the shard itself will say how it ended: readiness of a socket, news of a stream, the passing of time.
/// (A result that comes from another thread is a <see cref="ShardPromise{T}"/>.)
/// <list type="bullet">
/// <item>Reused for every wait of its owner, so that waiting allocates nothing; one waiter at a time, each wait awaited once. Begun twice, or
/// awaited twice, it throws.</item>
/// <item>It is its own deadline: set from <see cref="Begin(Shard, TimeSpan)"/> to the end of the wait, where there is a limit.</item>
/// <item>Whoever ends the wait runs what follows it, inline, before <see cref="Complete"/> returns: nothing the waiter may have touched is
/// as it was.</item>
/// </list>
/// Used on the shard's thread only.
/// </summary>
public class ShardWait : Deadline, IValueTaskSource<int>
{
    private Action<object?>? _continuation;
    private object? _state;
    private int _result;
    private short _version;
    private bool _completed;

    /// <summary>Whether somebody waits.</summary>
    public bool IsPending { get; private set; }

    /// <summary>Begins a wait without a limit.</summary>
    /// <returns>What <see cref="Complete"/> is given.</returns>
    public ValueTask<int> Begin()
    {
        if (IsPending)
        {
            throw new InvalidOperationException("somebody waits already");
        }

        IsPending = true;
        _completed = false;
        return new ValueTask<int>(this, _version);
    }

    /// <summary>Begins a wait.</summary>
    /// <param name="limit">Longest wait; zero or less, or infinite, for none.</param>
    /// <returns>What <see cref="Complete"/> is given, or <see cref="IoStatus.TimedOut"/>.</returns>
    public ValueTask<int> Begin(Shard shard, TimeSpan limit)
    {
        var waiting = Begin();
        Limit(shard, limit);
        return waiting;
    }

    /// <summary>Gives a wait under way another limit, from now on; zero or less, or infinite, leaves the one it has.</summary>
    public void Limit(Shard shard, TimeSpan limit)
    {
        if (IsPending && limit > TimeSpan.Zero && limit != Timeout.InfiniteTimeSpan)
        {
            shard.Timers.Set(this, shard.NowMilliseconds + (long)limit.TotalMilliseconds);
        }
    }

    /// <summary>Ends the wait; without one nothing happens.</summary>
    public virtual void Complete(int result)
    {
        if (!IsPending)
        {
            return;
        }

        Clear();
        IsPending = false;
        _result = result;
        _completed = true;
        if (_continuation is { } continuation)
        {
            var state = _state;
            _continuation = null;
            _state = null;
            continuation(state);
        }
    }

    protected internal override void OnDue() => Complete(IoStatus.TimedOut);

    int IValueTaskSource<int>.GetResult(short token)
    {
        Check(token);
        _version++;
        _completed = false;
        return _result;
    }

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token)
    {
        Check(token);
        return _completed ? ValueTaskSourceStatus.Succeeded : ValueTaskSourceStatus.Pending;
    }

    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        Check(token);
        _continuation = continuation;
        _state = state;
    }

    private void Check(short token)
    {
        if (token != _version)
        {
            throw new InvalidOperationException("a wait was awaited more than once");
        }
    }
}
