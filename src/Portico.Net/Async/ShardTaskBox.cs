using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Threading.Tasks.Sources;

namespace Portico.Net.Async;

/// <summary>The result of a suspended method, and who waits for it. Used on one thread only.</summary>
internal class ShardTaskBox<T> : IValueTaskSource<T>
{
    private Action<object?>? _continuation;
    private object? _continuationState;
    private ExceptionDispatchInfo? _error;
    private T _result = default!;
    private bool _completed;

    public Action? MoveNextAction { get; protected init; }

    public short Version { get; private set; }

    public void SetResult(T result)
    {
        _result = result;
        Complete();
    }

    public void SetException(Exception exception)
    {
        _error = ExceptionDispatchInfo.Capture(exception);
        Complete();
    }

    public ValueTaskSourceStatus GetStatus(short token)
    {
        CheckToken(token);
        return !_completed ? ValueTaskSourceStatus.Pending
            : _error is null ? ValueTaskSourceStatus.Succeeded
            : ValueTaskSourceStatus.Faulted;
    }

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        CheckToken(token);
        _continuation = continuation;
        _continuationState = state;
    }

    public T GetResult(short token)
    {
        CheckToken(token);
        var result = _result;
        var error = _error;
        _result = default!;
        _error = null;
        _completed = false;
        Version++;
        Return();
        error?.Throw();
        return result;
    }

    /// <summary>Gives the box back to its free list, if it has one.</summary>
    protected virtual void Return()
    {
    }

    private void Complete()
    {
        _completed = true;
        var continuation = _continuation;
        if (continuation is not null)
        {
            var state = _continuationState;
            _continuation = null;
            _continuationState = null;
            // Nothing of this box is touched afterwards: the continuation takes the result and returns the box.
            continuation(state);
        }
    }

    private void CheckToken(short token)
    {
        if (token != Version)
        {
            ThrowAwaitedTwice();
        }
    }

    private static void ThrowAwaitedTwice() => throw new InvalidOperationException("a shard task was awaited more than once");
}

/// <summary>A suspended state machine in a box from the thread's free list.</summary>
internal sealed class StateMachineBox<T, TStateMachine> : ShardTaskBox<T>
    where TStateMachine : IAsyncStateMachine
{
    /// <summary>How many boxes of one kind a thread keeps; more than that many suspended at once are given to the collector afterwards.</summary>
    private const int KeptPerThread = 16 * 1024;

    [ThreadStatic]
    private static StateMachineBox<T, TStateMachine>? t_free;

    [ThreadStatic]
    private static int t_freeCount;

    private StateMachineBox<T, TStateMachine>? _next;

    private StateMachineBox() => MoveNextAction = MoveNext;

    public TStateMachine StateMachine = default!;

    public static StateMachineBox<T, TStateMachine> Rent()
    {
        var box = t_free;
        if (box is null)
        {
            return new StateMachineBox<T, TStateMachine>();
        }

        t_free = box._next;
        t_freeCount--;
        box._next = null;
        return box;
    }

    protected override void Return()
    {
        StateMachine = default!;
        if (t_freeCount < KeptPerThread)
        {
            _next = t_free;
            t_free = this;
            t_freeCount++;
        }
    }

    private void MoveNext() => StateMachine.MoveNext();
}
