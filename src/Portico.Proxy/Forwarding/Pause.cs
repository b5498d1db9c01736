using System.Threading.Tasks.Sources;
using Portico.Net;
using Portico.Net.Timers;

namespace Portico.Proxy.Forwarding;

/// <summary>Waits for time to pass, by the shard's timers; reused for every wait of its owner, one at a time. On the shard's thread only.</summary>
internal sealed class Pause(Shard shard) : Deadline, IValueTaskSource<int>
{
    private ManualResetValueTaskSourceCore<int> _core;
    private bool _pending;

    /// <returns>A negative status when the wait was given up.</returns>
    public ValueTask<int> WaitAsync(long milliseconds)
    {
        _core.Reset();
        _pending = true;
        shard.Timers.Set(this, shard.NowMilliseconds + milliseconds);
        return new ValueTask<int>(this, _core.Version);
    }

    /// <summary>Ends the wait, if somebody waits.</summary>
    public void Cancel()
    {
        if (_pending)
        {
            Clear();
            End(IoStatus.Canceled);
        }
    }

    protected override void OnDue() => End(0);

    private void End(int status)
    {
        _pending = false;
        _core.SetResult(status);
    }

    int IValueTaskSource<int>.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, ValueTaskSourceOnCompletedFlags.None);
}
