using System.Threading.Tasks.Sources;
using Portico.Net;
using Portico.Proxy.Spooling.Native;

namespace Portico.Proxy.Spooling;

/// <summary>
/// One body on disk, in a file without a name. Owned by one exchange and used on its shard's thread; the system calls run on the thread pool,
/// one at a time, and their ends come back through the shard's inbox: a slow disk makes one exchange wait, never the shard.
/// </summary>
internal sealed class BodySpool(SpoolFolder folder, Shard shard) : IThreadPoolWorkItem, IValueTaskSource<int>
{
    private enum Step : byte
    {
        None,
        Append,
        Read,
        Close,
    }

    private Step _step;
    private byte[] _buffer = [];
    private int _offset;
    private int _count;
    private long _position;
    private int _fd = -1;
    private int _result;
    private bool _completed;
    private short _version;
    private Action<object?>? _continuation;
    private object? _state;

    /// <summary>Bytes in the file.</summary>
    public long Length { get; private set; }

    /// <summary>Adds a piece at the end. The buffer must not be touched before the end of it.</summary>
    /// <returns>The bytes written; <see cref="SpoolStatus.Full"/> or <see cref="SpoolStatus.Failed"/>.</returns>
    public ValueTask<int> AppendAsync(byte[] buffer, int offset, int count)
    {
        if (count == 0)
        {
            return new ValueTask<int>(0);
        }

        return folder.TryTake(count) ? Begin(Step.Append, buffer, offset, count, Length) : new ValueTask<int>(SpoolStatus.Full);
    }

    /// <summary>Reads up to <paramref name="count"/> bytes from a position.</summary>
    /// <returns>The bytes read, zero at the end; <see cref="SpoolStatus.Failed"/>.</returns>
    public ValueTask<int> ReadAsync(long position, byte[] buffer, int offset, int count) => Begin(Step.Read, buffer, offset, count, position);

    /// <summary>Frees the file and its share of the quota. No step may be under way.</summary>
    public void Close()
    {
        if (_step == Step.None && _fd >= 0)
        {
            // Freeing the blocks of a large file takes its time as well.
            _step = Step.Close;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
        else
        {
            folder.Give(Length);
            Length = 0;
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        switch (_step)
        {
            case Step.Append:
                _result = Append();
                break;
            case Step.Read:
                _result = SpoolFile.Read(_fd, _buffer.AsSpan(_offset, _count), _position);
                break;
            case Step.Close:
                SpoolFile.Close(_fd);
                folder.Give(Length);
                return;
        }

        shard.Post(static spool => ((BodySpool)spool!).Complete(), this);
    }

    private int Append()
    {
        if (_fd < 0)
        {
            _fd = SpoolFile.Open(folder.Path);
            if (_fd < 0)
            {
                return SpoolFile.StatusOf(_fd);
            }
        }

        return SpoolFile.Write(_fd, _buffer.AsSpan(_offset, _count), _position);
    }

    private ValueTask<int> Begin(Step step, byte[] buffer, int offset, int count, long position)
    {
        if (_step != Step.None)
        {
            throw new InvalidOperationException("a step is already under way");
        }

        _step = step;
        _buffer = buffer;
        _offset = offset;
        _count = count;
        _position = position;
        _completed = false;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return new ValueTask<int>(this, _version);
    }

    /// <summary>On the shard's thread again.</summary>
    private void Complete()
    {
        if (_step == Step.Append)
        {
            if (_result == _count)
            {
                Length += _count;
            }
            else
            {
                folder.Give(_count);
            }
        }

        _step = Step.None;
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

/// <summary>How steps of a spool fail.</summary>
internal static class SpoolStatus
{
    /// <summary>The quota of the process, or the disk, is used up.</summary>
    public const int Full = -1;

    /// <summary>The folder cannot be written, or the disk fails.</summary>
    public const int Failed = -2;
}
