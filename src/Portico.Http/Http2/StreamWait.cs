using System.Threading.Tasks.Sources;
using Portico.Net;
using Portico.Net.Timers;

namespace Portico.Http.Http2;

/// <summary>
/// One direction of a stream while its handler waits: for bytes of the client, or for the client to take bytes. Reused for every wait, so
/// that waiting allocates nothing; at most one waiter at a time. Its deadline may also run without a waiter. Used on the shard's thread only.
/// </summary>
internal sealed class StreamWait(Action onDue) : Deadline, IValueTaskSource<int>
{
    private Action<object?>? _continuation;
    private object? _state;
    private int _result;
    private short _version;
    private bool _completed;

    /// <summary>Whether somebody waits.</summary>
    public bool IsPending { get; private set; }

    public ValueTask<int> Begin(Shard shard, TimeSpan timeout)
    {
        if (IsPending)
        {
            throw new InvalidOperationException("an operation in this direction is already under way");
        }

        IsPending = true;
        _completed = false;
        Arm(shard, timeout);
        return new ValueTask<int>(this, _version);
    }

    /// <summary>Gives whatever the deadline is for a new time limit, from now on. Zero or less sets none.</summary>
    public void Arm(Shard shard, TimeSpan timeout)
    {
        if (timeout > TimeSpan.Zero && timeout != Timeout.InfiniteTimeSpan)
        {
            shard.Timers.Set(this, shard.NowMilliseconds + (long)timeout.TotalMilliseconds);
        }
    }

    public void Complete(int result)
    {
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

    protected override void OnDue() => onDue();

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
            throw new InvalidOperationException("an operation was awaited more than once");
        }
    }
}
