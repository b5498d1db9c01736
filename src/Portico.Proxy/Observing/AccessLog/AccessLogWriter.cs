using Portico.Model;
using Portico.Proxy.Observing.Output;

namespace Portico.Proxy.Observing.AccessLog;

/// <summary>
/// Carries the access log from the shards' rings to its output, on a thread of its own and in big writes. Shards do not
/// wait for it: a blocked pipe or a full disk costs lines, never a request. While lines flow the thread looks every few
/// milliseconds, so that a line costs no system call; when nothing came for a while it sleeps until a shard wakes it.
/// </summary>
public sealed class AccessLogWriter
{
    /// <summary>Room for a shard's lines while the output is busy.</summary>
    public const int DefaultRingBytes = 1024 * 1024;

    private const int NapMilliseconds = 10;
    private const int NapsBeforeIdle = 50;

    /// <summary>The two sides use no full memory barrier; a wake-up that gets lost for it delays a line no longer than this.</summary>
    private const int IdleMilliseconds = 500;

    private readonly ILogOutput _output;
    private readonly ShardAccessLog[] _shards;
    private readonly Thread _thread;
    private readonly object _sleep = new();
    private int _pace = (int)Pace.Working;
    private volatile bool _stopping;
    private long _lostLines;
    private volatile SyslogSettings? _syslogWanted;
    private SyslogOutput? _syslog;

    /// <param name="path">A file, or empty for standard output.</param>
    public AccessLogWriter(string path, int shardCount)
        : this(DescriptorOutput.OrStandardOutput(path), shardCount, DefaultRingBytes)
    {
    }

    internal AccessLogWriter(ILogOutput output, int shardCount, int ringBytes)
    {
        _output = output;
        _shards = new ShardAccessLog[shardCount];
        for (var i = 0; i < shardCount; i++)
        {
            _shards[i] = new ShardAccessLog(this, ringBytes);
        }

        _thread = new Thread(Run) { Name = "access log", IsBackground = true };
    }

    private enum Pace
    {
        Working,
        Napping,
        Idle,
    }

    /// <summary>Lines that the shards handed over.</summary>
    public long Lines => Sum(static s => s.Lines);

    /// <summary>Lines that were not written: the ring was full, or the output failed.</summary>
    public long DroppedLines => Sum(static s => s.DroppedLines) + Interlocked.Read(ref _lostLines);

    /// <summary>Told, by a thread of the log, when its file cannot be opened.</summary>
    public Action<string>? OutputFailed
    {
        get => (_output as DescriptorOutput)?.Failed;
        set
        {
            if (_output is DescriptorOutput file)
            {
                file.Failed = value;
            }
        }
    }

    /// <summary>Whether the thread sleeps until a shard wakes it.</summary>
    internal bool IsIdle => Volatile.Read(ref _pace) == (int)Pace.Idle;

    internal ShardAccessLog Shard(int index) => _shards[index];

    public void Start() => _thread.Start();

    /// <summary>Follows a change of <c>access-log-path</c>. From any thread.</summary>
    public void ChangePath(string path)
    {
        if (_output is DescriptorOutput file)
        {
            file.Path = path;
        }
    }

    /// <summary>Follows a change of <c>enable-syslog</c> and what belongs to it: lines go there instead of the file. From any thread.</summary>
    public void ChangeSyslog(SyslogSettings? settings) => _syslogWanted = settings;

    /// <summary>Opens the file anew. From any thread.</summary>
    public void Reopen() => (_output as DescriptorOutput)?.Reopen();

    /// <summary>
    /// Writes what the rings hold and ends the thread; call it when the shards have stopped. False when the output did not
    /// take everything in time: the thread is then left behind and dies with the process.
    /// </summary>
    public bool Stop(TimeSpan limit)
    {
        _stopping = true;
        Wake();
        return (_thread.ThreadState & ThreadState.Unstarted) != 0 || _thread.Join(limit);
    }

    /// <summary>Called by a shard after each line: wakes the thread when it sleeps for long, or soon would be late.</summary>
    internal void LineAdded(ByteRing ring)
    {
        var pace = Volatile.Read(ref _pace);
        if (pace == (int)Pace.Idle || (pace == (int)Pace.Napping && ring.Pending > ring.Capacity / 2))
        {
            Wake();
        }
    }

    private void Wake()
    {
        // Of several shards one wins and makes the call.
        if (Interlocked.Exchange(ref _pace, (int)Pace.Working) != (int)Pace.Working)
        {
            lock (_sleep)
            {
                Monitor.Pulse(_sleep);
            }
        }
    }

    private void Run()
    {
        var emptyRounds = 0;
        while (true)
        {
            // Read before the rings: what was there when somebody asked to stop is still written.
            var stopping = _stopping;
            SyslogOutput.Follow(ref _syslog, _syslogWanted, OutputFailed);
            ILogOutput output = _syslog is null ? _output : _syslog;
            output.Refresh();
            var moved = false;
            foreach (var shard in _shards)
            {
                moved |= Drain(shard.Ring, output);
            }

            emptyRounds = moved ? 0 : emptyRounds + 1;
            if (!stopping)
            {
                Pause(emptyRounds > NapsBeforeIdle ? Pace.Idle : Pace.Napping);
            }
            else if (!moved)
            {
                return;
            }
        }
    }

    private void Pause(Pace pace)
    {
        lock (_sleep)
        {
            Volatile.Write(ref _pace, (int)pace);
            // A line that came between the last look and the announcement woke nobody; likewise a request to stop.
            // A nap is taken all the same: many lines a write is what it is for.
            if (!_stopping && (pace == Pace.Napping || !AnythingPending()))
            {
                Monitor.Wait(_sleep, pace == Pace.Idle ? IdleMilliseconds : NapMilliseconds);
            }

            Volatile.Write(ref _pace, (int)Pace.Working);
        }
    }

    private bool AnythingPending()
    {
        foreach (var shard in _shards)
        {
            if (shard.Ring.Pending > 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Writes what the ring holds now, to its end: rings hold whole lines, so lines of two shards never mix.</summary>
    private bool Drain(ByteRing ring, ILogOutput output)
    {
        var pending = ring.Pending;
        var left = pending;
        while (left > 0)
        {
            var bytes = ring.Peek(left);
            var count = output.Write(bytes);
            if (count == -NativeLogFile.EAGAIN)
            {
                // Whoever gave us the pipe made it non-blocking.
                Thread.Sleep(NapMilliseconds);
                continue;
            }

            if (count < 0)
            {
                Interlocked.Add(ref _lostLines, bytes.Count((byte)'\n'));
                count = bytes.Length;
            }

            ring.Consume(count);
            left -= count;
        }

        return pending > 0;
    }

    private long Sum(Func<ShardAccessLog, long> counter)
    {
        var sum = 0L;
        foreach (var shard in _shards)
        {
            sum += counter(shard);
        }

        return sum;
    }
}
