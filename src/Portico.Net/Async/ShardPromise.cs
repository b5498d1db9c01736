using System.Threading.Tasks.Sources;

namespace Portico.Net.Async;

/// <summary>
/// A result that comes from elsewhere (another shard, a worker thread) to one waiter on a shard: whoever has it calls
/// <see cref="Complete"/> once, on any thread, and the waiter goes on on its shard's thread. For rare ways only: it is allocated for each wait.
/// </summary>
public sealed class ShardPromise<T>(Shard shard) : IValueTaskSource<T>
{
    private ManualResetValueTaskSourceCore<T> _core;
    private T _result = default!;

    /// <summary>Waits for the result; awaited once, on the shard's thread.</summary>
    public ValueTask<T> Task => new(this, _core.Version);

    public void Complete(T result)
    {
        _result = result;
        shard.Post(static state => ((ShardPromise<T>)state!).Resume(), this);
    }

    private void Resume() => _core.SetResult(_result);

    T IValueTaskSource<T>.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<T>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<T>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, ValueTaskSourceOnCompletedFlags.None);
}
