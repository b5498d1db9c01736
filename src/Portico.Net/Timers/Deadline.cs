namespace Portico.Net.Timers;

/// <summary>
/// A moment on a shard's clock at which something must be done unless it was moved or cleared before. Moving it later is a
/// plain store: the wheel looks again when the earlier moment comes. Owned by one shard.
/// </summary>
public abstract class Deadline
{
    internal const long None = long.MaxValue;

    internal Deadline? Previous;
    internal Deadline? Next;
    internal int Slot = -1;
    internal long LinkedMilliseconds;

    /// <summary>When it is due, in milliseconds of the shard's clock.</summary>
    internal long DueMilliseconds = None;

    public bool IsSet => DueMilliseconds != None;

    /// <summary>Takes the deadline back; costs a store.</summary>
    public void Clear() => DueMilliseconds = None;

    /// <summary>Called on the shard's thread when the time has come. The deadline is clear by then.</summary>
    protected internal abstract void OnDue();
}
