using System.Threading.Channels;

namespace Portico.UnitTests;

/// <summary>A clock that stands still. Pauses queue up, and end when the test says so.</summary>
internal sealed class PausedTime : TimeProvider
{
    private readonly Channel<PausedTimer> _timers = Channel.CreateUnbounded<PausedTimer>();

    /// <summary>Pauses that have begun.</summary>
    public int Waiting => _timers.Reader.Count;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new PausedTimer(callback, state, dueTime);
        _timers.Writer.TryWrite(timer);
        return timer;
    }

    /// <summary>Waits for the next pause to begin, ends it and answers how long it would have been.</summary>
    public async Task<TimeSpan> ElapseNextAsync(CancellationToken cancellation)
    {
        var timer = await _timers.Reader.ReadAsync(cancellation);
        timer.Fire();
        return timer.DueTime;
    }

    private sealed class PausedTimer(TimerCallback callback, object? state, TimeSpan dueTime) : ITimer
    {
        public TimeSpan DueTime => dueTime;

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
