using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Portico.Net.Async;

/// <summary>
/// Builds the <see cref="ValueTask{T}"/> of an async method of the data plane: put
/// <c>[AsyncMethodBuilder(typeof(ShardTaskMethodBuilder&lt;&gt;))]</c> on the method. Continuations run inline on the shard's thread,
/// and the box that holds a suspended method comes from a free list of that thread, so that a suspension allocates nothing once
/// the list is warm, however many methods are suspended at a time. (The framework's pooling builder keeps one box per core.)
/// No execution context flows. A task is awaited exactly once, on the thread that made it.
/// </summary>
/// <typeparam name="T">What the method returns.</typeparam>
public struct ShardTaskMethodBuilder<T>
{
    private ShardTaskBox<T>? _box;
    private T _result;

    [SuppressMessage("Design", "CA1000", Justification = "The shape that the compiler looks for.")]
    public static ShardTaskMethodBuilder<T> Create() => default;

    /// <summary>The method's task; read once, right after <see cref="Start"/>.</summary>
    public readonly ValueTask<T> Task => _box is null ? new ValueTask<T>(_result) : new ValueTask<T>(_box, _box.Version);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Start<TStateMachine>(ref TStateMachine stateMachine)
        where TStateMachine : IAsyncStateMachine => stateMachine.MoveNext();

    public readonly void SetStateMachine(IAsyncStateMachine stateMachine)
    {
    }

    public void SetResult(T result)
    {
        if (_box is null)
        {
            _result = result;
        }
        else
        {
            _box.SetResult(result);
        }
    }

    public void SetException(Exception exception)
    {
        // A method that fails before its first suspension has no box yet; one is made to carry the exception.
        _box ??= new ShardTaskBox<T>();
        _box.SetException(exception);
    }

    public void AwaitOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : INotifyCompletion
        where TStateMachine : IAsyncStateMachine => awaiter.OnCompleted(BoxFor(ref stateMachine).MoveNextAction!);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AwaitUnsafeOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : ICriticalNotifyCompletion
        where TStateMachine : IAsyncStateMachine => awaiter.UnsafeOnCompleted(BoxFor(ref stateMachine).MoveNextAction!);

    private ShardTaskBox<T> BoxFor<TStateMachine>(ref TStateMachine stateMachine)
        where TStateMachine : IAsyncStateMachine
    {
        if (_box is null)
        {
            // This builder is a field of the state machine: it must know its box before the machine is copied into it.
            var box = StateMachineBox<T, TStateMachine>.Rent();
            _box = box;
            box.StateMachine = stateMachine;
        }

        return _box;
    }
}
