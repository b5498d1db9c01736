using System.Threading.Tasks.Sources;
using Portico.Net;
using Portico.Net.Timers;

namespace Portico.Http.Http2;

/// <summary>
/// Somebody who waits for a stream, with a limit. Reused for every wait, so that waiting allocates nothing; one waiter at a time.
/// Used on the shard's thread only, and never completed inside an event of a session: what goes on here may use the session.
/// </summary>
internal sealed class Http2Wait(Shard shard) : Deadline, IValueTaskSource<int>
{
    private Action<object?>? _continuation;
    private object? _state;
    private int _result;
    private short _version;
    private bool _completed;

    public bool IsPending { get; private set; }

    /// <param name="timeout">Longest wait; zero or less for none.</param>
    /// <returns>What <see cref="Complete"/> is given, or <see cref="IoStatus.TimedOut"/>.</returns>
    public ValueTask<int> Begin(TimeSpan timeout)
    {
        if (IsPending)
        {
            throw new InvalidOperationException("somebody waits already");
        }

        IsPending = true;
        _completed = false;
        Limit(timeout);
        return new ValueTask<int>(this, _version);
    }

    /// <summary>Gives a wait under way a new limit, from now on.</summary>
    public void Limit(TimeSpan timeout)
    {
        if (IsPending && timeout > TimeSpan.Zero)
        {
            shard.Timers.Set(this, shard.NowMilliseconds + (long)timeout.TotalMilliseconds);
        }
    }

    /// <summary>Ends the wait; without one nothing happens.</summary>
    public void Complete(int result)
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

    protected override void OnDue() => Complete(IoStatus.TimedOut);

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
