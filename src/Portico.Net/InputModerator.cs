using System.Diagnostics;
using Portico.Net.Native;

namespace Portico.Net;

/// <summary>
/// Moderates input as network cards moderate interrupts: a descriptor that has much to say in small pieces is muted for a moment, and what
/// came meanwhile is heard at once. Each piece would otherwise cost a turn of the loop, a read, an acknowledgement and a write to somebody.
/// The moment is shorter than the wheel's millisecond, so a timer of the kernel tells its end. Used on the shard's thread only.
/// </summary>
internal sealed class InputModerator(Shard shard) : EventSource
{
    /// <summary>How long a descriptor is muted: the most that its input is late.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromMicroseconds(200);

    private static readonly long MomentTicks = (long)(Moment.TotalSeconds * Stopwatch.Frequency);

    /// <summary>In the order of their ends, since all are muted for the same time.</summary>
    private readonly Queue<(long EndTicks, EventSource Source, uint Generation)> _muted = new();

    /// <summary>Nothing is heard of the descriptor for a moment, but that it broke. Without a timer it goes on as it is.</summary>
    public void Mute(EventSource source)
    {
        if ((Fd >= 0 || Open()) && shard.ChangeInterest(source, isMuted: true) >= 0)
        {
            _muted.Enqueue((Stopwatch.GetTimestamp() + MomentTicks, source, source.Generation));
            if (_muted.Count == 1)
            {
                _ = Libc.SetTimer(Fd, Moment);
            }
        }
    }

    internal override void OnEvents(uint events)
    {
        var now = Stopwatch.GetTimestamp();
        while (_muted.TryPeek(out var first))
        {
            if (first.EndTicks > now)
            {
                _ = Libc.SetTimer(Fd, Stopwatch.GetElapsedTime(now, first.EndTicks));
                break;
            }

            _muted.Dequeue();
            if (first.Source.Generation == first.Generation && shard.Watches(first.Source))
            {
                // Epoll looks anew, and tells what has come.
                _ = shard.ChangeInterest(first.Source, isMuted: false);
            }
        }
    }

    private bool Open()
    {
        var timer = Libc.Timer();
        if (timer < 0)
        {
            return false;
        }

        Fd = timer;
        if (shard.Register(this) >= 0)
        {
            return true;
        }

        _ = Libc.Close(timer);
        Fd = -1;
        return false;
    }
}
