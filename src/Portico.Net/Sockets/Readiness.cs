using System.Threading.Tasks.Sources;

namespace Portico.Net.Sockets;

/// <summary>
/// One direction of a connection while somebody waits for it. Reused for every wait, so that waiting allocates nothing; at most one
/// waiter at a time. Used on the shard's thread only.
/// </summary>
internal sealed class Readiness : IValueTaskSource<int>
{
    private Action<object?>? _continuation;
    private object? _state;
    private int _result;
    private short _version;
    private bool _completed;

    /// <summary>Whether somebody waits.</summary>
    public bool IsPending { get; private set; }

    public byte[]? Buffer { get; private set; }

    public int Offset { get; private set; }

    public int Count { get; private set; }

    /// <summary>Bytes already moved by the operation in hand.</summary>
    public int Progress { get; set; }

    /// <summary>Begins a wait for an operation on a piece of a buffer (null: for the readiness alone).</summary>
    public ValueTask<int> Begin(byte[]? buffer, int offset, int count, int progress)
    {
        if (IsPending)
        {
            throw new InvalidOperationException("an operation in this direction is already under way");
        }

        IsPending = true;
        _completed = false;
        Buffer = buffer;
        Offset = offset;
        Count = count;
        Progress = progress;
        return new ValueTask<int>(this, _version);
    }

    public void Complete(int result)
    {
        IsPending = false;
        Buffer = null;
        _result = result;
        _completed = true;
        var continuation = _continuation;
        if (continuation is not null)
        {
            var state = _state;
            _continuation = null;
            _state = null;
            continuation(state);
        }
    }

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
