using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using Portico.Net.Native;
using Portico.Net.Sockets;
using Portico.Net.Timers;

namespace Portico.Net;

/// <summary>
/// One thread with everything it needs to carry traffic: an epoll instance, timers, buffers, connections. What a shard owns is
/// touched on its thread only, so nothing has a lock; the one way in from elsewhere is <see cref="Post"/>.
/// </summary>
public sealed class Shard : IDisposable
{
    private const int EventsPerTurn = 512;

    private const uint EveryEdge = Libc.EPOLLIN | Libc.EPOLLOUT | Libc.EPOLLRDHUP | Libc.EPOLLET;

    // struct epoll_event is packed on x86-64 and aligned everywhere else.
    private static readonly int EventSize = System.Runtime.Intrinsics.X86.X86Base.IsSupported ? 12 : 16;
    private static readonly int EventDataOffset = EventSize - 8;

    [ThreadStatic]
    private static Shard? t_current;

    private readonly int _epoll;
    private readonly InboxBell _bell;
    private readonly ConcurrentQueue<(Action<object?> Action, object? State)> _inbox = new();
    private readonly Thread _thread;
    private readonly List<ITurnWork> _turnWork = [];
    private EventSource?[] _sources = new EventSource?[1024];
    private uint _generation;
    private bool _stopping;

    public Shard(int index)
    {
        Index = index;
        _epoll = Libc.EpollCreate();
        if (_epoll < 0)
        {
            throw new IOException($"epoll is not available: {Libc.Describe(_epoll)}");
        }

        UpdateClock();
        Timers = new TimerWheel(NowMilliseconds) { UnhandledException = e => UnhandledException?.Invoke(e) };
        _bell = new InboxBell(this);
        Moderator = new InputModerator(this);
        _thread = new Thread(Run) { Name = $"shard-{index}", IsBackground = true };
    }

    /// <summary>The shard whose thread this is; null elsewhere.</summary>
    public static Shard? Current => t_current;

    public int Index { get; }

    public TimerWheel Timers { get; }

    public BufferPool Buffers { get; } = new();

    internal InputModerator Moderator { get; }

    /// <summary>Milliseconds of a clock that never goes back, read once per turn of the loop.</summary>
    public long NowMilliseconds { get; private set; }

    /// <summary><see cref="Stopwatch"/> ticks, read once per turn of the loop.</summary>
    public long NowTicks { get; private set; }

    /// <summary>Open connections of this shard; read from any thread for metrics.</summary>
    public int ConnectionCount { get; internal set; }

    /// <summary>What a connection's owner did not catch. The shard goes on.</summary>
    public Action<Exception>? UnhandledException { get; set; }

    public void Start() => _thread.Start();

    /// <summary>Runs an action on the shard's thread, soon. May be called from any thread.</summary>
    public void Post(Action<object?> action, object? state)
    {
        _inbox.Enqueue((action, state));
        _bell.Ring();
    }

    /// <summary>Runs a function on the shard's thread and hands its result to the caller's task.</summary>
    public Task<T> InvokeAsync<T>(Func<T> function)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(
            _ =>
            {
                try
                {
                    done.SetResult(function());
                }
                catch (Exception e)
                {
                    done.SetException(e);
                }
            },
            null);
        return done.Task;
    }

    /// <summary>Asks for a call at the end of this turn of the loop. Whoever asks sees to it that it asks once.</summary>
    public void AtTurnEnd(ITurnWork work)
    {
        AssertOwned();
        _turnWork.Add(work);
    }

    /// <summary>Observes a task of the data plane that nobody awaits.</summary>
    public async void Watch(ValueTask<bool> task)
    {
        try
        {
            await task.ConfigureAwait(false);
        }
        catch (Exception e)
        {
            UnhandledException?.Invoke(e);
        }
    }

    [Conditional("DEBUG")]
    public void AssertOwned() => Debug.Assert(t_current == this, "a shard's own things are touched on its thread only");

    /// <summary>Ends the loop after its turn and waits for the thread.</summary>
    public void Dispose()
    {
        Post(static shard => ((Shard)shard!)._stopping = true, this);
        if (_thread.IsAlive && t_current != this)
        {
            _thread.Join();
        }
    }

    /// <summary>Watches a descriptor for input, output and hang-ups, edge-triggered unless told otherwise.</summary>
    /// <returns>Zero, or a negated errno.</returns>
    internal int Register(EventSource source, bool edgeTriggered = true)
    {
        AssertOwned();
        var fd = source.Fd;
        if (fd >= _sources.Length)
        {
            Array.Resize(ref _sources, Math.Max(fd + 1, _sources.Length * 2));
        }

        source.Generation = ++_generation;
        var result = Control(Libc.EPOLL_CTL_ADD, source, edgeTriggered ? EveryEdge : Libc.EPOLLIN);
        if (result >= 0)
        {
            _sources[fd] = source;
        }

        return result;
    }

    /// <summary>Hears of a descriptor that is watched only when it breaks, or of everything again, beginning with what is so now.</summary>
    /// <returns>Zero, or a negated errno.</returns>
    internal int ChangeInterest(EventSource source, bool isMuted) =>
        Control(Libc.EPOLL_CTL_MOD, source, isMuted ? Libc.EPOLLET : EveryEdge);

    internal bool Watches(EventSource source) => (uint)source.Fd < (uint)_sources.Length && _sources[source.Fd] == source;

    private unsafe int Control(int operation, EventSource source, uint interest)
    {
        var registration = stackalloc byte[16];
        Unsafe.WriteUnaligned(registration, interest);
        Unsafe.WriteUnaligned(registration + EventDataOffset, ((ulong)source.Generation << 32) | (uint)source.Fd);
        return Libc.EpollControl(_epoll, operation, source.Fd, registration);
    }

    /// <summary>Forgets a descriptor that is about to be closed (closing takes it out of epoll).</summary>
    internal void Forget(EventSource source)
    {
        AssertOwned();
        if (Watches(source))
        {
            _sources[source.Fd] = null;
        }
    }

    /// <summary>Stops watching a descriptor that stays open.</summary>
    internal unsafe void Unregister(EventSource source)
    {
        Forget(source);
        var unused = stackalloc byte[16];
        _ = Libc.EpollControl(_epoll, Libc.EPOLL_CTL_DEL, source.Fd, unused);
    }

    /// <summary>The connections of this shard, for orderly shutdown.</summary>
    internal IEnumerable<Connection> Connections => _sources.OfType<Connection>();

    /// <summary>Calls for each connection of this shard, which may close it.</summary>
    public void ForEachConnection(Action<Connection> action)
    {
        foreach (var connection in Connections.ToArray())
        {
            action(connection);
        }
    }

    private unsafe void Run()
    {
        t_current = this;
        var bell = _bell.Open();
        if (bell < 0)
        {
            throw new IOException($"eventfd is not available: {Libc.Describe(bell)}");
        }

        var events = new byte[EventsPerTurn * EventSize];
        fixed (byte* first = events)
        {
            while (!_stopping)
            {
                Turn(first);
            }
        }

        foreach (var source in _sources)
        {
            if (source is { Fd: >= 0 })
            {
                _ = Libc.Close(source.Fd);
                // Whoever rings or reads later must not meet the number's next owner.
                source.Fd = -1;
            }
        }

        _ = Libc.Close(_epoll);
    }

    private unsafe void Turn(byte* events)
    {
        var timeout = _inbox.IsEmpty ? Timers.MillisecondsUntilNext(NowMilliseconds) : 0;
        var count = Libc.EpollWait(_epoll, events, EventsPerTurn, timeout);
        UpdateClock();
        for (var i = 0; i < count; i++)
        {
            var entry = events + (i * EventSize);
            var data = Unsafe.ReadUnaligned<ulong>(entry + EventDataOffset);
            var source = _sources[(uint)data];
            // An earlier event of this batch may have closed the descriptor, and its number may be in use again.
            if (source is not null && source.Generation == (uint)(data >> 32))
            {
                Dispatch(source, Unsafe.ReadUnaligned<uint>(entry));
            }
        }

        Timers.Advance(NowMilliseconds);
        EndTurn();
    }

    private void EndTurn()
    {
        // Work that is done may call for more.
        for (var i = 0; i < _turnWork.Count; i++)
        {
            try
            {
                _turnWork[i].OnTurnEnd();
            }
            catch (Exception e)
            {
                UnhandledException?.Invoke(e);
            }
        }

        _turnWork.Clear();
    }

    private void Dispatch(EventSource source, uint events)
    {
        try
        {
            source.OnEvents(events);
        }
        catch (Exception e)
        {
            // One connection's failure never leaves its dispatch.
            UnhandledException?.Invoke(e);
        }
    }

    private void UpdateClock()
    {
        NowTicks = Stopwatch.GetTimestamp();
        NowMilliseconds = NowTicks / (Stopwatch.Frequency / 1000);
    }

    private void DrainInbox()
    {
        // Only what is there now: actions that post again get their turn after the sockets.
        for (var left = _inbox.Count; left > 0 && _inbox.TryDequeue(out var item); left--)
        {
            try
            {
                item.Action(item.State);
            }
            catch (Exception e)
            {
                UnhandledException?.Invoke(e);
            }
        }
    }

    /// <summary>Wakes the shard when something was posted: an eventfd, rung once until it was heard.</summary>
    private sealed class InboxBell(Shard shard) : EventSource
    {
        private int _rung;

        public int Open()
        {
            Fd = Libc.EventFd();
            var result = Fd < 0 ? Fd : shard.Register(this, edgeTriggered: false);
            // What was posted before the shard ran rang a bell that was not there yet.
            Volatile.Write(ref _rung, 1);
            _ = Libc.AddToCounter(Fd);
            return result;
        }

        public void Ring()
        {
            if (Interlocked.Exchange(ref _rung, 1) == 0 && Fd >= 0)
            {
                _ = Libc.AddToCounter(Fd);
            }
        }

        internal override void OnEvents(uint events)
        {
            _ = Libc.ReadCounter(Fd);
            Volatile.Write(ref _rung, 0);
            shard.DrainInbox();
        }
    }
}
