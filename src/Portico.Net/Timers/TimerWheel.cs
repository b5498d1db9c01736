using System.Numerics;

namespace Portico.Net.Timers;

/// <summary>
/// All deadlines of a shard: a ring of slots, each a list of the deadlines that are looked at in its tick. Deadlines further away
/// than one turn are looked at once a turn. Setting is O(1); the accuracy is one tick, always late, never early.
/// </summary>
public sealed class TimerWheel
{
    internal const int TickMilliseconds = 16;
    private const int SlotCount = 4096;

    private readonly Deadline?[] _slots = new Deadline?[SlotCount];
    private readonly ulong[] _occupied = new ulong[SlotCount / 64];
    private long _tick;

    public TimerWheel(long nowMilliseconds) => _tick = nowMilliseconds / TickMilliseconds;

    /// <summary>Sets or moves a deadline.</summary>
    public void Set(Deadline deadline, long dueMilliseconds)
    {
        deadline.DueMilliseconds = dueMilliseconds;
        if (deadline.Slot >= 0)
        {
            if (deadline.LinkedMilliseconds <= dueMilliseconds)
            {
                return;
            }

            Unlink(deadline);
        }

        Link(deadline);
    }

    /// <summary>Takes a deadline out for good, before its owner goes away.</summary>
    public void Remove(Deadline deadline)
    {
        deadline.Clear();
        if (deadline.Slot >= 0)
        {
            Unlink(deadline);
        }
    }

    /// <summary>Runs what is due.</summary>
    public void Advance(long nowMilliseconds)
    {
        var target = nowMilliseconds / TickMilliseconds;
        // After a long pause one whole turn visits every slot.
        var from = Math.Max(_tick, target - SlotCount);
        _tick = target;
        for (var tick = from; tick < target; tick++)
        {
            Visit((int)(tick % SlotCount), nowMilliseconds);
        }
    }

    /// <summary>What the owner of a deadline did not catch; without it the exception leaves <see cref="Advance"/>.</summary>
    public Action<Exception>? UnhandledException { get; init; }

    /// <summary>How long the shard may sleep: milliseconds until the next occupied slot, or -1 when there is none.</summary>
    public int MillisecondsUntilNext(long nowMilliseconds)
    {
        var start = (int)(_tick % SlotCount);
        for (var word = 0; word <= _occupied.Length; word++)
        {
            var index = ((start >> 6) + word) % _occupied.Length;
            var bits = _occupied[index];
            if (word == 0)
            {
                bits &= ulong.MaxValue << (start & 63);
            }

            if (bits != 0)
            {
                var slot = (index << 6) + BitOperations.TrailingZeroCount(bits);
                var distance = (slot - start + SlotCount) % SlotCount;
                var due = (_tick + distance + 1) * TickMilliseconds;
                return (int)Math.Max(0, due - nowMilliseconds);
            }
        }

        return -1;
    }

    private void Visit(int slot, long nowMilliseconds)
    {
        var deadline = _slots[slot];
        if (deadline is null)
        {
            return;
        }

        // The whole list is taken off first: what is called may set, move and remove deadlines, also those of this list.
        while (_slots[slot] is { } first)
        {
            Unlink(first);
            if (first.DueMilliseconds == Deadline.None)
            {
                continue;
            }

            if (first.DueMilliseconds > nowMilliseconds)
            {
                Postponed.Add(first);
                continue;
            }

            first.Clear();
            try
            {
                first.OnDue();
            }
            catch (Exception e) when (UnhandledException is not null)
            {
                // One deadline's failure costs neither the others nor the shard.
                UnhandledException(e);
            }
        }

        foreach (var postponed in Postponed)
        {
            if (postponed.IsSet && postponed.Slot < 0)
            {
                Link(postponed);
            }
        }

        Postponed.Clear();
    }

    private List<Deadline> Postponed { get; } = [];

    private void Link(Deadline deadline)
    {
        // A slot is visited once its tick has passed, so a deadline is never looked at too early.
        var tick = Math.Max(_tick, deadline.DueMilliseconds / TickMilliseconds);
        if (tick - _tick >= SlotCount)
        {
            tick = _tick + SlotCount - 1;
        }

        var slot = (int)(tick % SlotCount);
        deadline.Slot = slot;
        deadline.LinkedMilliseconds = deadline.DueMilliseconds;
        deadline.Next = _slots[slot];
        deadline.Previous = null;
        if (_slots[slot] is { } head)
        {
            head.Previous = deadline;
        }

        _slots[slot] = deadline;
        _occupied[slot >> 6] |= 1UL << (slot & 63);
    }

    private void Unlink(Deadline deadline)
    {
        var slot = deadline.Slot;
        if (deadline.Previous is { } previous)
        {
            previous.Next = deadline.Next;
        }
        else
        {
            _slots[slot] = deadline.Next;
        }

        if (deadline.Next is { } next)
        {
            next.Previous = deadline.Previous;
        }

        deadline.Previous = null;
        deadline.Next = null;
        deadline.Slot = -1;
        if (_slots[slot] is null)
        {
            _occupied[slot >> 6] &= ~(1UL << (slot & 63));
        }
    }
}
