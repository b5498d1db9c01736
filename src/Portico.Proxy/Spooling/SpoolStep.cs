using Portico.Net;
using Portico.Net.Async;

namespace Portico.Proxy.Spooling;

/// <summary>
/// A system call on a spool's file, made on the thread pool; its end comes back through the shard's inbox: a slow disk makes one exchange wait,
/// never the shard. One at a time; begun, awaited and ended on the shard's thread.
/// </summary>
internal abstract class SpoolStep(Shard shard) : IThreadPoolWorkItem
{
    private readonly ShardWait _end = new();
    private byte[] _buffer = [];
    private int _offset;
    private int _count;
    private long _position;
    private int _result;

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
        // Begun before the step is: its end may be told before the caller awaits it.
        var end = _end.Begin();
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return end;
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
        _end.Complete(_result);
    }
}
