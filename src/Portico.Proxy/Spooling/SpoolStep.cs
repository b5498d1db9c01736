using System.Threading.Tasks.Sources;
using Portico.Net;

namespace Portico.Proxy.Spooling;

/// <summary>
/// A system call on a spool's file, made on the thread pool; its end comes back through the shard's inbox: a slow disk makes one exchange wait,
/// never the shard. One at a time; begun, awaited and ended on the shard's thread.
/// </summary>
internal abstract class SpoolStep(Shard shard) : IThreadPoolWorkItem, IValueTaskSource<int>
{
    private byte[] _buffer = [];
    private int _offset;
    private int _count;
    private long _position;
    private int _result;
    private bool _completed;
    private short _version;
    private Action<object?>? _continuation;
    private object? _state;

    public bool IsUnderWay { get; private set; }

    /// <summary>The buffer must not be touched before the end of it.</summary>
    public ValueTask<int> Begin(byte[] buffer, int offset, int count, long position)
    {
        if (IsUnderWay)
        {
            throw new InvalidOperationException("a step is already under way");
        }

        IsUnderWay = true;
        _buffer = buffer;
        _offset = offset;
        _count = count;
        _position = position;
        _completed = false;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return new ValueTask<int>(this, _version);
    }

    void IThreadPoolWorkItem.Execute()
    {
        _result = Make(_buffer.AsSpan(_offset, _count), _position);
        shard.Post(static step => ((SpoolStep)step!).Complete(), this);
    }

    /// <summary>Makes the call. On the thread pool.</summary>
    protected abstract int Make(Span<byte> bytes, long position);

    /// <summary>On the shard's thread again, before whoever waits goes on.</summary>
    protected virtual void Ended(int result, int count)
    {
    }

    private void Complete()
    {
        Ended(_result, _count);
        IsUnderWay = false;
        _buffer = [];
        _completed = true;
        if (_continuation is { } continuation)
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
            throw new InvalidOperationException("a step was awaited more than once");
        }
    }
}
